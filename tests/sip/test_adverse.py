"""Everything that can stand between here and a peer: a verdict in time, and what to do about it.

One row a hindrance, one column a probe. Each probe's `timeout` bounds all that it does: DNS,
connection, handshake and answer.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import dns.rcode
import pytest

from sfsip_nb.sip import (
    Call,
    Credentials,
    DigestGuard,
    DnsResolver,
    Incoming,
    MapResolver,
    ProbeResult,
    Resolver,
    probes,
)
from tests.sip import pki
from tests.sip.nameservers import answering, reply
from tests.sip.pki import DNS, Pki
from tests.sip.siptools import Agents

LIMIT = 0.5
"""Seconds that a probe is given."""
SLACK = 8.0
"""Seconds that a busy machine, the look at ICMP and the closing of sockets may take on top."""
HOST = "sip.test"


@pytest.fixture
def authority(tmp_path: Path) -> Pki:
    return pki.make(tmp_path)


class Way:
    """How a probe gets to the peer of a row."""

    def __init__(self, resolver: Resolver, ca_file: str, transport: str) -> None:
        self.resolver, self.ca_file, self.transport = resolver, ca_file, transport
        self.uri = f"sip:1@{HOST};transport={transport}"

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.load_verify_locations(self.ca_file)
        return context


async def by_options(way: Way) -> ProbeResult:
    plan = probes.CallPlan(way.uri, resolver=way.resolver, tls_client=way.client())
    return await probes.options(plan, timeout=LIMIT)


async def by_register(way: Way) -> ProbeResult:
    plan = probes.CallPlan(
        way.uri,
        credentials=[Credentials("u", "wrong")],
        resolver=way.resolver,
        tls_client=way.client(),
    )
    return await probes.register(plan, aor="sip:u@sip.test", timeout=LIMIT)


async def by_call(way: Way) -> ProbeResult:
    return await probes.call(
        probes.CallPlan(
            way.uri,
            "sip:u@sip.test",
            credentials=[Credentials("u", "wrong")],
            resolver=way.resolver,
            tls_client=way.client(),
        ),
        probes.Listening(seconds=0.1),
        timeout=LIMIT,
    )


async def by_tls(way: Way) -> ProbeResult:
    return await probes.tls(HOST, resolver=way.resolver, ca_file=way.ca_file, timeout=LIMIT)


async def by_dns(way: Way) -> ProbeResult:
    return await probes.dns(HOST, resolver=way.resolver, timeout=LIMIT)


Probe = Callable[[Way], Any]
SIP: tuple[Probe, ...] = (by_options, by_register, by_call)
Row = Callable[[Pki, Agents], AbstractAsyncContextManager[Way]]


def at(port: int, authority: Pki, transport: str) -> Way:
    names = {f"{HOST}/{kind}": f"127.0.0.1:{port}" for kind in ("udp", "tcp", "tls")}
    return Way(MapResolver(names), authority.ca_file, transport)


@asynccontextmanager
async def unmapped(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    yield Way(MapResolver(), authority.ca_file, "udp")


@asynccontextmanager
async def wrong_host(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    async with answering(lambda query: reply(query, code=dns.rcode.NXDOMAIN)) as port:
        yield Way(DnsResolver(["127.0.0.1"], port), authority.ca_file, "tcp")


@asynccontextmanager
async def silent_dns(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    async with answering(lambda query: None) as port:
        yield Way(DnsResolver(["127.0.0.1"], port), authority.ca_file, "tcp")


@asynccontextmanager
async def closed_tcp(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's
        yield at(held.getsockname()[1], authority, "tcp")


@asynccontextmanager
async def closed_udp(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    yield at(port, authority, "udp")


@asynccontextmanager
async def silent_udp(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        yield at(held.getsockname()[1], authority, "udp")


@asynccontextmanager
async def silent_tcp(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    async with pki.serving(None) as port:
        yield at(port, authority, "tcp")


@asynccontextmanager
async def silent_tls(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    """Takes the connection, leaves the TLS greeting unanswered."""
    async with pki.serving(None) as port:
        yield at(port, authority, "tls")


@asynccontextmanager
async def full_backlog(authority: Pki, _agents: Agents) -> AsyncIterator[Way]:
    """Drops SYNs, as a firewall does: nobody accepts, and the queue is full."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(0)
        waiting = []
        for _ in range(4):
            knock = socket.socket()
            knock.setblocking(False)
            knock.connect_ex(held.getsockname())
            waiting.append(knock)
        await asyncio.sleep(0.05)
        try:
            yield at(held.getsockname()[1], authority, "tcp")
        finally:
            for knock in waiting:
                knock.close()


@asynccontextmanager
async def wrong_name(authority: Pki, agents: Agents) -> AsyncIterator[Way]:
    async with _shown(authority, agents, DNS("other.test")) as way:
        yield way


@asynccontextmanager
async def expired(authority: Pki, agents: Agents) -> AsyncIterator[Way]:
    async with _shown(authority, agents, DNS(HOST), days=(-9, -2)) as way:
        yield way


@asynccontextmanager
async def untrusted(authority: Pki, agents: Agents) -> AsyncIterator[Way]:
    stranger = pki.issue("Stranger", ca=True)
    context = authority.server(pki.issue(HOST, [DNS(HOST)], by=stranger), stranger)
    server = await agents("server", transports=("tls",), tls_server=context)
    yield at(server.address("tls")[1], authority, "tls")


@asynccontextmanager
async def _shown(
    authority: Pki, agents: Agents, *names: Any, days: tuple[float, float] = (-1, 100)
) -> AsyncIterator[Way]:
    leaf = pki.issue(HOST, names, by=authority.middle, days=days)
    server = await agents(
        "server", transports=("tls",), tls_server=authority.server(leaf, authority.middle)
    )
    yield at(server.address("tls")[1], authority, "tls")


@asynccontextmanager
async def wrong_password(authority: Pki, agents: Agents) -> AsyncIterator[Way]:
    guard = DigestGuard(HOST, {"u": "right"})

    async def asked(incoming: Incoming) -> None:
        await incoming.respond(guard.code, guard.phrase, guard.challenge())

    async def called(call: Call) -> None:
        await call.reject(guard.code, guard.phrase, guard.challenge())

    server = await agents("server", on_request=asked, on_invite=called)
    yield at(server.address("udp")[1], authority, "udp")


NO_CONNECTION = "A firewall drops it, or the address or port is wrong: try from a machine"
ROWS: list[tuple[Row, tuple[Probe, ...], str, str]] = [
    (unmapped, (*SIP, by_tls, by_dns), "fail", "is not in the address map. Correct the host name"),
    (wrong_host, (*SIP, by_tls, by_dns), "fail", "Check its spelling and its region"),
    (silent_dns, (*SIP, by_tls, by_dns), "inconclusive", "check this machine's DNS"),
    (closed_tcp, (*SIP, by_tls), "fail", "the port is closed. Correct the port"),
    (closed_udp, SIP, "fail", "the port is closed (ICMP). Correct the port"),
    (silent_udp, SIP, "inconclusive", "try the other transports, then a machine that the peer"),
    (silent_tcp, SIP, "inconclusive", "took the connection but said nothing"),
    (silent_tls, SIP, "inconclusive", "no TLS connection within 0.5 s"),
    (silent_tls, (by_tls,), "inconclusive", "check the port, then try from a machine that"),
    (full_backlog, (*SIP, by_tls), "inconclusive", NO_CONNECTION),
    (wrong_name, (*SIP, by_tls), "fail", "Use the name that the certificate is for"),
    (untrusted, (*SIP, by_tls), "fail", "ends in a root that is not trusted here. Trust that CA"),
    (expired, (*SIP, by_tls), "fail", "The host's owner has to renew it"),
    (wrong_password, (by_register, by_call), "fail", "both sides"),
]


@pytest.mark.parametrize(
    ("row", "probe", "verdict", "words"),
    [
        pytest.param(row, probe, verdict, words, id=f"{row.__name__}-{probe.__name__}")
        for row, columns, verdict, words in ROWS
        for probe in columns
    ],
)
async def test_a_hindrance_gets_its_verdict_in_time_and_the_way_out(
    authority: Pki, agents: Agents, row: Row, probe: Probe, verdict: str, words: str
) -> None:
    async with row(authority, agents) as way:
        began = time.monotonic()
        got = await probe(way)
        took = time.monotonic() - began
    assert (got.verdict, words in got.sentence) == (verdict, True), (got.verdict, got.sentence)
    assert took < LIMIT + SLACK
