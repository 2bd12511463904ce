"""Changes of a call that stands: re-INVITE, UPDATE, hold, reliable provisionals."""

import asyncio

import pytest

from sfsip_nb.sip import Call
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, heard, until, uri
from tests.sip.virtual.calling import called, standing


async def test_hold_and_resume_by_reinvite(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()

    server, client = await agents("server", on_invite=answer), await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome(5) == 200
    far = legs[0].audio
    assert call.audio is not None
    assert far is not None
    assert await call.reinvite("sendonly") == 200
    assert far.sender.held
    assert not call.audio.sender.held
    assert await call.reinvite("inactive") == 200
    assert call.audio.sender.held
    assert await call.reinvite() == 200
    assert not far.sender.held
    assert not call.audio.sender.held
    assert (heard(legs[0], "INVITE"), call.state) == (4, "answered")
    assert await legs[0].reinvite("sendonly") == 200  # From the called side too.
    assert call.audio.sender.held
    assert await call.reinvite() == 200  # Who is held cannot let himself go.
    assert (call.audio.sender.held, far.sender.held) == (True, False)
    assert await legs[0].reinvite() == 200
    assert not call.audio.sender.held
    assert await call.update() == 200
    assert heard(legs[0], "UPDATE") == 1
    assert await call.bye() == 200


async def test_the_old_hold_by_a_null_address_is_understood(agents: Agents) -> None:
    raw, taken, leg = await called(agents)
    held = SDP.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0")
    raw.send(raw.inside(taken, "INVITE", number=2, body=held))
    again = await raw.next(200)
    raw.send(raw.inside(taken, "ACK", number=2))
    assert b"a=recvonly" in again.body
    assert leg.audio is not None
    assert leg.audio.sender.held
    raw.close()


@pytest.mark.parametrize("code", [488, 500, 603])
async def test_a_refused_reinvite_leaves_the_call_as_it_was(agents: Agents, code: int) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    await standing(raw, call, Allow="INVITE, UPDATE")
    asking = asyncio.create_task(call.reinvite("sendonly"))
    raw.reply(await raw.next("INVITE"), code)
    await raw.next("ACK")
    assert await asking == code
    assert call.state == "answered"
    assert call.audio is not None
    assert not call.audio.sender.held
    raw.close()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("code", [481, 408])
async def test_a_dialog_that_the_peer_has_forgotten_is_ended(
    agents: Agents, method: str, code: int
) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    await standing(raw, call, Allow="INVITE, UPDATE")
    asking = asyncio.create_task(call.reinvite() if method == "INVITE" else call.update())
    raw.reply(await raw.next(method), code)
    if method == "INVITE":
        await raw.next("ACK")
    raw.reply(await raw.next("BYE"), 481)
    assert await asking == code
    assert call.state == "ended"
    raw.close()


async def test_a_lost_ack_of_a_reinvite_is_sent_for_each_copy_of_the_200(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    await standing(raw, call, Allow="INVITE, UPDATE")
    asking = asyncio.create_task(call.reinvite())
    again = await raw.next("INVITE")
    raw.reply(again, 200, body=SDP)
    first = await raw.next("ACK")
    raw.reply(again, 200, body=SDP)
    assert bytes(await raw.next("ACK")) == bytes(first)
    assert await asking == 200
    raw.close()


async def test_a_reinvite_without_an_offer_gets_one_and_its_ack_the_answer(agents: Agents) -> None:
    raw, taken, leg = await called(agents)
    raw.send(raw.inside(taken, "INVITE", number=2))
    offer = await raw.next(200)
    assert b"m=audio" in offer.body
    # A second offer may not come before the answer to this one (RFC 3264 §4).
    raw.send(raw.inside(taken, "UPDATE", number=3, body=SDP))
    await raw.after(491, 200)
    moved = SDP.replace(b"m=audio 9 ", b"m=audio 11 ")
    raw.send(raw.inside(taken, "ACK", number=2, body=moved))
    await until(lambda: leg.audio and leg.audio.destination == ("127.0.0.1", 11))
    raw.close()


async def test_an_update_moves_the_media_and_a_plain_one_the_contact(agents: Agents) -> None:
    (raw, taken, leg), other = await called(agents), await RawPeer.udp_at()
    held = SDP + b"a=sendonly\r\n"
    raw.send(raw.inside(taken, "UPDATE", number=2, body=held))
    assert b"a=recvonly" in (await raw.after(200)).body
    assert leg.audio is not None
    assert leg.audio.sender.held
    raw.send(raw.inside(taken, "UPDATE", number=3, Contact=f"<{other.uri()}>"))
    assert (await raw.next(200)).body == b""
    hanging_up = asyncio.create_task(leg.bye())
    bye = await other.next("BYE")
    assert str(bye.uri) == other.uri()
    other.reply(bye, 200)
    assert await hanging_up == 200
    raw.close()
    other.close()


async def test_other_requests_inside_a_call(agents: Agents) -> None:
    raw, taken, _ = await called(agents)
    answers = {
        ("INFO", ()): 200,
        ("INFO", (("Info_Package", "x"),)): 469,
        ("OPTIONS", ()): 200,
        ("NOTIFY", (("Event", "talk"),)): 489,
        ("NOTIFY", (("Event", "refer;id=7"),)): 481,
        ("PRACK", (("RAck", "1 1 INVITE"),)): 481,
        ("MESSAGE", ()): 405,
        ("JUGGLE", ()): 501,
        ("BYE", (("Require", "other, 100rel"),)): 420,
        ("UPDATE", (("Content_Encoding", "gzip"),)): 200,
    }
    for number, ((method, headers), code) in enumerate(answers.items(), 2):
        raw.send(raw.inside(taken, method, number=number, **dict(headers)))
        got = await raw.next(code)
        if code == 420:
            assert got.headers["Unsupported"] == "other"
    raw.send(raw.inside(taken, "OPTIONS", number=2))
    await raw.next(500)  # Its number is behind those that came.
    stranger = raw.inside(taken, "BYE", number=50, From="<sip:x@y>;tag=another")
    raw.send(stranger)
    await raw.next(481)
    raw.send(raw.inside(taken, "BYE", number=51))
    await raw.next(200)
    raw.send(raw.inside(taken, "BYE", number=52))
    await raw.next(200)  # Crossing BYEs are no fault of anybody.
    raw.send(raw.inside(taken, "INFO", number=53))
    await raw.next(481)
    raw.close()


async def test_reliable_provisionals_are_acknowledged_and_copies_dropped(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    assert "100rel" in invite.headers["Supported"]
    rel = {"Require": "100rel", "Record_Route": f"<{raw.uri()};lr>"}
    raw.reply(invite, 183, body=SDP, RSeq="7", **rel)
    prack = await raw.next("PRACK")
    assert prack.headers["RAck"] == "7 1 INVITE"
    assert prack.headers["CSeq"] == "2 PRACK"
    assert prack.headers["Route"] == f"<{raw.uri()};lr>"
    raw.reply(prack, 200)
    raw.reply(invite, 183, body=SDP, RSeq="7", **rel)  # A copy,
    raw.reply(invite, 180, RSeq="9", **rel)  # one out of order,
    raw.reply(invite, 180, RSeq="8", **rel)  # and the next.
    prack = await raw.next("PRACK")
    assert prack.headers["RAck"] == "8 1 INVITE"
    raw.reply(prack, 200)
    # What the 183 settled reliably need not be said again.
    raw.reply(invite, 200, Record_Route=f"<{raw.uri()};lr>")
    assert (await raw.next("ACK")).headers["CSeq"] == "1 ACK"
    assert await call.outcome(5) == 200
    assert call.codes == [183, 180, 200]
    hanging_up = asyncio.create_task(call.bye())
    bye = await raw.next("BYE")
    assert bye.headers["CSeq"] == "4 BYE"
    raw.reply(bye, 200)
    assert await hanging_up == 200
    raw.close()


async def test_an_offer_that_has_to_come_first_comes_in_the_reliable_provisional(
    agents: Agents,
) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.ring()
        assert await call.answer()

    server = await agents("server", on_invite=answer)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(raw.request("INVITE", uri(server), Require="100rel"))
    await raw.next(100)
    ringing = await raw.next(180)
    assert b"m=audio" in ringing.body
    rack = f"{ringing.headers['RSeq']} 1 INVITE"
    raw.send(raw.inside(ringing, "PRACK", number=2, body=SDP, RAck=rack))
    await raw.after(200, 180)
    taken = await raw.next(200)
    assert taken.body == b""
    raw.send(raw.inside(taken, "ACK", number=1))
    await until(lambda: legs[0].ack.is_set())
    assert legs[0].audio is not None
    assert legs[0].audio.destination == ("127.0.0.1", 9)
    raw.close()
