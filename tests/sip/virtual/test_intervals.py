"""What a call sends again and when it gives up, each at its exact time, with T1 = 0.5 s.

RFC 3261 §9.1, §13.3.1.4, §14.1 and §17, RFC 3262 §3.
"""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from sfsip_nb.sip import Call, MapResolver, Transport, modifying
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until, uri
from tests.sip.virtual.calling import CAPPED, DOUBLING, answer, invited, times
from tests.sip.virtual.world import here

# A 2xx until its ACK


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_200_is_sent_until_64_t1_and_the_call_then_ended(
    agents: Agents, transport: Transport
) -> None:
    """Over a stream too: a proxy on the way may have lost it over UDP."""
    server, client = await agents("server", on_invite=answer), await agents("client")
    response = await client.request("INVITE", uri(server, transport=transport))
    assert response is not None
    assert b"m=audio" in response.body  # The offer, as the INVITE had none.
    (leg,) = server.calls.values()
    await leg.wait_ended()
    assert times(server, "200 OK (INVITE)") == CAPPED
    assert (leg.ended_by, leg.retransmitted_200) == ("timeout", len(CAPPED) - 1)
    await until(lambda: leg.bye_code == 481)  # The client keeps no dialog of such a request.
    assert times(server, "BYE") == [32]
    assert leg.end_reason == 'SIP;cause=408;text="no ACK"'


async def test_an_ack_ends_the_copies_of_the_200(agents: Agents) -> None:
    server, raw = await agents("server", on_invite=answer), await RawPeer.udp_at()
    taken = await invited(raw, server)
    await asyncio.sleep(4)
    raw.send(raw.inside(taken, "ACK", number=1))
    await asyncio.sleep(100)
    assert times(server, "200 OK (INVITE)") == [0, 0.5, 1.5, 3.5]
    assert times(server, "BYE") == []


async def test_a_bye_before_the_ack_ends_the_copies_of_the_200(agents: Agents) -> None:
    server, raw = await agents("server", on_invite=answer), await RawPeer.udp_at()
    taken = await invited(raw, server)
    await asyncio.sleep(1)
    raw.send(raw.inside(taken, "BYE", number=2))
    assert (await raw.after(200)).headers["CSeq"] == "1 INVITE"
    assert (await raw.next(200)).headers["CSeq"] == "2 BYE"
    await asyncio.sleep(100)
    assert times(server, "200 OK (INVITE)") == [0, 0.5]


async def test_the_200_to_a_reinvite_is_repeated_until_its_ack(agents: Agents) -> None:
    server, raw = await agents("server", on_invite=answer), await RawPeer.udp_at()
    taken = await invited(raw, server)
    raw.send(raw.inside(taken, "ACK", number=1))
    await asyncio.sleep(10)
    raw.send(raw.inside(taken, "INVITE", number=2, body=SDP))
    await asyncio.sleep(2)
    raw.send(raw.inside(taken, "ACK", number=2))
    await asyncio.sleep(10)
    raw.send(raw.inside(taken, "INVITE", number=3, body=SDP))
    bye = await raw.after("BYE", 200)
    raw.reply(bye, 200)
    begun = [0, *(10 + at for at in DOUBLING[:3]), *(22 + at for at in CAPPED)]
    assert times(server, "200 OK (INVITE)") == begun
    assert here().time() == 22 + 32


# Reliable provisional responses


async def test_a_reliable_provisional_is_sent_until_64_t1_and_the_call_then_refused(
    agents: Agents,
) -> None:
    async def ring(call: Call) -> None:
        await call.ring()

    server, raw = await agents("server", on_invite=ring), await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(raw.request("INVITE", uri(server), body=SDP, Require="100rel"))
    await raw.next(100)
    refused = await raw.after(504, 180)
    assert refused.headers["CSeq"] == "1 INVITE"
    assert times(server, "180 Ringing (INVITE)") == DOUBLING  # Without a cap (RFC 3262 §3).
    assert here().time() == 32


@pytest.mark.parametrize("early", [True, False])
async def test_provisionals_are_reliable_where_the_caller_requires_it(
    agents: Agents, early: bool
) -> None:
    async def ring(call: Call) -> None:
        await call.ring(183, early=early)
        await call.ring(180)
        assert await call.answer()

    server, raw = await agents("server", on_invite=ring), await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(raw.request("INVITE", uri(server), body=SDP, Require="100rel"))
    await raw.next(100)
    first = await raw.next(183)
    assert first.headers["Require"] == "100rel"
    assert bool(first.body) == early
    rseq = int(first.headers["RSeq"])
    await asyncio.sleep(2)
    raw.send(raw.inside(first, "PRACK", number=2, RAck=f"{rseq + 1} 1 INVITE"))
    await raw.after(481, 183)
    await asyncio.sleep(2)
    raw.send(raw.inside(first, "PRACK", number=3, RAck=f"{rseq} 1 INVITE"))
    await raw.after(200, 183)
    second = await raw.next(180)  # It did not overtake the one before.
    assert int(second.headers["RSeq"]) == rseq + 1
    await asyncio.sleep(1)
    raw.send(raw.inside(first, "PRACK", number=4, RAck=f"{rseq + 1} 1 INVITE"))
    assert (await raw.after(200, 180)).headers["CSeq"] == "4 PRACK"
    taken = await raw.next(200)
    assert taken.headers["CSeq"] == "1 INVITE"
    assert bool(taken.body) != early  # Said once.
    raw.send(raw.inside(taken, "ACK", number=1))
    await asyncio.sleep(100)
    assert times(server, "183 Session Progress (INVITE)") == [0, 0.5, 1.5, 3.5]
    assert times(server, "180 Ringing (INVITE)") == [4, 4.5]
    assert times(server, "200 OK (INVITE)") == [5]


# CANCEL


async def test_a_cancel_waits_for_a_sign_of_life(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    await call.cancel("SIP;cause=200")
    await asyncio.sleep(5)  # Only the INVITE again, no CANCEL (RFC 3261 §9.1).
    raw.reply(invite, 100)
    cancel = await raw.after("CANCEL", "INVITE")
    assert (times(client, "INVITE"), times(client, "CANCEL")) == ([0, 0.5, 1.5, 3.5], [5])
    assert cancel.headers["Via"] == invite.headers["Via"]
    assert cancel.headers["Reason"] == "SIP;cause=200"
    raw.reply(cancel, 200)
    raw.reply(invite, 487)
    assert await call.outcome() == 487
    assert call.ended_by == "local"


@pytest.mark.parametrize("heard", [True, False])
async def test_a_cancel_that_leads_to_nothing_ends_the_call_after_64_t1(
    agents: Agents, heard: bool
) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    raw.reply(await raw.next("INVITE"), 180)
    await call.ringing.wait()
    await asyncio.sleep(20)
    await call.cancel()
    cancel = await raw.next("CANCEL")
    if heard:
        raw.reply(cancel, 200)
    assert await call.outcome() == 487
    assert here().time() == 20 + 32
    assert times(client, "CANCEL") == ([20] if heard else [20 + at for at in CAPPED])
    await asyncio.sleep(0)
    assert client.stack._clients == {}


# What nobody answers


async def test_a_request_that_nobody_answers_ends_after_64_t1(agents: Agents) -> None:
    client, raw = await agents("client"), await RawPeer.udp_at()
    assert await client.request("OPTIONS", raw.uri()) is None
    assert here().time() == 32
    assert times(client, "OPTIONS") == CAPPED
    assert len({each.data for each in here().sent}) == 1


async def test_a_call_that_nobody_answers_fails_by_a_408_of_our_own(agents: Agents) -> None:
    client, raw = await agents("client"), await RawPeer.udp_at()
    call = await client.invite(raw.uri())
    assert await call.outcome() == 408
    assert here().time() == 32
    assert (call.ended_by, call.codes) == ("timeout", [])
    assert times(client, "INVITE") == DOUBLING
    assert len({each.data for each in here().sent}) == 1


async def test_a_server_that_keeps_silent_is_left_for_the_next_after_64_t1(agents: Agents) -> None:
    good, bad = await agents("good", on_invite=answer), await RawPeer.udp_at()
    places = " ".join("{}:{}".format(*each) for each in (bad.address, good.address()))
    client = await agents("client", resolver=MapResolver({"sip.test/udp": places}))
    got = await client.request("OPTIONS", "sip:sip.test")
    assert got is not None
    assert (got.code, got.headers["Server"]) == (200, "good")
    assert times(client, "OPTIONS") == [*CAPPED, 32]
    call = await client.invite("sip:x@sip.test")
    assert await call.outcome() == 200
    assert call.codes == [100, 200]
    assert call.source == good.address()
    assert times(client, "INVITE") == [32 + at for at in (*DOUBLING, 32)]


async def test_a_phone_may_ring_for_minutes(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    await asyncio.sleep(1)
    raw.reply(invite, 180)
    await asyncio.sleep(600)
    assert call.state == "ringing"
    raw.reply(invite, 486)
    assert await call.outcome() == 486
    assert times(client, "INVITE") == [0, 0.5]
    ack = await raw.after("ACK", "INVITE")
    assert ack.headers["Via"] == invite.headers["Via"]
    assert ack.headers["CSeq"] == "1 ACK"


async def test_a_refusal_is_repeated_until_its_ack_and_then_forgotten(agents: Agents) -> None:
    async def refuse(call: Call) -> None:
        await call.reject(486)

    server, raw = await agents("server", on_invite=refuse), await RawPeer.udp_at()
    raw.target = server.address()
    invite = raw.request("INVITE", uri(server), body=SDP)
    raw.send(invite)
    await raw.next(100)
    refused = await raw.next(486)
    await asyncio.sleep(1)
    raw.send(invite)  # A copy of the INVITE is answered from the transaction.
    await asyncio.sleep(1)
    ack = raw.request("ACK", uri(server), To=refused.headers["To"])
    ack.headers.set("Via", invite.headers["Via"])
    raw.send(ack)
    await asyncio.sleep(1)
    raw.send(invite)  # Confirmed: copies are absorbed (timer I).
    await until(lambda: len(server.stack.servers) == 0)
    assert times(server, "486 Busy Here (INVITE)") == [0, 0.5, 1, 1.5]
    assert here().time() == pytest.approx(2 + 5, abs=0.02)


# What else waits


@pytest.mark.parametrize(
    ("drawn", "ours", "theirs"),
    [(lambda below: 0, 2.1, 0), (lambda below: below - 1, 4, 2)],
    ids=["shortest", "longest"],
)
async def test_who_made_the_call_id_waits_longer_after_reinvites_that_met(
    agents: Agents,
    monkeypatch: pytest.MonkeyPatch,
    drawn: Callable[[int], int],
    ours: float,
    theirs: float,
) -> None:
    """2.1 to 4 s, and the other side up to 2 s (RFC 3261 §14.1)."""
    monkeypatch.setattr(modifying, "secrets", SimpleNamespace(randbelow=drawn))
    server, client = await agents("server", on_invite=answer), await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome() == 200
    (leg,) = server.calls.values()
    await asyncio.sleep(10)
    assert await asyncio.gather(call.reinvite(), leg.reinvite()) == [200, 200]
    assert times(client, "491 Request Pending (INVITE)") == [10]
    assert times(server, "491 Request Pending (INVITE)") == [10]
    assert times(client, "INVITE") == [0, 10, 10 + ours]
    assert times(server, "INVITE") == [10, 10 + theirs]
    assert await call.bye() == 200


async def test_a_call_that_ended_is_known_for_64_t1_more(agents: Agents) -> None:
    server, client = await agents("server", on_invite=answer), await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome() == 200
    await asyncio.sleep(10)
    assert await call.bye() == 200
    await asyncio.sleep(31.9)
    assert (len(client.calls), len(server.calls), len(server.stack.servers)) == (1, 1, 1)
    await asyncio.sleep(0.2)
    assert (client.calls, server.calls, len(server.stack.servers)) == ({}, {}, 0)
