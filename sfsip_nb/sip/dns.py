"""Where a request is sent next: hops, what finds them, and a fixed map for the testbed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from .shown import plain, where

if TYPE_CHECKING:
    from .trace import Address, Transport

DEFAULT_PORTS: Mapping[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""RFC 3261 §19.1.2."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_LONGEST_NAME = 253


class ResolveError(OSError):
    """A name leads to no address; the text is a sentence for the user.

    `unheard`: name servers kept silent or failed, so nothing is known about the name itself.
    """

    def __init__(self, sentence: str, *, unheard: bool = False) -> None:
        super().__init__(sentence)
        self.unheard = unheard


@dataclass(frozen=True)
class NextHop:
    """Where a request is sent next."""

    ip: str
    port: int
    transport: Transport

    @property
    def address(self) -> Address:
        """IP address and port."""
        return self.ip, self.port

    def __str__(self) -> str:
        return where(self.address)


class Resolver(Protocol):
    """Finds the next hops for a host."""

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        """All next hops in the order in which they are to be tried (RFC 3263 §4.3).

        Never empty: raises ResolveError. `transport` None: the names decide.
        """
        ...


@lru_cache(256)
def is_address(host: str) -> bool:
    """Whether a host is a literal IP address."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(256)
def _is_loopback(host: str) -> bool:
    return is_address(host) and ipaddress.ip_address(host).is_loopback


def refuse_what_is_no_name(host: str) -> None:
    """Raise ResolveError, with the way out, for what is neither an address nor a host name.

    A SIP URI carries ASCII only (RFC 3261 §25.1). Other letters are not encoded silently: a
    look-alike of a known name is how a stranger gets the calls.
    """
    if is_address(host):
        return
    shown = f"“{plain(host, 100)}”"
    odd = sorted({char for char in host if not char.isascii()})
    if odd:
        raise ResolveError(
            f"{shown} is not a host name of SIP, which is plain ASCII (RFC 3261 §25.1): it "
            f"holds {' '.join(odd[:5])}. {_punycode(host)}"
        )
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(host) > _LONGEST_NAME:
        raise ResolveError(
            f"{shown} is not a host name: give the name alone, without “sip:”, spaces or a path."
        )
    if labels[-1].isdigit():
        raise ResolveError(f"{shown} is neither an IP address nor a host name.")


def _punycode(host: str) -> str:
    try:
        return f"Write {host.encode('idna').decode('ascii')} if that is the name you mean."
    except UnicodeError:
        return "It has no ASCII form either."


class MapResolver:
    """Public names and ports mapped to loopback sockets; nothing else can be reached.

    Keys are `name:port/transport`, or `name/transport` for the transport's default port;
    values are `ip:port`, several of them apart by spaces, the preferred one first. `*.rest` as
    name stands for any one label in front of `rest`, if the name itself is not there. Literal
    loopback addresses pass as they are. `mapping` may grow.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.mapping: MutableMapping[str, str] = dict(mapping or {})

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        """The mapped addresses, over UDP before TCP before TLS if no transport is given."""
        host = host.lower().rstrip(".").strip("[]")
        kinds: tuple[Transport, ...] = (transport,) if transport else ("udp", "tcp", "tls")
        hops = [hop for kind in kinds for hop in self._mapped(host, port, kind)]
        if hops:
            return hops
        number = port or DEFAULT_PORTS[kinds[0]]
        if _is_loopback(host):
            return [NextHop(host, number, kinds[0])]
        raise ResolveError(
            f"{host}:{number} over {kinds[0].upper()} is not in the address map. Correct the host "
            "name, the port or the transport."
        )

    def _mapped(self, host: str, port: int | None, transport: Transport) -> list[NextHop]:
        number = port or DEFAULT_PORTS[transport]
        tails = [f":{number}/{transport}"]
        if number == DEFAULT_PORTS[transport]:
            tails.append(f"/{transport}")
        names = (host, f"*.{host.partition('.')[2]}")
        keys = (name + tail for name in names for tail in tails)
        targets = next((self.mapping[key] for key in keys if key in self.mapping), "")
        pairs = (target.rpartition(":") for target in targets.split())
        return [NextHop(ip.strip("[]"), int(mapped), transport) for ip, _, mapped in pairs]
