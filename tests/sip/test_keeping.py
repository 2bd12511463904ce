"""What is kept alive: sessions with a timer, transfers that are reported."""

import asyncio

import pytest

from sfsip_nb.sip import Call
from sfsip_nb.sip.session_timer import brief
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until, uri

# Sessions with a timer (RFC 4028)


async def called(raw: RawPeer, server: str, **headers: str) -> object:
    raw.send(raw.request("INVITE", server, body=SDP, **headers))
    await raw.next(100)
    taken = await raw.next(200)
    raw.send(raw.inside(taken, "ACK", number=1))
    return taken


async def test_the_called_side_refreshes_where_it_is_asked_to(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        await call.answer()

    server = await agents("server", on_invite=answer)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    taken = await called(
        raw,
        uri(server),
        Session_Expires="2;refresher=uas",
        Supported="timer",
        Allow="INVITE, UPDATE",
    )
    assert taken.headers["Session-Expires"] == "2;refresher=uas"  # type: ignore[attr-defined]
    for _ in range(2):
        update = await raw.next("UPDATE")
        assert update.headers["Session-Expires"] == "2;refresher=uac"
        raw.reply(update, 200, Session_Expires="2;refresher=uac", Require="timer")
    raw.close()


async def test_a_session_that_the_peer_does_not_refresh_is_ended(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()

    server = await agents("server", on_invite=answer)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    taken = await called(raw, uri(server), Session_Expires="1", Supported="timer")
    assert taken.headers["Session-Expires"] == "1;refresher=uac"  # type: ignore[attr-defined]
    assert taken.headers["Require"] == "timer"  # type: ignore[attr-defined]
    # A refresh in time gives another interval.
    raw.send(raw.inside(taken, "UPDATE", number=2, Session_Expires="1", Supported="timer"))  # type: ignore[arg-type]
    assert (await raw.after(200)).headers["Session-Expires"] == "1;refresher=uac"
    bye = await raw.next("BYE")
    assert "session timer" in bye.headers["Reason"]
    raw.reply(bye, 200)
    await until(lambda: legs[0].bye_code == 200)
    raw.close()


async def test_the_caller_refreshes_by_reinvite_where_the_peer_knows_no_update(
    agents: Agents,
) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    assert "timer" in invite.headers["Supported"]
    timer = {"Session_Expires": "2;refresher=uac", "Require": "timer"}
    raw.reply(invite, 200, body=SDP, **timer)
    await raw.next("ACK")
    again = await raw.next("INVITE")
    assert again.headers["Session-Expires"] == "2;refresher=uac"
    raw.reply(again, 200, body=SDP, **timer)
    await raw.next("ACK")
    assert await call.outcome(1) == 200
    assert call.state == "answered"
    raw.close()


async def test_a_longer_interval_is_taken_where_the_peer_wants_one(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri(), headers=brief())
    invite = await raw.next("INVITE")
    assert invite.headers["Session-Expires"] == "90;refresher=uac"
    raw.reply(invite, 422, Min_SE="180")
    await raw.next("ACK")
    again = await raw.next("INVITE")
    assert (again.headers["Session-Expires"], again.headers["Min-SE"]) == (
        "180;refresher=uac",
        "180",
    )
    raw.reply(again, 422, Min_SE="180")  # it does not take what it asked for
    await raw.next("ACK")
    assert await call.outcome(5) == 422
    raw.close()


# Transfers


@pytest.mark.parametrize(
    ("event", "kind", "body", "state", "seen"),
    [
        ("refer", "message/sipfrag;version=2.0", b"SIP/2.0 200 OK\r\n", "terminated", 200),
        (
            "refer;id={id}",
            "message/sipfrag",
            b"SIP/2.0 200 OK",
            "terminated;reason=noresource",
            200,
        ),
        ("Refer", "message/sipfrag", b"SIP/2.0 603", "active;expires=60", 603),
        ("refer", "", b"", "terminated;reason=timeout", 0),
    ],
)
async def test_reports_of_a_transfer_are_taken_in_every_legal_form(
    agents: Agents, event: str, kind: str, body: bytes, state: str, seen: int
) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    raw.reply(invite, 200, body=SDP)
    await raw.next("ACK")
    assert await call.outcome(5) == 200
    asking = asyncio.create_task(call.refer("sip:x@y.test", timeout=5))
    refer = await raw.next("REFER")
    number = refer.headers["CSeq"].split()[0]
    notify = raw.within(
        invite,
        "NOTIFY",
        number=1,
        Event=event.format(id=number),
        Subscription_State=state,
    )
    if body:
        notify.body = body
        notify.headers.set("Content-Type", kind)
        notify.headers.set("Content-Length", str(len(body)))
    raw.send(notify)  # Before the 202, which is legal.
    await raw.next(200)
    raw.reply(refer, 202)
    result = await asking
    assert (result.accepted_code, result.final_code, result.terminated) == (202, seen, True)
    raw.close()


async def test_two_transfers_of_one_call_are_told_apart_by_their_id(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    raw.reply(invite, 200, body=SDP)
    await raw.next("ACK")
    await call.outcome(5)
    asking = [asyncio.create_task(call.refer(f"sip:{n}@y.test", timeout=5)) for n in (1, 2)]
    refers = [await raw.next("REFER") for _ in asking]
    for number, (refer, code) in enumerate(zip(refers, (486, 200), strict=True), 1):
        raw.reply(refer, 202)
        identity = refer.headers["CSeq"].split()[0]
        notify = raw.within(
            invite,
            "NOTIFY",
            number=number,
            Event=f"refer;id={identity}",
            Subscription_State="terminated",
            Content_Type="message/sipfrag",
        )
        notify.body = f"SIP/2.0 {code} x".encode()
        notify.headers.set("Content-Length", str(len(notify.body)))
        raw.send(notify)
        await raw.next(200)
    assert [(await result).final_code for result in asking] == [486, 200]
    raw.close()
