"""Sessions with a timer, at their own intervals (RFC 4028 §7.2, §7.3 and §10)."""

import asyncio
from typing import Any

import pytest

from sfsip_nb.sip import Call, UserAgent
from sfsip_nb.sip.session_timer import brief
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until
from tests.sip.virtual.calling import answer, invited, standing, times
from tests.sip.virtual.world import here

TIMER = {"Session_Expires": "90;refresher=uac", "Require": "timer"}


async def refreshing(agents: Agents) -> tuple[RawPeer, UserAgent, Call, Any]:
    """A peer that has answered our call, which we refresh; our agent, its call, the INVITE."""
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri(), headers=brief())
    return raw, client, call, await standing(raw, call, Allow="INVITE, UPDATE", **TIMER)


@pytest.mark.parametrize("seconds", [90, 1800])
async def test_the_called_side_refreshes_at_half_of_the_interval(
    agents: Agents, seconds: int
) -> None:
    server, raw = await agents("server", on_invite=answer), await RawPeer.udp_at()
    taken = await invited(
        raw,
        server,
        Session_Expires=f"{seconds};refresher=uas",
        Supported="timer",
        Allow="INVITE, UPDATE",
    )
    raw.send(raw.inside(taken, "ACK", number=1))
    assert taken.headers["Session-Expires"] == f"{seconds};refresher=uas"
    for number in (1, 2, 3):
        update = await raw.next("UPDATE")
        assert here().time() == number * seconds / 2
        assert update.headers["Session-Expires"] == f"{seconds};refresher=uac"
        raw.reply(update, 200, Session_Expires=f"{seconds};refresher=uac", Require="timer")


async def test_the_caller_refreshes_by_reinvite_where_the_peer_knows_no_update(
    agents: Agents,
) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    assert "timer" in invite.headers["Supported"]
    for number in (1, 2, 3):
        raw.reply(invite, 200, body=SDP, Session_Expires="90;refresher=uac", Require="timer")
        await raw.next("ACK")
        invite = await raw.next("INVITE")
        assert here().time() == number * 45
        assert invite.headers["Session-Expires"] == "90;refresher=uac"
    assert call.state == "answered"


@pytest.mark.parametrize(("seconds", "last"), [(90, 60), (1800, 1768)])
async def test_a_session_that_the_peer_does_not_refresh_is_ended_shortly_before_its_end(
    agents: Agents, seconds: int, last: int
) -> None:
    server, raw = await agents("server", on_invite=answer), await RawPeer.udp_at()
    asked = {"Session_Expires": str(seconds), "Supported": "timer"}
    taken = await invited(raw, server, **asked)
    (leg,) = server.calls.values()
    assert taken.headers["Session-Expires"] == f"{seconds};refresher=uac"
    assert taken.headers["Require"] == "timer"
    raw.send(raw.inside(taken, "ACK", number=1))
    await asyncio.sleep(seconds / 2)  # A refresh in time gives another interval.
    raw.send(raw.inside(taken, "UPDATE", number=2, **asked))
    assert (await raw.next(200)).headers["Session-Expires"] == f"{seconds};refresher=uac"
    bye = await raw.next("BYE")
    assert here().time() == seconds / 2 + last
    assert "session timer" in bye.headers["Reason"]
    raw.reply(bye, 200)
    await until(lambda: leg.bye_code == 200)


@pytest.mark.parametrize("again", [200, 491])
async def test_a_refresh_that_is_refused_is_tried_once_more_and_the_call_then_ended(
    agents: Agents, again: int
) -> None:
    raw, client, _, _ = await refreshing(agents)
    raw.reply(await raw.next("UPDATE"), 491)
    update = await raw.next("UPDATE")
    assert times(client, "UPDATE") == [45, 52.5]
    raw.reply(update, again, **TIMER if again == 200 else {})
    if again == 200:
        await raw.next("UPDATE")
        assert here().time() == 52.5 + 45
    else:
        bye = await raw.next("BYE")
        assert here().time() == 60
        assert "session timer" in bye.headers["Reason"]
        raw.reply(bye, 200)


async def test_a_refresh_by_the_peer_takes_the_place_of_our_own_that_it_refused(
    agents: Agents,
) -> None:
    raw, client, _, invite = await refreshing(agents)
    update = await raw.next("UPDATE")
    raw.send(raw.within(invite, "UPDATE", number=1, Session_Expires="90", Supported="timer"))
    assert (await raw.next(200)).headers["Session-Expires"] == "90;refresher=uac"
    raw.reply(update, 491)
    await raw.next("BYE")
    assert (here().time(), times(client, "UPDATE")) == (45 + 60, [45])


async def test_a_longer_interval_is_taken_where_the_peer_wants_one(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri(), headers=brief())
    invite = await raw.next("INVITE")
    assert invite.headers["Session-Expires"] == "90;refresher=uac"
    raw.reply(invite, 422, Min_SE="180")
    await raw.next("ACK")
    again = await raw.next("INVITE")
    longer = ("180;refresher=uac", "180")
    assert (again.headers["Session-Expires"], again.headers["Min-SE"]) == longer
    raw.reply(again, 422, Min_SE="180")  # It does not take what it asked for.
    await raw.next("ACK")
    assert await call.outcome() == 422


async def test_a_timer_that_the_peer_gave_up_meanwhile_is_not_taken_up_again(
    agents: Agents,
) -> None:
    raw, client, call, invite = await refreshing(agents)
    update = await raw.next("UPDATE")
    raw.send(raw.within(invite, "UPDATE", number=1))
    assert (await raw.next(200)).headers.get("Session-Expires") is None
    raw.reply(update, 491)
    await asyncio.sleep(1000)
    assert (times(client, "UPDATE"), call.state) == ([45], "answered")
