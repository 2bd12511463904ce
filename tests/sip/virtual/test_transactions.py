"""Matching of transactions, against a peer that is scripted message by message."""

import asyncio

import pytest

from sfsip_nb.sip import Call, Credentials, Incoming
from sfsip_nb.sip.serving import Servers
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, uri


async def test_each_copy_of_a_refusal_is_acknowledged_alike_also_after_a_challenge(
    agents: Agents,
) -> None:
    """The second INVITE must not leak its branch into the ACK of the first (§17.1.1.3)."""

    raw = await RawPeer.udp_at()
    client = await agents("client", credentials=[Credentials("u", "p")])
    call = await client.invite(raw.uri())
    first = await raw.next("INVITE")
    asked = 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'
    raw.reply(first, 401, WWW_Authenticate=asked)
    acks = [await raw.next("ACK")]
    second = await raw.next("INVITE")
    assert second.headers["CSeq"] == "2 INVITE"
    raw.reply(first, 401, WWW_Authenticate=asked)  # The ACK was lost.
    acks.append(await raw.after("ACK", "INVITE"))
    assert bytes(acks[0]) == bytes(acks[1])
    assert acks[1].headers["Via"] == first.headers["Via"] != second.headers["Via"]
    raw.reply(second, 404)
    assert await call.outcome(2) == 404
    raw.close()


async def test_a_non_invite_is_answered_again_from_its_transaction(agents: Agents) -> None:
    asked: list[str] = []

    async def slow(incoming: Incoming) -> None:
        asked.append(incoming.method)
        await asyncio.sleep(0.05)
        await incoming.respond(200)

    server = await agents("server", on_request=slow)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    options = raw.request("OPTIONS", uri(server))
    raw.send(options)
    raw.send(options)
    first = await raw.next(200)
    raw.send(options)
    assert bytes(await raw.next(200)) == bytes(first)
    assert asked == ["OPTIONS"]
    raw.close()


async def test_a_request_that_comes_by_two_ways_is_merged(agents: Agents) -> None:
    server = await agents("server")
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    one = raw.request("OPTIONS", uri(server))
    other = raw.request("OPTIONS", uri(server))  # The same but for its branch.
    assert one.headers["Via"] != other.headers["Via"]
    raw.send(one)
    raw.send(other)
    codes = [(await raw.inbox.get()).code for _ in (one, other)]
    assert sorted(codes) == [200, 482]
    raw.close()


async def test_the_new_try_of_a_challenged_request_is_not_taken_for_a_loop(agents: Agents) -> None:
    """Some peers keep the CSeq when they add credentials, against RFC 3261 §8.1.3.5."""

    codes = iter((401, 200))

    async def ask(incoming: Incoming) -> None:
        await incoming.respond(next(codes))

    server = await agents("server", on_request=ask)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(raw.request("REGISTER", uri(server)))
    await raw.next(401)
    raw.send(raw.request("REGISTER", uri(server)))
    await raw.next(200)
    raw.close()


@pytest.mark.parametrize("asked", [True, False])
async def test_responses_go_where_the_request_came_from(agents: Agents, asked: bool) -> None:
    """With rport to the source port, without to the port of the Via (RFC 3581 §4)."""

    server = await agents("server")
    raw, other = await RawPeer.udp_at(), await RawPeer.udp_at()
    raw.target = server.address()
    options = raw.request("OPTIONS", uri(server))
    via = f"SIP/2.0/UDP private.test:{other.address[1]};branch=z9hG4bKx"
    options.headers.set("Via", via + (";rport" if asked else ""))
    raw.send(options)
    got = await (raw if asked else other).next(200)
    line = got.headers["Via"]
    assert ";received=127.0.0.1" in line
    assert (f";rport={raw.address[1]}" in line) == asked
    raw.close()
    other.close()


async def test_a_cancel_meets_its_invite_only_and_carries_its_tag(agents: Agents) -> None:
    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(5)

    server = await agents("server", on_invite=ring)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    invite = raw.request("INVITE", uri(server), body=SDP)
    raw.send(invite)
    await raw.next(100)
    ringing = await raw.next(180)
    stray = raw.request("CANCEL", uri(server))
    raw.send(stray)
    assert (await raw.next(481)).headers["CSeq"] == "1 CANCEL"
    cancel = raw.request("CANCEL", uri(server), Reason="SIP;cause=200")
    cancel.headers.set("Via", invite.headers["Via"])
    raw.send(cancel)
    done, ended = await raw.next(200), await raw.next(487)
    assert done.headers["To"] == ended.headers["To"] == ringing.headers["To"]
    raw.close()


def test_answered_transactions_are_forgotten_early_rather_than_without_end() -> None:
    class Quick:
        def __init__(self, key: str) -> None:
            self.key = self.origin = (key,)

        def end(self) -> None:
            servers.forget(self)  # type: ignore[arg-type]

    servers = Servers(limit=3)
    for index in range(3):
        made = Quick(str(index))
        assert servers.add(made)  # type: ignore[arg-type]
        if index < 2:
            servers.answered(made)  # type: ignore[arg-type]
    assert servers.add(Quick("3"))  # type: ignore[arg-type]
    assert servers.get(("0",)) is None
    assert servers.add(Quick("4"))  # type: ignore[arg-type]
    assert not servers.add(Quick("5"))  # type: ignore[arg-type]
    assert len(servers) == 3


async def test_what_is_no_status_code_is_dropped(agents: Agents) -> None:
    raw = await RawPeer.udp_at()
    client = await agents("client")
    asking = asyncio.create_task(client.request("OPTIONS", raw.uri()))
    options = await raw.next("OPTIONS")
    raw.reply(options, 999)
    raw.reply(options, 299)
    got = await asking
    assert got is not None
    assert got.code == 299
    raw.close()
