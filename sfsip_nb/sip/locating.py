"""From a SIP domain to addresses: RFC 3263 over DNS, with a log of its steps."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from .addresses import reachable
from .answers import UNHEARD, DnsAnswer, DnsStep
from .dns import (
    DEFAULT_PORTS,
    NextHop,
    ResolveError,
    Resolver,
    is_address,
    refuse_what_is_no_name,
)

if TYPE_CHECKING:
    from .nameservers import NameServers
    from .trace import Transport


@dataclass(frozen=True)
class Lookup:
    """Hops in the order in which they are to be tried, and the steps that led to them."""

    hops: tuple[NextHop, ...]
    steps: tuple[DnsStep, ...]

    @property
    def unheard(self) -> bool:
        """Whether a question stayed open, so that missing hops prove nothing about the name."""
        return not self.hops and any(step.status in UNHEARD for step in self.steps)


@dataclass(frozen=True)
class _Service:
    """A name to be asked for SRV records; `direct`: for addresses (NAPTR flag "a")."""

    name: str
    transport: Transport
    direct: bool = False


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    transport: Transport
    note: str
    by_srv: bool = False


_NAPTR: Mapping[str, Transport] = {"SIPS+D2T": "tls", "SIP+D2T": "tcp", "SIP+D2U": "udp"}
_SRV: Mapping[Transport, str] = {"tls": "_sips._tcp", "tcp": "_sip._tcp", "udp": "_sip._udp"}
_LOCALHOST = ("127.0.0.1", "::1")
_MOST_TARGETS = 16
_NOT_OFFERED = "target “.”: the service is explicitly not offered there (RFC 2782)"


class DnsResolver:
    """DNS by the rules of RFC 3263.

    `nameservers` are IP addresses; empty: those of the system. `timeout` bounds a whole look-up
    in seconds.
    """

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        port: int = 53,
        timeout: float = 5.0,
    ) -> None:
        self.nameservers, self.port, self.timeout = tuple(nameservers), port, timeout

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        """All next hops (RFC 3263 §4). Raises ResolveError."""
        return await candidates_within(self, host, port, transport, self.timeout)

    async def lookup(
        self,
        host: str,
        port: int | None = None,
        transport: Transport | None = None,
        *,
        timeout: float | None = None,
    ) -> Lookup:
        """All hops for a host; that there are none is a result.

        Raises ResolveError for what is no host name, and where this machine has no name servers.
        """
        host = host.rstrip(".").strip("[]").lower()
        refuse_what_is_no_name(host)
        query = _Query(self, self.timeout if timeout is None else timeout)
        hops = await query.hops(host, port, transport)
        return Lookup(tuple(dict.fromkeys(hops)), tuple(query.steps))


async def locate(
    resolver: Resolver,
    host: str,
    port: int | None,
    transport: Transport | None,
    timeout: float,
) -> Lookup:
    """Hops and steps within `timeout` seconds, also of a resolver that asks no DNS.

    Raises ResolveError.
    """
    if isinstance(resolver, DnsResolver):
        return await resolver.lookup(host, port, transport, timeout=timeout)
    hops = await resolver.candidates(host, port, transport)
    answer = ", ".join(str(hop) for hop in hops)
    return Lookup(tuple(hops), (DnsStep(host, "-", answer, "a fixed map, no DNS", "unasked"),))


async def candidates_within(
    resolver: Resolver, host: str, port: int | None, transport: Transport | None, timeout: float
) -> list[NextHop]:
    """The candidates of any resolver within `timeout` seconds. Raises ResolveError."""
    found = await locate(resolver, host, port, transport, timeout)
    if not found.hops:
        raise ResolveError(explain(host, found), unheard=found.unheard)
    return list(found.hops)


class _Query:
    """One look-up with its log.

    What is left of the time is shared out among the stages to come (NAPTR, SRV, addresses):
    home routers drop NAPTR questions, and the address behind them is still to be found.
    """

    def __init__(self, resolver: DnsResolver, timeout: float) -> None:
        self.steps: list[DnsStep] = []
        self._resolver = resolver
        self._servers: NameServers | None = None
        self._until = time.monotonic() + timeout

    async def hops(self, host: str, port: int | None, transport: Transport | None) -> list[NextHop]:
        fallback: Transport = transport or "udp"
        fixed = [host] if is_address(host) else _LOCALHOST if host == "localhost" else ()
        if fixed:
            note = "an IP address needs no DNS" if is_address(host) else "this machine (RFC 6761)"
            self.steps.append(DnsStep(host, "-", ", ".join(fixed), note, "unasked"))
            return [NextHop(ip, port or DEFAULT_PORTS[fallback], fallback) for ip in fixed]
        if port is not None:
            # An explicit port rules out NAPTR and SRV (RFC 3263 §4.1, §4.2).
            return await self._addresses([_Target(host, port, fallback, f"port {port} is given")])
        targets = await self._targets(await self._services(host, transport))
        if targets is None:
            unheard = any(step.kind == "SRV" and step.status in UNHEARD for step in self.steps)
            why = "SRV questions stayed open" if unheard else "no SRV record"
            note = f"{why}: the host itself, at the default port"
            targets = [_Target(host, DEFAULT_PORTS[fallback], fallback, note)]
        return await self._addresses(targets)

    async def _services(self, host: str, transport: Transport | None) -> list[_Service]:
        """Names to ask for SRV records, from NAPTR where it names any (RFC 3263 §4.1)."""
        wanted: list[Transport] = [transport] if transport else list(_SRV)
        found = [] if transport else await self._by_naptr(host, wanted)
        return found or [_Service(f"{_SRV[kind]}.{host}", kind) for kind in wanted]

    async def _by_naptr(self, host: str, wanted: Sequence[Transport]) -> list[_Service]:
        (answer,) = await self._ask([(host, "NAPTR", "which transports, in which order")], 3)
        found, passed = [], []
        # By order, then preference (RFC 3403 §4.1); equal ones always the same way.
        for record in sorted(answer.records, key=attrgetter("order", "preference", "service")):
            service, flag = _text(record.service).upper(), _text(record.flags).lower()
            name, kind = str(record.replacement).rstrip("."), _NAPTR.get(service)
            if kind in wanted and kind is not None and flag in ("s", "a") and name:
                found.append(_Service(name, kind, direct=flag == "a"))
            else:
                passed.append(f"{service} with flag {flag or 'none'}")
        if passed:
            answer.step.remark(f"passed over: {', '.join(passed)}")
        return found

    async def _targets(self, services: Sequence[_Service]) -> list[_Target] | None:
        """Where the services are offered; None where there is no SRV record at all."""
        asked = [service for service in services if not service.direct]
        answers = await self._ask([(service.name, "SRV", "") for service in asked], 2)
        by_name = dict(zip((service.name for service in asked), answers, strict=True))
        found: list[_Target] = []
        for service in services:
            kind = service.transport
            if service.direct:
                port = DEFAULT_PORTS[kind]
                found.append(_Target(service.name, port, kind, "named by NAPTR"))
                continue
            answer = by_name[service.name]
            for record in answer.records:
                target, note = str(record.target).rstrip("."), f"target of {service.name}"
                if target:
                    found.append(_Target(target, record.port, kind, note, by_srv=True))
                else:
                    answer.step.remark(_NOT_OFFERED)
        said = found or any(answer.records for answer in answers)
        return found[:_MOST_TARGETS] if said else None

    async def _addresses(self, targets: Sequence[_Target]) -> list[NextHop]:
        """Hops of all targets, those that this machine has a route to before the others."""
        first = {target.host: target for target in reversed(targets)}
        names = list(dict.fromkeys(target.host for target in targets))
        questions = [(name, kind, first[name].note) for name in names for kind in ("A", "AAAA")]
        answers = await self._ask(questions, 1)
        ips: dict[str, list[str]] = {name: [] for name in names}
        lost: set[str] = set()
        for (name, _, _), answer in zip(questions, answers, strict=True):
            here = [str(record.address) for record in answer.records]
            ips[name] += here
            away = [ip for ip in here if not reachable(ip)]
            lost.update(away)
            if away:
                answer.step.remark(f"no route from here to {', '.join(away)}: tried last")
            if answer.alias and first[name].by_srv:
                answer.step.remark("an SRV target should not be an alias (RFC 2782)")
            if answer.step.status == "NXDOMAIN" and first[name].by_srv:
                answer.step.remark("dangling: skipped")
        hops = [
            NextHop(ip, target.port, target.transport)
            for target in targets
            # IPv6 before IPv4, as RFC 7984 §4 has it with the default policy of RFC 6724.
            for ip in sorted(ips[target.host], key=lambda ip: ":" not in ip)
        ]
        return sorted(hops, key=lambda hop: hop.ip in lost)

    async def _ask(self, questions: Sequence[tuple[str, str, str]], stages: int) -> list[DnsAnswer]:
        """Ask all at once, within this stage's share of the time; the log keeps their order."""
        from .nameservers import NameServers  # with dnspython, which a fixed map does without

        try:
            servers = self._servers or NameServers(self._resolver.nameservers, self._resolver.port)
        except OSError as error:
            raise ResolveError(str(error), unheard=True) from None
        self._servers = servers
        seconds = max(0.0, self._until - time.monotonic()) / stages
        answers = await servers.ask_all(questions, seconds)
        self.steps += [answer.step for answer in answers]
        return answers


def explain(host: str, found: Lookup) -> str:
    """Why a host leads to no address, and what to do about it."""
    steps = [step for step in found.steps if step.kind != "NAPTR"] or list(found.steps)
    failed = next((step for step in found.steps if step.status in UNHEARD), None)
    if failed is not None:
        return (
            f"DNS failed for {host}: {failed.query} {failed.kind}: {failed.answer}. That says "
            "nothing about the host: check this machine's DNS, VPN and firewall, or ask another "
            "name server."
        )
    if any(_NOT_OFFERED in step.note for step in steps):
        return f"{host} says by SRV “.” that it offers no such service: use another transport."
    targets = dict.fromkeys(step.query for step in steps if "target of" in step.note)
    if targets:
        return (
            f"{host} points by SRV to {', '.join(list(targets)[:3])}, and no address is there. "
            "The domain's owner has to fix the records; a host and port given instead bypass SRV."
        )
    server = next((step.server for step in steps if step.server), "")
    asked = f" (asked {server})" if server else ""
    if steps and steps[-1].status == "NXDOMAIN":
        return (
            f"The name {host} does not exist in DNS{asked}. Check its spelling and its region "
            "against what the platform shows."
        )
    return (
        f"The name {host} has no address record{asked}. Check its spelling against what the "
        "platform shows."
    )


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")
