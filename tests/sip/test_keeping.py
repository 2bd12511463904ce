"""What is kept alive: registrations, sessions with a timer, transfers that are reported."""

import asyncio

import pytest

from sfsip_nb.sip import Call, Credentials, DigestGuard, Incoming, Referral, Registration
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until, uri

AOR = "sip:u@lab.test"


class Registrar:
    """Binds for `grant` seconds, guards the door and remembers what it was asked."""

    def __init__(self, grant: int) -> None:
        self.grant = grant
        self.guard = DigestGuard("lab", {"u": "p"})
        self.asked: list[Incoming] = []
        self.bound = ""

    async def __call__(self, incoming: Incoming) -> None:
        self.asked.append(incoming)
        login = self.guard.check(incoming.request)
        if not login.ok:
            return await incoming.respond(401, headers=self.guard.challenge(login.stale))
        contact = incoming.header("Contact")
        if int(incoming.header("Expires")) == 0:
            self.bound = ""
            return await incoming.respond(200)
        self.bound = contact
        others = f"<sip:other@192.0.2.1>;expires=9999, {contact};expires={self.grant}"
        await incoming.respond(200, headers={"Contact": others, "Expires": "7777"})


async def test_a_registration_is_refreshed_as_granted_and_removed_at_the_end(
    agents: Agents,
) -> None:
    registrar = Registrar(grant=1)
    server, client = await agents("server", on_request=registrar), await agents("client")
    asked = {"aor": AOR, "credentials": [Credentials("u", "p")], "expires": 600}
    async with client.keep_registered(uri(server, ""), **asked) as kept:
        assert (kept.code, kept.expires, kept.refreshes) == (200, 1, 0)
        assert kept.registered_at is not None
        first = kept.registered_at
        assert registrar.bound.startswith("<sip:u@127.0.0.1:")
        await until(lambda: kept.refreshes == 1, 5)
        assert kept.registered_at > first
    assert registrar.bound == ""
    assert kept.expires == 0
    # One Call-ID, rising CSeq; challenged once, then the nonce is counted up.
    assert len({i.header("Call-ID") for i in registrar.asked}) == 1
    numbers = [int(i.header("CSeq").split()[0]) for i in registrar.asked]
    assert numbers == sorted(set(numbers))
    logins = [i.header("Authorization") for i in registrar.asked]
    assert logins[0] == ""
    assert [f"nc={n:08x}" in login for n, login in enumerate(logins[1:], 1)] == [True] * 3


async def test_a_registrar_that_wants_longer_intervals_gets_them(agents: Agents) -> None:
    wanted: list[str] = []

    async def strict(incoming: Incoming) -> None:
        wanted.append(incoming.header("Expires"))
        if wanted[-1] not in ("0", "600"):
            return await incoming.respond(423, headers={"Min-Expires": "600"})
        await incoming.respond(200, headers={"Contact": incoming.header("Contact")})

    server, client = await agents("server", on_request=strict), await agents("client")
    kept = client.keep_registered(uri(server, ""), aor=AOR, expires=60)
    assert await kept.start() == 200
    assert kept.expires == 600
    assert await kept.stop() == 200
    assert wanted == ["60", "600", "0"]


async def test_a_refused_registration_is_not_tried_again_and_a_failed_one_is(
    agents: Agents,
) -> None:
    registrar = Registrar(grant=60)
    server = await agents("server", on_request=registrar)
    client = await agents("client", t1=0.001)
    wrong = [Credentials("u", "wrong")]
    kept = client.keep_registered(uri(server, ""), aor=AOR, credentials=wrong)
    assert await kept.start() == 401
    await asyncio.sleep(0.2)
    assert len(registrar.asked) == 2
    assert await kept.stop() == 401

    nowhere: Registration = client.keep_registered("sip:127.0.0.1:1;transport=tcp", aor=AOR)
    assert await nowhere.start() == 0
    assert isinstance(nowhere.failure, ConnectionRefusedError)
    codes = iter((503, 500, 200, 200))

    async def failing(incoming: Incoming) -> None:
        await incoming.respond(next(codes))

    server.on_request = failing
    again = client.keep_registered(uri(server, ""), aor=AOR, expires=60)
    assert await again.start() == 503
    await until(lambda: again.code == 200)
    assert again.expires == 60
    await again.stop()
    await nowhere.stop()


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


async def test_an_attended_transfer_names_the_call_to_be_replaced(agents: Agents) -> None:
    asked: list[Referral] = []
    far: list[Call] = []

    async def answer(call: Call) -> None:
        async def take(referral: Referral) -> None:
            asked.append(referral)
            await referral.accept()
            await referral.notify(200)

        far.append(call)
        call.on_refer = take
        await call.answer()

    server, client = await agents("server", on_invite=answer), await agents("client")
    first, second = await client.invite(uri(server)), await client.invite(uri(server, "bob"))
    assert (await first.outcome(5), await second.outcome(5)) == (200, 200)
    result = await first.refer(second.replacing())
    assert result.final_code == 200
    assert asked[0].target == second.dialog.target  # type: ignore[union-attr]
    call_id, *tags = asked[0].headers["Replaces"].split(";")
    assert call_id == second.call_id
    # As the far end of that call knows it: its own tag, then ours (RFC 3891 §3).
    assert tags == [f"to-tag={far[1].local_tag}", f"from-tag={second.local_tag}"]
    await first.bye()
    await second.bye()
