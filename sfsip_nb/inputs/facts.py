"""Dated facts about the platforms: regions, hosts, ports, published addresses, what changed.

Synthflow's are in ``facts.yaml`` beside this module, a contact centre's in the one of its package,
each with its source and date.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from sfsip_nb.inputs.platform import names, platform


@dataclass(frozen=True)
class GenesysRegion:
    """A Genesys Cloud region. `disputed` where sources give different BYOC suffixes."""

    name: str
    domain: str
    byoc: str
    """Suffix of a legacy BYOC trunk's FQDN; empty where none is known."""
    voice: str
    """Suffix of a Dynamic Cloud Voice trunk's FQDN."""
    disputed: bool = False
    note: str = ""

    @property
    def api(self) -> str:
        """Base URL of the platform API."""
        return f"https://api.{self.domain}"

    @property
    def login(self) -> str:
        """Base URL of the OAuth server."""
        return f"https://login.{self.domain}"

    def derived_fqdn(self, termination_identifier: str) -> str:
        """The inbound FQDN of a legacy BYOC trunk, derived; "" where sources disagree."""
        known = self.byoc and not self.disputed
        return f"{termination_identifier}.{self.byoc}" if known else ""


@dataclass(frozen=True)
class TalkdeskRegion:
    """A Talkdesk region with the host names of its API and its login server."""

    name: str
    api_host: str
    login_domain: str

    @property
    def api(self) -> str:
        """Base URL of the API."""
        return f"https://{self.api_host}"

    def login(self, account: str) -> str:
        """Base URL of the OAuth server of `account`."""
        return f"https://{account}.{self.login_domain}"


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
class Change:
    """Something that changed since a guide was written, with its source and date."""

    id: str
    guides: tuple[str, ...]
    heading: str
    date: str
    text: str
    source: str


@functools.cache
def _data() -> dict[str, Any]:
    text = files(__package__).joinpath("facts.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@functools.cache
def _of(name: str) -> dict[str, Any]:
    """The facts about Synthflow or a platform. Raises KeyError for an unknown one."""
    if name == "synthflow":
        return dict(_data()["synthflow"])
    text = files(platform(name).package).joinpath("facts.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@functools.cache
def genesys_regions() -> dict[str, GenesysRegion]:
    """The Genesys Cloud regions by AWS name."""
    return {entry["name"]: GenesysRegion(**entry) for entry in _of("genesys")["regions"]}


@functools.cache
def tls_rules(name: str) -> TlsRules | None:
    """What a platform's edges take of TLS, as client and as server; None where none is known."""
    data = _of(name)
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
        KnownCertificate(**entry) for name in names() for entry in _of(name).get("certificates", ())
    )


@functools.cache
def talkdesk_regions() -> dict[str, TalkdeskRegion]:
    """The Talkdesk regions by name."""
    return {
        entry["name"]: TalkdeskRegion(entry["name"], entry["api"], entry["login"])
        for entry in _of("talkdesk")["regions"]
    }


@functools.cache
def synthflow_regions() -> dict[str, SynthflowRegion]:
    """The Synthflow regions by name."""
    return {entry["name"]: SynthflowRegion(**entry) for entry in _of("synthflow")["regions"]}


def own_hosts(name: str) -> tuple[str, ...]:
    """The hosts that a platform's secrets may go to; ``*`` stands for one label."""
    return tuple(_of(name)["hosts"])


def synthflow_port(transport: str) -> int:
    """Synthflow's SIP port for `transport` (udp, tcp or tls)."""
    return int(_of("synthflow")["ports"][transport])


def rtp_ports() -> range:
    """The UDP ports of Synthflow's media."""
    published = _of("synthflow")["rtp"]
    return range(published["first"], published["last"] + 1)


def synthflow_addresses(region: str, kind: str = "signalling") -> list[PublishedAddress]:
    """Synthflow's published addresses of a region; `kind` is signalling or media."""
    data = _of("synthflow")
    return [
        PublishedAddress(
            address, region, kind, entry["source"], data["as_of"], data["doubtful"].get(address, "")
        )
        for entry in data["addresses"]
        if (entry["region"], entry["kind"]) == (region, kind)
        for address in entry["addresses"]
    ]


def changes(guide: str) -> list[Change]:
    """What changed since `guide` (genesys, talkdesk) was written."""
    found = []
    for entry in _data()["changes"]:
        if guide in entry["guides"]:
            heading = entry["heading"]
            heading = heading[guide] if isinstance(heading, dict) else heading
            known = entry | {"guides": tuple(entry["guides"]), "heading": heading}
            found.append(Change(**known))
    return found
