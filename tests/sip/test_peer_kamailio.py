"""Our agent against Kamailio, a registrar and record-routing proxy: every call keeps its route."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sipmessage import Request

from sfsip_nb.sip import (
    Call,
    Credentials,
    MapResolver,
    Referral,
    Transport,
    UserAgent,
    fields,
    pcap,
    probes,
)
from sfsip_nb.sip.digest import digest_fields, response
from tests.sip.peers.kamailio import AOR, USER, Kamailio, kamailio
from tests.sip.peers.lab import need
from tests.sip.peers.sipp import ECHO, SDP, keep, recv, reply, shows, sipp
from tests.sip.siptools import Agents, Tls, until

TRANSPORTS: list[Transport] = ["udp", "tcp", "tls"]
T1 = 2.0
"""A machine that is busy for a moment must not have a 200 sent again."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    with kamailio(tmp_path_factory.mktemp("md5")) as running:
        yield running


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    """A proxy with SHA-256 whose nonces are good for one second."""
    folder = tmp_path_factory.mktemp("sha256")
    with kamailio(folder, algorithm="SHA-256", nonce_seconds=1) as running:
        yield running


def sent(call: Call, method: str) -> list[Request]:
    """The requests of a method that this side of a call sent."""
    mine = [e.message for e in call.trace if e.direction == "sent" and e.agent == call.agent.name]
    return [m for m in mine if isinstance(m, Request) and m.method == method]


def kept_its_route(call: Call, proxy: Kamailio, hops: int = 1) -> None:
    """ACK and BYE took the whole route set, and by the proxy's own log nothing came twice."""
    assert call.retransmitted_200 == 0
    mine = (sent(call, "ACK")[-1:] if call.direction == "out" else []) + sent(call, "BYE")
    for request in mine:
        routes = fields.values(request.headers, "Route")
        assert len(routes) == hops, (request.method, routes)
        ports = {fields.uri_parts(fields.name_addr(route).uri).port for route in routes}
        assert ports <= {proxy.port, proxy.tls_port}
    seen = [row.split()[:3] for row in proxy.seen(call.call_id)]
    for method in ("ACK", "BYE"):
        assert sum(row[:2] == ["request", method] for row in seen) == 1, method
    for method in ("INVITE", "BYE"):
        assert seen.count(["reply", "200", method]) == 1, method


async def talk(call: Call) -> None:
    """Wait for the answer, and hear 1004 Hz come back."""
    assert await call.outcome(10) == 200, (call.codes, call.phrase)
    assert call.audio is not None
    call.audio.play(1004)
    assert await call.audio.heard(1004, 10)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_contact_is_registered_refreshed_and_removed(
    agents: Agents, proxy: Kamailio, transport: Transport
) -> None:
    client = await agents("client", t1=T1, tls_client=proxy.tls_client, credentials=[USER])

    async def register(expires: int) -> list[str]:
        answer = await client.register(proxy.uri(transport), aor=AOR, expires=expires)
        assert answer is not None
        assert answer.code == 200
        return fields.values(answer.headers, "Contact")

    for expires in (60, 90):
        (bound,) = await register(expires)
        assert expires - 2 <= int(fields.name_addr(bound).params["expires"]) <= expires
    assert await register(0) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_wrong_password_is_tried_once(
    agents: Agents, proxy: Kamailio, transport: Transport
) -> None:
    wrong = Credentials("acme", "x", "sip.test")

    client = await agents("client", t1=T1, tls_client=proxy.tls_client, credentials=[wrong])
    answer = await client.register(proxy.uri(transport), aor=AOR)
    call = await client.invite(proxy.uri(transport, "nobody"), from_=AOR)
    assert answer is not None
    assert answer.code == 401
    assert await call.outcome(10) == 407
    assert call.codes == [407, 407]
    rows = [entry.summary for entry in client.trace if entry.call_id != call.call_id]
    assert rows == ["REGISTER", "401 Unauthorized (REGISTER)"] * 2


async def test_sha_256_is_answered_and_a_stale_nonce_costs_one_retry(
    agents: Agents, strict: Kamailio
) -> None:
    client = await agents("client", t1=T1, tls_client=strict.tls_client, credentials=[USER])
    first = await client.request("REGISTER", strict.uri(), from_=AOR, to=AOR, credentials=[])
    assert first is not None
    challenge = digest_fields(first.headers.get("WWW-Authenticate") or "")
    assert challenge["algorithm"] == "SHA-256"
    assert "stale" not in challenge
    await asyncio.sleep(2.1)  # Kamailio counts whole seconds.
    old: dict[str, Any] = {
        "username": "acme",
        "realm": "sip.test",
        "nonce": challenge["nonce"],
        "uri": strict.uri(),
        "algorithm": "SHA-256",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }
    proof = response(password=USER.password, method="REGISTER", **old)
    value = "Digest " + ", ".join(
        f"{name}={text}" if name in ("qop", "nc", "algorithm") else f'{name}="{text}"'
        for name, text in {**old, "response": proof}.items()
    )
    before = len(client.trace)
    answer = await client.request(
        "REGISTER", strict.uri(), from_=AOR, to=AOR, headers={"Authorization": value}
    )
    assert answer is not None
    assert answer.code == 200
    received = [e for e in list(client.trace)[before:] if e.direction == "received"]
    assert [e.summary for e in received] == ["401 Unauthorized (REGISTER)", "200 OK (REGISTER)"]
    assert received[0].message is not None
    told = received[0].message.headers.get("WWW-Authenticate") or ""
    assert digest_fields(told)["stale"] == "true"


async def test_a_registration_is_kept_although_its_nonce_grows_stale(
    agents: Agents, strict: Kamailio
) -> None:
    client = await agents("client", t1=T1, credentials=[USER])
    async with client.keep_registered(strict.uri(), aor=AOR, expires=3) as registration:
        assert (registration.code, registration.expires) == (200, 3)
        await until(lambda: registration.refreshes == 1)
    rows = [entry.summary for entry in client.trace if entry.direction == "received"]
    # At the beginning, at the refresh, at the end: the nonce was good for one second.
    assert rows[:4] == ["401 Unauthorized (REGISTER)", "200 OK (REGISTER)"] * 2
    removed = await client.register(strict.uri(), aor=AOR, expires=0)
    assert removed is not None
    assert fields.values(removed.headers, "Contact") == []


@pytest.mark.parametrize(
    ("ours", "theirs", "hops"),
    [("udp", "udp", 1), ("tcp", "udp", 2), ("tls", "udp", 2), ("udp", "tcp", 2), ("tcp", "tcp", 1)],
)
async def test_a_call_through_the_proxy_keeps_its_route_and_comes_back_as_an_echo(
    agents: Agents,
    proxy: Kamailio,
    tmp_path: Path,
    ours: Transport,
    theirs: Transport,
    hops: int,
) -> None:
    with sipp(tmp_path, *ECHO, transport=theirs) as server:
        client = await agents("client", t1=T1, tls_client=proxy.tls_client, credentials=[USER])
        call = await client.invite(server.uri, from_=AOR, proxy=proxy.uri(ours))
        await talk(call)
        assert await call.bye() == 200
        assert call.codes == [407, 100, 180, 200]
        kept_its_route(call, proxy, hops)
        await server.judged()


async def test_a_call_over_ipv6_keeps_its_route(
    agents: Agents, proxy: Kamailio, tmp_path: Path
) -> None:
    with sipp(tmp_path, *ECHO, host="::1", calls=2) as server:
        client = await agents("client", t1=T1, host="::1", credentials=[USER])
        for transport in TRANSPORTS[:2]:
            call = await client.invite(
                server.uri, from_=AOR, proxy=proxy.uri(transport, host="[::1]")
            )
            await talk(call)
            assert await call.bye() == 200
            kept_its_route(call, proxy, 1 if transport == "udp" else 2)
        await server.judged()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("who_ends", ["caller", "callee"])
async def test_a_registered_agent_is_called_through_the_proxy(
    agents: Agents, proxy: Kamailio, tls: Tls, transport: Transport, who_ends: str
) -> None:
    taken: list[Call] = []

    async def answer(call: Call) -> None:
        taken.append(call)
        await call.ring()
        assert await call.answer()
        assert call.audio is not None
        call.audio.play(440)
        await call.audio.heard(1004, 10)

    callee = await agents(
        "callee",
        t1=T1,
        transports=TRANSPORTS,
        tls_server=tls.server("127.0.0.1"),
        tls_client=proxy.tls_client,
        on_invite=answer,
        credentials=[USER],
    )
    caller = await agents("caller", t1=T1, credentials=[USER])
    target = proxy.uri(transport)
    aor = f"sip:{transport}{who_ends}@sip.test"
    bound = await callee.register(target, aor=aor)
    assert bound is not None
    assert bound.code == 200
    call = await caller.invite(aor, from_=AOR, proxy=proxy.uri())
    assert await call.outcome(10) == 200, (call.codes, call.phrase)
    assert call.audio is not None
    call.audio.play(1004)
    assert await call.audio.heard(440, 10)
    (received,) = taken
    assert received.audio is not None
    assert await received.audio.heard(1004, 10)
    ending, other = (call, received) if who_ends == "caller" else (received, call)
    assert await ending.bye() == 200
    assert await other.wait_ended(5)
    assert other.ended_by == "remote"
    for leg in (call, received):
        kept_its_route(leg, proxy, 1 if transport == "udp" else 2)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_hold_resume_and_update_take_the_route_too(
    agents: Agents, proxy: Kamailio, tmp_path: Path, transport: Transport
) -> None:
    def asked(direction: str) -> tuple[str, ...]:
        # SIPp fails the call where our offer does not say the direction.
        shown = shows(f"a={direction}")
        return recv("INVITE", shown), reply(200, "OK", body=SDP, tag=""), recv("ACK")

    scenario = (
        *ECHO[:-2],
        *asked("sendonly"),
        *asked("sendrecv"),
        recv("UPDATE"),
        reply(200, "OK", tag=""),
        *ECHO[-2:],
    )

    with sipp(tmp_path, *scenario) as server:
        client = await agents("client", t1=T1, tls_client=proxy.tls_client, credentials=[USER])
        call = await client.invite(server.uri, from_=AOR, proxy=proxy.uri(transport))
        await talk(call)
        assert await call.reinvite("sendonly") == 200
        assert await call.reinvite("sendrecv") == 200
        assert await call.update() == 200
        assert await call.bye() == 200
        hops = 1 if transport == "udp" else 2
        for method, count in (("INVITE", 2), ("ACK", 3), ("UPDATE", 1), ("BYE", 1)):
            last = sent(call, method)[-count:]
            assert [len(fields.values(each.headers, "Route")) for each in last] == [hops] * count
        assert call.retransmitted_200 == 0
        await server.judged()


async def test_an_invite_too_large_for_udp_goes_by_tcp(
    agents: Agents, proxy: Kamailio, tmp_path: Path
) -> None:
    """RFC 3261 §18.1.1: within 200 bytes of the path MTU, or above 1300."""

    with sipp(tmp_path, *ECHO, calls=2) as server:
        client = await agents("client", t1=T1, credentials=[USER])
        large = {"User-to-User": "ab" * 600 + ";encoding=hex"}
        for forced, transport in ((False, "tcp"), (True, "udp")):
            call = await client.invite(
                server.uri, from_=AOR, proxy=proxy.uri(), headers=large, force_transport=forced
            )
            await talk(call)
            assert await call.bye() == 200
            assert {entry.transport for entry in call.trace} == {transport}
            kept_its_route(call, proxy, 2 if transport == "tcp" else 1)
        await server.judged()


async def test_a_user_who_is_not_registered_is_not_found(agents: Agents, proxy: Kamailio) -> None:
    client = await agents("client", t1=T1, credentials=[USER])
    call = await client.invite(proxy.uri(user="nobody"), from_=AOR)
    assert await call.outcome(10) == 404
    assert call.codes == [407, 404]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_ringing_call_is_cancelled_through_the_proxy(
    agents: Agents, proxy: Kamailio, tmp_path: Path, transport: Transport
) -> None:
    # SIPp answers the INVITE after the CANCEL, whose Via is the proxy's alone: both are kept.
    scenario = (
        recv("INVITE", keep("Via", "first") + keep("Via", "second", 2) + keep("CSeq", "seq")),
        reply(180, "Ringing"),
        recv("CANCEL"),
        reply(200, "OK"),
        reply(487, "Request Terminated", via="Via:[$first]\nVia:[$second]", cseq="CSeq:[$seq]"),
        recv("ACK"),
    )

    with sipp(tmp_path, *scenario) as server:
        client = await agents("client", t1=T1, tls_client=proxy.tls_client, credentials=[USER])
        call = await client.invite(server.uri, from_=AOR, proxy=proxy.uri(transport))
        await asyncio.wait_for(call.ringing.wait(), 10)
        await call.cancel("SIP;cause=487")
        assert await call.outcome(10) == 487
        assert (call.state, call.ended_by) == ("failed", "local")
        assert call.codes == [407, 100, 180, 487]
        (cancel,) = sent(call, "CANCEL")
        invite = sent(call, "INVITE")[-1]
        assert fields.top_via(cancel) == fields.top_via(invite)
        assert fields.cseq(cancel)[0] == fields.cseq(invite)[0] == 2
        await server.judged()


async def test_a_transfer_is_asked_for_and_reported_through_the_proxy(
    agents: Agents, proxy: Kamailio, tmp_path: Path
) -> None:
    """The AI's side asks by REFER; the caller's side calls the human (a SIPp) and reports."""

    with sipp(tmp_path, *ECHO) as server:
        codes: list[int] = []

        async def refer(referral: Referral) -> None:
            await referral.accept()
            to_human = await caller.invite(referral.target, from_=AOR, proxy=proxy.uri())
            codes.append(await to_human.outcome(10))
            await referral.notify(to_human.code, to_human.phrase)
            await call.wait_ended(5)
            await to_human.bye()
            kept_its_route(to_human, proxy)
            moved.set()

        async def answer(call: Call) -> None:
            assert await call.answer()
            result = await call.refer(server.uri)
            assert (result.accepted_code, result.final_code) == (202, 200)
            assert [code for _, code, _ in result.notified] == [100, 200]
            assert await call.bye() == 200
            for method in ("REFER", "BYE"):
                (request,) = sent(call, method)
                assert len(fields.values(request.headers, "Route")) == 1

        moved = asyncio.Event()
        caller = await agents("caller", t1=T1, credentials=[USER])
        ai = await agents("ai", t1=T1, on_invite=answer, credentials=[USER])
        await ai.register(proxy.uri(), aor="sip:ai@sip.test")
        call = await caller.invite("sip:ai@sip.test", from_=AOR, proxy=proxy.uri())
        call.on_refer = refer
        await asyncio.wait_for(moved.wait(), 10)
        assert codes == [200]
        seen = [row.split()[:3] for row in proxy.seen(call.call_id)]
        assert seen.count(["reply", "202", "REFER"]) == 1
        assert seen.count(["reply", "200", "NOTIFY"]) == 2
        await server.judged()


@pytest.mark.parametrize("transport", TRANSPORTS[:2])
async def test_the_call_probe_passes_and_tshark_reads_its_messages(
    proxy: Kamailio, tmp_path: Path, transport: Transport
) -> None:
    need("tshark")

    with sipp(tmp_path, *ECHO) as server:
        async with UserAgent("client", resolver=MapResolver(), credentials=[USER]) as client:
            # The dialled number is bound to SIPp, as a trunk's number is to its carrier.
            bound = await client.register(
                proxy.uri(), aor="sip:+15551230001@sip.test", contact=f"<{server.uri}>"
            )
            assert bound is not None
            assert bound.code == 200
        result = await probes.call(
            probes.CallPlan(
                proxy.uri(transport, "+15551230001"),
                AOR,
                credentials=[USER],
                resolver=MapResolver(),
            ),
            probes.Listening(expect_hz=1004, seconds=0.6),
        )
        await server.judged()
    assert result.verdict == "pass", result.sentence
    assert result.seen["codes"] == [407, 100, 180, 200]
    assert (result.seen["bye"], result.seen["retransmitted_200"]) == (200, 0)
    assert result.seen["audio"]["loss_percent"] == 0
    file = tmp_path / "call.pcap"
    pcap.write(file, result.trace)
    shown = await asyncio.to_thread(
        subprocess.run,
        ["tshark", "-r", str(file), "-Y", "sip", "-T", "fields", "-e", "sip.CSeq.method"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(shown.stdout.split()) == len(result.trace)
