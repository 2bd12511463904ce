"""Transfers as the peer reports on them (RFC 3515)."""

import asyncio

import pytest

from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents


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
