"""Dated facts about the platforms: regions, hosts, ports, published addresses, what changed.

Synthflow's are in ``facts.yaml`` beside this module, a contact center's in the one of its package,
each with its source and date.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

from sfsip_nb.inputs import tables
from sfsip_nb.inputs.platform import names, platform


@dataclass(frozen=True)
class SynthflowRegion:
    """A Synthflow region: API base URL, SIP host, and a sentence if it is being retired."""

    name: str
    api: str
    sip: str
    retiring: str = ""


@dataclass(frozen=True)
class PublishedAddress:
    """An address from Synthflow's published lists; `doubt` says why not to trust it, or is ""."""

    address: str
    region: str
    kind: str
    source: str
    as_of: str
    doubt: str = ""


@dataclass(frozen=True)
class TlsRules:
    """What a platform takes of TLS: versions, ciphers by OpenSSL's names, and the one curve.

    `deprecated` are those of the ciphers that it has announced to drop.
    """

    name: str
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]
    deprecated: tuple[str, ...]
    curve: str
    source: str
    as_of: str


@dataclass(frozen=True)
class KnownCertificate:
    """Hosts below `hosts` were seen to show a certificate for `shows`; `text` says what to do."""

    hosts: str
    shows: str
    text: str
    source: str


@dataclass(frozen=True)
class GuideChange:
    """Something that changed since a guide was written, with its source and date."""

    id: str
    heading: str
    date: str
    text: str
    source: str


@functools.cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = tables.read(__package__, "facts.yaml")
    return loaded


@functools.cache
def of(name: str) -> dict[str, Any]:
    """All facts about Synthflow or a platform, as written. Raises KeyError for an unknown one."""
    if name == "synthflow":
        return dict(_data()["synthflow"])
    loaded: dict[str, Any] = tables.read(platform(name).package, "facts.yaml")
    return loaded


@functools.cache
def tls_rules(name: str) -> TlsRules | None:
    """What a platform's edges take of TLS, as client and as server; None where none is known."""
    data = of(name)
    tls = data.get("tls")
    if tls is None:
        return None
    return TlsRules(
        name=tls["name"],
        versions=tuple(tls["versions"]),
        ciphers=tuple(tls["ciphers"]),
        deprecated=tuple(tls["deprecated"]),
        curve=tls["curve"],
        source=tls["source"],
        as_of=data["as_of"],
    )


@functools.cache
def known_certificates() -> tuple[KnownCertificate, ...]:
    """Certificates that do not fit their hosts, and are known for it."""
    return tuple(
        KnownCertificate(**entry) for name in names() for entry in of(name).get("certificates", ())
    )


@functools.cache
def synthflow_regions() -> dict[str, SynthflowRegion]:
    """The Synthflow regions by name."""
    return {entry["name"]: SynthflowRegion(**entry) for entry in of("synthflow")["regions"]}


def requests_per_minute(name: str) -> int:
    """How many requests a minute a platform takes of one client; 0 where no limit is known."""
    return int(of(name).get("requests_per_minute", 0))


def own_hosts(name: str) -> tuple[str, ...]:
    """The hosts that a platform's secrets may go to; ``*`` stands for one label."""
    return tuple(of(name)["hosts"])


def asked(origin: str) -> tuple[str, str]:
    """Method and path by which an origin is seen to be there: without a secret, refused in JSON.

    ``genesys.login`` is an origin's name; GET of its root where no such request is known.
    """
    name, _, part = origin.partition(".")
    method, _, path = of(name).get("asked", {}).get(part or "api", "GET ").partition(" ")
    return method, path


def synthflow_port(transport: str) -> int:
    """Synthflow's SIP port for `transport` (udp, tcp or tls)."""
    return int(of("synthflow")["ports"][transport])


def rtp_ports() -> range:
    """The UDP ports of Synthflow's media."""
    published = of("synthflow")["rtp"]
    return range(published["first"], published["last"] + 1)


def synthflow_addresses(region: str, kind: str = "signalling") -> list[PublishedAddress]:
    """Synthflow's published addresses of a region; `kind` is signalling or media."""
    data = of("synthflow")
    return [
        PublishedAddress(
            address, region, kind, entry["source"], data["as_of"], data["doubtful"].get(address, "")
        )
        for entry in data["addresses"]
        if (entry["region"], entry["kind"]) == (region, kind)
        for address in entry["addresses"]
    ]


def changes(guide: str) -> list[GuideChange]:
    """What changed since `guide` was written: at Synthflow, then at its platform."""
    own = of(guide)
    headings = own.get("headings", {})
    found = [GuideChange(**entry) for entry in (*_data()["changes"], *own.get("changes", ()))]
    return [replace(change, heading=headings.get(change.id, change.heading)) for change in found]
