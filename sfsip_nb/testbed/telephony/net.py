"""Public names and addresses of the stand-ins, laid over loopback sockets.

On the real internet an access list sees public addresses and a trunk names public hosts. Here
every stand-in (`Resident`) owns host names, ports and a public address; `Net` finds the loopback
socket behind a name, and the public address behind the socket that a message came from. Whoever
is not a resident, such as a probe from the engineer's machine, has no public address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sfsip_nb.sip import Address, Call, NextHop, Referral, ResolveError, Transport, UserAgent
from sfsip_nb.sip.fields import number as whole
from sfsip_nb.sip.fields import uri_parts

_TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp", "tls")
BLACK_HOLE: Address = ("127.0.0.1", 9)
"""Where goes what is lost: the discard port, which nobody serves."""


@dataclass(frozen=True)
class Resident:
    """A stand-in on the net: a host may start with ``*.`` for any one label."""

    agent: UserAgent
    hosts: tuple[str, ...]
    ports: Mapping[Transport, int]
    address: Callable[[], str]  # public; asked each time, since a fault may change it
    carrier: bool = False

    def owns(self, host: str) -> bool:
        """`host` is one of its names, or its public address."""
        name = host.lower().rstrip(".")
        return name == self.address() or any(
            name == own or (own.startswith("*.") and name.partition(".")[2] == own[2:])
            for own in self.hosts
        )


@dataclass
class Net:
    """All residents. Is the resolver of each of their user agents."""

    residents: list[Resident] = field(default_factory=list)

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        """The one loopback socket behind a public name, by UDP if no transport is given.

        That of nobody where its host listens at another port; raises ResolveError without a host.
        """
        kind = transport or "udp"
        if host == "127.0.0.1" and port:
            return [NextHop(host, port, kind)]
        for resident in self.residents:
            if resident.owns(host):
                public = resident.ports.get(kind)
                if public is None or port not in (None, public):
                    return [NextHop(*BLACK_HOLE, kind)]
                ip, bound = resident.agent.address(kind)
                return [NextHop(ip, bound, kind)]
        raise ResolveError(f"The name {host} does not exist on the testbed's net.")

    def address_of(self, host: str) -> str:
        """The public address of a host name; the name itself if it belongs to nobody."""
        return next((r.address() for r in self.residents if r.owns(host)), host)

    def public(self, socket: Address, transport: Transport) -> Address:
        """The public address and port of a loopback socket; as it is if it is no resident's."""
        for resident in self.residents:
            if socket in resident.agent.local_addresses(transport):
                listening = socket == resident.agent.address(transport)
                port = resident.ports[transport] if listening else socket[1]
                return resident.address(), port
        return socket

    def over_trunk(self, socket: Address, transport: Transport) -> bool:
        """The socket is of a resident that is no carrier: of the other end of a trunk.

        Or of nobody, where that end listens at another port.
        """
        return socket == BLACK_HOLE or any(
            socket in resident.agent.local_addresses(transport)
            for resident in self.residents
            if not resident.carrier and transport in resident.ports
        )

    def port_of(self, host: str, transport: Transport) -> int:
        """The public port of a host name. Raises StopIteration where nobody has it."""
        return next(r.ports[transport] for r in self.residents if r.owns(host))

    def source(self, call: Call | Referral) -> str:
        """The public address that a call or a REFER comes from; "" for one without (unlisted)."""
        address = self.public(call.source, call.transport)[0]
        return "" if address == call.source[0] else address

    def sip_map(self) -> dict[str, str]:
        """``host:port/transport`` to ``ip:port``, for `MapResolver`."""
        return {
            f"{host}:{port}/{transport}": "{}:{}".format(*resident.agent.address(transport))
            for resident in self.residents
            for host in resident.hosts
            for transport, port in resident.ports.items()
        }


@dataclass(frozen=True)
class Target:
    """The parts of a SIP or tel URI, or of a bare ``host:port;transport=…``, that say whither."""

    user: str
    host: str
    port: int | None = None
    transport: Transport | None = None

    @classmethod
    def parse(cls, uri: str) -> Target:
        """Read leniently: what is not there stays empty."""
        parts = uri_parts(uri if re.match(r"(sips?|tel):", uri, re.I) else f"sip:{uri}")
        named = parts.params.get("transport", "").lower()
        transport = next((known for known in _TRANSPORTS if known == named), None)
        return cls(parts.user, parts.host, parts.port, transport)

    @property
    def uri(self) -> str:
        """As a Request-URI, without the transport (which is given apart)."""
        return f"sip:{self.user}@{self.host}" + (f":{self.port}" if self.port else "")


def name_addr(number: str, host: str, name: str = "") -> str:
    """A From value: ``"Name" <sip:+1…@host>``; anonymous without a number (RFC 3323 §4.1)."""
    if not number:
        return '"Anonymous" <sip:anonymous@anonymous.invalid>'
    shown = re.sub(r'["\\\r\n]', "", name)
    return (f'"{shown}" ' if shown else "") + f"<sip:{number}@{host}>"


def hops_left(call: Call, most: int = 70) -> int:
    """How many further hops a call may take: its Max-Forwards less one, at most `most`."""
    stated = whole(call.header("Max-Forwards", "70"))
    return min(0 if stated is None else stated - 1, most)
