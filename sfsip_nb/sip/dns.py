"""From a SIP URI to an address: RFC 3263 over DNS with a log of its steps, or a fixed map."""

import ipaddress
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

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
    """Finds the next hops for a host."""

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[Hop]:
        """All next hops in the order in which they are to be tried (RFC 3263 §4.3).

        Never empty: raises ResolveError. `transport` None: the names decide.
        """
        ...

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        """The first of the candidates. Raises ResolveError."""
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
    values are `ip:port`, several of them apart by spaces, the preferred one first. `*.rest` as
    name stands for any one label in front of `rest`, if the name itself is not there. Literal
    loopback addresses pass as they are. `mapping` may grow.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.mapping: MutableMapping[str, str] = dict(mapping or {})

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[Hop]:
        """The mapped addresses, over UDP before TCP before TLS if no transport is given."""
        host = host.lower().rstrip(".").strip("[]")
        kinds: tuple[Transport, ...] = (transport,) if transport else ("udp", "tcp", "tls")
        hops = [hop for kind in kinds for hop in self._mapped(host, port, kind)]
        if hops:
            return hops
        number = port or DEFAULT_PORTS[kinds[0]]
        if is_address(host) and ipaddress.ip_address(host).is_loopback:
            return [Hop(host, number, kinds[0])]
        raise ResolveError(f"{host}:{number} over {kinds[0].upper()} is not in the address map.")

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        """The first of the mapped addresses. Raises ResolveError."""
        return (await self.candidates(host, port, transport))[0]

    def _mapped(self, host: str, port: int | None, transport: Transport) -> list[Hop]:
        number = port or DEFAULT_PORTS[transport]
        tails = [f":{number}/{transport}"]
        if number == DEFAULT_PORTS[transport]:
            tails.append(f"/{transport}")
        names = (host, f"*.{host.partition('.')[2]}")
        keys = (name + tail for name in names for tail in tails)
        targets = next((self.mapping[key] for key in keys if key in self.mapping), "")
        pairs = (target.rpartition(":") for target in targets.split())
        return [Hop(ip.strip("[]"), int(mapped), transport) for ip, _, mapped in pairs]


@dataclass(frozen=True)
class DnsStep:
    """One query and what came of it; `note` says why it was asked or what it means."""

    query: str
    kind: str
    answer: str
    note: str = ""


@dataclass(frozen=True)
class Lookup:
    """Hops in the order in which they are to be tried, and the steps that led to them."""

    hops: tuple[Hop, ...]
    steps: tuple[DnsStep, ...]


_NAPTR: Mapping[str, Transport] = {"SIPS+D2T": "tls", "SIP+D2T": "tcp", "SIP+D2U": "udp"}
_SRV: Mapping[Transport, str] = {"tls": "_sips._tcp", "tcp": "_sip._tcp", "udp": "_sip._udp"}


class DnsResolver:
    """DNS by the rules of RFC 3263; `steps` is the log of the latest look-ups.

    `nameservers` are IP addresses; empty: those of the system.
    """

    def __init__(
        self, nameservers: Sequence[str] = (), port: int = 53, timeout: float = 5.0
    ) -> None:
        self.nameservers, self.port, self.timeout = tuple(nameservers), port, timeout
        self.steps: list[DnsStep] = []

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[Hop]:
        """All next hops (RFC 3263 §4). Raises ResolveError."""
        found = await self.lookup(host, port, transport)
        if not found.hops:
            raise ResolveError(f"DNS gives no address for {host}: {_last(found.steps)}.")
        return list(found.hops)

    async def resolve(self, host: str, port: int | None, transport: Transport) -> Hop:
        """The first of the candidates. Raises ResolveError."""
        return (await self.candidates(host, port, transport))[0]

    async def lookup(
        self,
        host: str,
        port: int | None = None,
        transport: Transport | None = None,
        *,
        secure: bool = False,
    ) -> Lookup:
        """All hops for a host (RFC 3263 §4). `secure`: the URI is sips, so only TLS will do."""
        query = _Query(self)
        hops = await query.hops(host.rstrip("."), port, transport, secure)
        self.steps = query.steps
        return Lookup(tuple(dict.fromkeys(hops)), tuple(query.steps))


class _Query:
    """One look-up with its log."""

    def __init__(self, resolver: DnsResolver) -> None:
        self.steps: list[DnsStep] = []
        try:
            self._dns = dns.asyncresolver.Resolver(configure=not resolver.nameservers)
        except dns.exception.DNSException as error:
            raise ResolveError(f"This machine has no usable DNS configuration: {error}") from None
        if resolver.nameservers:
            self._dns.nameservers = list(resolver.nameservers)
            self._dns.port = resolver.port
        self._dns.lifetime = resolver.timeout

    async def hops(
        self, host: str, port: int | None, transport: Transport | None, secure: bool
    ) -> list[Hop]:
        fallback: Transport = transport or ("tls" if secure else "udp")
        if is_address(host):
            ip = host.strip("[]")
            self.steps.append(DnsStep(host, "-", ip, "an IP address needs no DNS"))
            return [Hop(ip, port or DEFAULT_PORTS[fallback], fallback)]
        if port is not None:
            # An explicit port rules out NAPTR and SRV (RFC 3263 §4.1, §4.2).
            return await self._addresses(host, port, fallback, f"port {port} is given")
        services = await self._services(host, transport, secure)
        found: list[Hop] = []
        for name, kind in services:
            for record in await self._ask(name, "SRV"):
                target = str(record.target).rstrip(".")
                found += await self._addresses(target, record.port, kind, f"target of {name}")
        if found:
            return found
        note = "no SRV leads to an address: default port"
        return await self._addresses(host, DEFAULT_PORTS[fallback], fallback, note)

    async def _services(
        self, host: str, transport: Transport | None, secure: bool
    ) -> list[tuple[str, Transport]]:
        """SRV names to ask for, from NAPTR where there is any (RFC 3263 §4.1)."""
        wanted = [transport] if transport else list(_SRV) if not secure else ["tls"]
        if transport is None:
            found: list[tuple[str, Transport]] = []
            for record in await self._ask(host, "NAPTR"):
                kind = _NAPTR.get(record.service.decode("ascii", "replace").upper())
                if kind in wanted and kind is not None and record.flags.lower() == b"s":
                    found.append((str(record.replacement).rstrip("."), kind))
            if found:
                return found
        order: list[Transport] = [kind for kind in ("tls", "tcp", "udp") if kind in wanted]
        return [(f"{_SRV[kind]}.{host}", kind) for kind in order]

    async def _addresses(self, host: str, port: int, transport: Transport, note: str) -> list[Hop]:
        hops: list[Hop] = []
        for kind in ("A", "AAAA"):
            for record in await self._ask(host, kind, note):
                hops.append(Hop(record.address, port, transport))
        return hops

    async def _ask(self, name: str, kind: str, note: str = "") -> list[Any]:
        """Records in the order of RFC 2782 and RFC 3403; a failure is a step, not an error."""
        try:
            answer = await self._dns.resolve(name, kind, search=False)
        except dns.resolver.NXDOMAIN:
            failure = "NXDOMAIN"
        except dns.resolver.NoAnswer:
            failure = "no such record"
        except dns.exception.Timeout:
            failure = "no answer in time"
        except dns.exception.DNSException as error:
            failure = str(error)[:200] or type(error).__name__
        else:
            records = list(answer.rrset.processing_order()) if answer.rrset else []
            text = ", ".join(str(record) for record in records)
            self.steps.append(DnsStep(name, kind, text, note))
            return records
        self.steps.append(DnsStep(name, kind, failure, note))
        return []


def _last(steps: Sequence[DnsStep]) -> str:
    failed = [step for step in steps if step.kind == "A"] or list(steps)
    return f"{failed[-1].query} {failed[-1].kind}: {failed[-1].answer}" if failed else "nothing"
