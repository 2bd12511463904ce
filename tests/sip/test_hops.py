"""Where requests go: candidates, TCP for large ones, connections that end, IPv6."""

import asyncio
import ssl
import time

import pytest

from sfsip_nb.sip import Call, Credentials, DigestGuard, Incoming, MapResolver, Transport
from tests.sip.peers.lab import free_port
from tests.sip.rawpeer import RawPeer
from tests.sip.siptools import Agents, Tls, until, uri


def names(*addresses: tuple[str, int], kind: str = "udp") -> MapResolver:
    """`sip.test` at each of the addresses, in this order."""
    return MapResolver({f"sip.test/{kind}": " ".join(f"{ip}:{port}" for ip, port in addresses)})


@pytest.mark.parametrize("failure", ["503", "refused", "closed"])
async def test_the_next_server_is_asked_when_one_fails(agents: Agents, failure: str) -> None:
    good = await agents("good")
    kind: Transport = "tcp" if failure in ("refused", "closed") else "udp"
    bad = await (RawPeer.tcp_at() if failure == "closed" else RawPeer.udp_at())
    where = ("127.0.0.1", free_port()) if failure == "refused" else bad.address
    both = names(where, good.address(kind), kind=kind)
    client = await agents("client", resolver=both, t1=0.01)
    asking = asyncio.create_task(client.request("OPTIONS", "sip:sip.test", transport=kind))
    if failure == "503":
        bad.reply(await bad.next("OPTIONS"), 503)
    elif failure == "closed":
        await bad.next("OPTIONS")
        assert bad.writer is not None
        bad.writer.close()
    got = await asking
    assert got is not None
    assert (got.code, got.headers["Server"]) == (200, "good")
    bad.close()


@pytest.mark.parametrize("failure", ["503", "unreachable"])
async def test_a_call_goes_to_the_next_server_too(agents: Agents, failure: str) -> None:
    async def answer(call: Call) -> None:
        await call.answer()

    good = await agents("good", on_invite=answer)
    bad = await RawPeer.udp_at()
    kind: Transport = "tcp" if failure == "unreachable" else "udp"
    where = ("127.0.0.1", free_port()) if failure == "unreachable" else bad.address
    both = names(where, good.address(kind), kind=kind)
    client = await agents("client", resolver=both, t1=0.01)
    call = await client.invite("sip:x@sip.test", transport=kind)
    if failure == "503":
        bad.reply(await bad.next("INVITE"), 503)
        await bad.next("ACK")
    assert await call.outcome(5) == 200
    assert call.codes == ([503] if failure == "503" else []) + [100, 200]
    assert call.source == good.address(kind)
    assert await call.bye() == 200
    bad.close()


async def test_the_failure_of_the_last_server_is_the_outcome(agents: Agents) -> None:
    one, two = await RawPeer.udp_at(), await RawPeer.udp_at()
    client = await agents("client", resolver=names(one.address, two.address))
    call = await client.invite("sip:x@sip.test")
    for bad in (one, two):
        bad.reply(await bad.next("INVITE"), 503)
        await bad.next("ACK")
    assert await call.outcome(5) == 503
    assert call.failure is None
    gone = names(("127.0.0.1", free_port()), ("127.0.0.1", free_port()), kind="tcp")
    client.transport.resolver = gone
    nowhere = await client.invite("sip:x@sip.test;transport=tcp")
    assert await nowhere.outcome(5) == 503
    assert isinstance(nowhere.failure, ConnectionRefusedError)
    one.close()
    two.close()


LARGE = {"X-Large": "x" * 1300}


async def test_what_is_too_large_for_udp_goes_by_tcp(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    call = await client.invite(uri(server), headers=LARGE)
    assert await call.outcome(5) == 200
    assert (call.transport, legs[0].transport) == ("tcp", "tcp")
    assert legs[0].header("Via").startswith("SIP/2.0/TCP ")
    assert await call.bye() == 200
    small = await client.invite(uri(server))
    assert await small.outcome(5) == 200
    assert small.transport == "udp"
    await small.bye()
    got = await client.request("OPTIONS", uri(server), headers=LARGE)
    assert got is not None
    assert got.headers["Via"].startswith("SIP/2.0/TCP ")


@pytest.mark.parametrize("without", ["client", "server"])
async def test_a_large_request_stays_on_udp_where_one_end_has_no_tcp(
    agents: Agents, without: str
) -> None:
    only = {without: {"transports": ("udp",)}}
    server = await agents("server", **only.get("server", {}))
    client = await agents("client", **only.get("client", {}))
    got = await client.request("OPTIONS", uri(server), headers=LARGE)
    assert got is not None
    assert got.headers["Via"].startswith("SIP/2.0/UDP ")


async def test_a_large_request_by_tcp_is_challenged_and_answered(agents: Agents) -> None:
    guard = DigestGuard("r", {"u": "p"}.get)

    async def check(incoming: Incoming) -> None:
        ok = guard.check(incoming.request).ok
        await incoming.respond(200 if ok else 401, headers=None if ok else guard.challenge())

    server = await agents("server", on_request=check)
    client = await agents("client", credentials=[Credentials("u", "p")])
    # Small enough for UDP until the credentials come along.
    got = await client.request("OPTIONS", uri(server), headers={"X-Large": "x" * 700})
    assert got is not None
    assert got.code == 200
    sent = [e.transport for e in client.trace if e.direction == "sent"]
    assert sent == ["udp", "tcp"]


@pytest.mark.parametrize("kind", ["tcp", "tls"])
async def test_an_idle_connection_that_the_peer_closed_is_made_anew(
    agents: Agents, tls: Tls, kind: Transport
) -> None:
    """In TLS without close_notify, as a busy SBC does after two minutes."""

    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()

    server = await agents(
        "server",
        transports=("tcp", "tls"),
        tls_server=tls.server("sip.test"),
        on_invite=answer,
    )
    resolver = MapResolver({f"sip.test/{kind}": "{}:{}".format(*server.address(kind))})
    client = await agents("client", tls_client=tls.client, resolver=resolver)
    call = await client.invite("sip:x@sip.test", transport=kind)
    assert await call.outcome(5) == 200
    (peer,) = [p for p in server._wire._streams.values() if p.transport == kind]
    assert peer.writer is not None
    peer.writer.transport.abort()
    await until(lambda: not call.peer.open)
    # The Contact is an address; the certificate is still checked for the name dialled.
    assert await call.bye() == 200
    assert legs[0].ended_by == "remote"


async def test_a_connection_that_ends_without_an_answer_is_told_at_once(agents: Agents) -> None:
    raw = await RawPeer.tcp_at()
    client = await agents("client", t1=0.5)

    async def hang_up() -> None:
        await raw.next("OPTIONS")
        assert raw.writer is not None
        raw.writer.close()

    began = time.monotonic()
    closing = asyncio.create_task(hang_up())
    with pytest.raises(ConnectionResetError, match="closed the TCP connection without"):
        await client.request("OPTIONS", raw.uri())
    await closing
    assert time.monotonic() - began < 10  # Timer F would be 32 s.
    raw.close()


async def test_ping_is_answered_by_pong_and_crlf_on_udp_by_nothing(agents: Agents) -> None:
    server = await agents("server")
    reader, writer = await asyncio.open_connection(*server.address("tcp"))
    writer.write(b"\r\n\r\n")
    async with asyncio.timeout(5):
        assert await reader.readexactly(2) == b"\r\n"
    # In the middle of a message the same bytes are the end of its header.
    writer.write(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n")
    writer.write(b"From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.write(b"\r\nContent-Length: 0\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"SIP/2.0 200")
    writer.close()
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(b"\r\n\r\n")
    raw.send(raw.request("OPTIONS", uri(server)))
    await raw.next(200)
    assert len([e for e in server.trace if e.transport == "udp"]) == 2
    raw.close()


async def test_a_peer_that_does_not_read_is_let_go(agents: Agents) -> None:
    async def talk(incoming: Incoming) -> None:
        await incoming.respond(200, body=b"x" * 60_000, content_type="text/plain")

    server = await agents("server", on_request=talk)
    _reader, writer = await asyncio.open_connection(*server.address("tcp"), limit=1000)
    raw = RawPeer()
    raw.address, raw.writer = ("127.0.0.1", 9), writer
    await until(lambda: server._wire._streams)
    for number in range(1, 300):  # 18 MB of answers, of which the kernel takes some.
        writer.write(bytes(raw.request("OPTIONS", uri(server), number=number)))
    await until(lambda: not server._wire._streams)
    writer.transport.abort()


async def test_a_message_that_is_too_large_for_a_stream_is_refused_and_the_stream_ended(
    agents: Agents,
) -> None:
    server = await agents("server")
    reader, writer = await asyncio.open_connection(*server.address("tcp"))
    raw = RawPeer()
    raw.address, raw.writer = ("127.0.0.1", 9), writer
    options = raw.request("OPTIONS", uri(server))
    writer.write(bytes(options).replace(b"Content-Length: 0", b"Content-Length: 999999"))
    async with asyncio.timeout(5):
        answer = await reader.read()
    assert answer.startswith(b"SIP/2.0 513 Message Too Large\r\n")
    writer.close()


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
async def test_ipv6_from_end_to_end(agents: Agents, tls: Tls, kind: Transport) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.ring()
        await call.answer()
        assert call.audio is not None
        call.audio.play(440)

    both = {
        "host": "::1",
        "transports": ("udp", "tcp", "tls"),
        "tls_server": tls.server("::1"),
        "tls_client": tls.client,
    }
    server = await agents("server", on_invite=answer, **both)
    client = await agents("client", **both)
    target = uri(server, transport=kind)
    assert target.startswith("sip:+15551230001@[::1]:")
    got = await client.request("OPTIONS", target)
    assert got is not None
    assert got.code == 200
    bound = await client.register(target, aor="sip:u@[::1]")
    assert bound is not None
    assert bound.code == 405  # Nobody registers there, but it was heard.
    call = await client.invite(target)
    assert await call.outcome(5) == 200
    invite = legs[0].invite
    assert f"{kind.upper()} [::1]:{client.address(kind)[1]};" in invite.headers["Via"]
    assert f"@[::1]:{client.address(kind)[1]}" in f"@{invite.headers['Contact'][5:]}"
    assert invite.headers["To"] == "<sip:+15551230001@[::1]>"
    assert b"c=IN IP6 ::1\r\n" in invite.body
    assert call.audio is not None
    call.audio.play(1004)
    assert await call.audio.heard(440)
    assert legs[0].audio is not None
    assert await legs[0].audio.heard(1004)
    legs[0].on_refer = None
    assert (await call.refer("sip:x@[::1]", timeout=1)).accepted_code == 603
    assert await legs[0].bye() == 200
    assert call.ended_by == "remote"


async def test_a_name_with_addresses_of_the_other_family_only_says_so(agents: Agents) -> None:
    client = await agents("client", resolver=names(("::1", 5060)))
    call = await client.invite("sip:x@sip.test")
    assert await call.outcome(5) == 503
    assert "no IPv4 address" in call.phrase
    both = await agents("both", resolver=names(("::1", 5060), (await agents("server")).address()))
    got = await both.request("OPTIONS", "sip:sip.test")
    assert got is not None


async def test_a_connection_verified_for_one_name_is_not_used_for_another(
    agents: Agents, tls: Tls
) -> None:
    server = await agents("server", transports=("tls",), tls_server=tls.server("one.test"))
    at = "{}:{}".format(*server.address("tls"))
    resolver = MapResolver({"one.test/tls": at, "two.test/tls": at})
    client = await agents("client", tls_client=tls.client, resolver=resolver)
    assert await client.request("OPTIONS", "sip:one.test;transport=tls") is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.request("OPTIONS", "sip:two.test;transport=tls")


async def test_many_requests_at_once_share_one_connection(agents: Agents) -> None:
    server, client = await agents("server"), await agents("client")
    asked = (client.request("OPTIONS", uri(server, transport="tcp")) for _ in range(20))
    assert all(await asyncio.gather(*asked))
    assert len(client.local_addresses("tcp") - {client.address("tcp")}) == 1
