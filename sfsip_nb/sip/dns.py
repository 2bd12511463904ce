"""From a SIP URI to an address: RFC 3263 over DNS with a log of its steps, or a fixed map."""

import ipaddress
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Protocol

from .trace import Transport

DEFAULT_PORTS: Mapping[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""RFC 3261 §19.1.2."""


class ResolveError(OSError):
    """A name leads to no address; the text is a sentence for the user."""


@dataclass(frozen=True)
class Hop:
    """Where a request is sent next."""

    ip: str
    port: int
    transport: Transport


class Resolver(Protocol):
    """Finds the next hop for a host."""

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        """The next hop. Raises ResolveError."""
        ...


def is_address(host: str) -> bool:
    """Whether a host is a literal IP address."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class MapResolver:
    """Public names and ports mapped to loopback sockets; nothing else can be reached.

    Keys are `name:port/transport`, or `name/transport` for the transport's default port;
    values are `ip:port`. Literal loopback addresses pass as they are. `mapping` may grow.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.mapping: MutableMapping[str, str] = dict(mapping or {})

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        """The mapped address. Raises ResolveError."""
        host = host.lower().rstrip(".")
        number = port or DEFAULT_PORTS[transport]
        target = self.mapping.get(f"{host}:{number}/{transport}")
        if target is None and number == DEFAULT_PORTS[transport]:
            target = self.mapping.get(f"{host}/{transport}")
        if target is not None:
            ip, _, mapped = target.rpartition(":")
            return Hop(ip, int(mapped), transport)
        if is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback:
            return Hop(host.strip("[]"), number, transport)
        raise ResolveError(f"{host}:{number} over {transport.upper()} is not in the address map.")


class DnsResolver:
    """DNS by the rules of RFC 3263."""

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        return Hop(host, port or DEFAULT_PORTS[transport], transport)
