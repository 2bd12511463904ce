"""How calls begin and end: forks, routes, early dialogs, delayed offers, what is refused."""

import asyncio
from typing import Any

import pytest

from sfsip_nb.sip import Call, bridge
from sfsip_nb.sip.agent import MAX_CALLS
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until, uri


async def test_of_two_phones_that_answer_one_is_hung_up(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    raw.reply(invite, 180, tag="one")
    raw.reply(invite, 180, tag="two")
    raw.reply(invite, 200, tag="two", body=SDP)
    assert "tag=two" in (await raw.next("ACK")).headers["To"]
    raw.reply(invite, 200, tag="one", body=SDP)
    lost = await raw.next("ACK")
    assert "tag=one" in lost.headers["To"]
    bye = await raw.next("BYE")
    assert "tag=one" in bye.headers["To"]
    raw.reply(invite, 200, tag="one", body=SDP)  # Its ACK was lost: no second BYE.
    assert bytes(await raw.next("ACK")) == bytes(lost)
    raw.reply(bye, 200)
    assert await call.outcome(5) == 200
    assert call.state == "answered"
    asking = asyncio.create_task(call.bye())
    kept = await raw.next("BYE")
    assert "tag=two" in kept.headers["To"]
    raw.reply(kept, 200)
    assert await asking == 200
    raw.close()


async def test_the_route_of_the_200_counts_and_a_strict_router_gets_its_own_uri(
    agents: Agents,
) -> None:
    raw, proxy = await RawPeer.udp_at(), await RawPeer.udp_at()
    client = await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    raw.reply(invite, 180, Record_Route="<sip:old.test;lr>")
    # From the far end to ours: the last one is the first that we meet, and it is strict.
    routes = ["<sip:far.test;lr>", f"<{proxy.uri('')}>".replace("@", "")]
    raw.reply(invite, 200, body=SDP, Record_Route=routes, Contact="<sip:x@inside.test:5070>")
    ack = await proxy.next("ACK")
    assert str(ack.uri) == proxy.uri("").replace("@", "")
    assert ack.headers.getlist("Route") == ["<sip:far.test;lr>", "<sip:x@inside.test:5070>"]
    assert await call.outcome(5) == 200
    asking = asyncio.create_task(call.bye())
    bye = await proxy.next("BYE")
    assert bye.headers.getlist("Route") == ack.headers.getlist("Route")
    proxy.reply(bye, 200)
    assert await asking == 200
    raw.close()
    proxy.close()


async def test_a_caller_that_ends_a_ringing_call_by_bye_is_understood(agents: Agents) -> None:
    legs: list[Call] = []

    async def ring(call: Call) -> None:
        legs.append(call)
        await call.ring()

    server = await agents("server", on_invite=ring)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    raw.send(raw.request("INVITE", uri(server), body=SDP))
    await raw.next(100)
    ringing = await raw.next(180)
    raw.send(raw.inside(ringing, "INVITE", number=2, body=SDP))
    again = await raw.next(500)  # Not while the first is open (RFC 3261 §14.2).
    assert 0 <= int(again.headers["Retry-After"]) <= 10
    raw.send(raw.inside(ringing, "BYE", number=3))
    assert (await raw.next(200)).headers["CSeq"] == "3 BYE"
    assert (await raw.next(487)).headers["CSeq"] == "1 INVITE"
    assert (legs[0].state, legs[0].code, legs[0].ended_by) == ("failed", 487, "remote")
    raw.close()


async def test_a_bye_that_overtakes_the_200_ends_the_call(agents: Agents) -> None:
    raw, client = await RawPeer.udp_at(), await agents("client")
    call = await client.invite(raw.uri())
    invite = await raw.next("INVITE")
    raw.reply(invite, 180)
    await call.ringing.wait()
    raw.send(raw.within(invite, "BYE", number=1))
    await raw.next(200)
    assert await call.outcome(5) == 487
    raw.reply(invite, 200, body=SDP)  # It is acknowledged all the same, and hung up.
    await raw.next("ACK")
    raw.reply(await raw.next("BYE"), 481)
    raw.close()


async def test_headers_of_the_application_travel_both_ways(agents: Agents) -> None:
    legs: list[Call] = []
    uui = "56a390f3d2b7310023a;encoding=hex;purpose=isdn-uui"

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer(headers={"X-Back": "two", "User-to-User": uui})

    server, client = await agents("server", on_invite=answer), await agents("client")
    call = await client.invite(uri(server), headers={"User-to-User": uui, "X-There": "one"})
    assert await call.outcome(5) == 200
    assert (legs[0].header("User-to-User"), legs[0].header("x-there")) == (uui, "one")
    assert (call.header("User-to-User"), call.header("X-Back")) == (uui, "two")
    await call.bye()


MULTIPART = (
    b"--cut\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n"
    b"--cut\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--cut--\r\n"
)


@pytest.mark.parametrize(
    ("change", "body", "code", "said"),
    [
        ({"Require": "100rel, nothing, other"}, SDP, 420, ("Unsupported", "nothing, other")),
        ({"Content_Type": "text/plain"}, b"hello", 415, ("Accept", "application/sdp")),
        ({"Content_Encoding": "gzip"}, b"x", 415, ("Accept-Encoding", "identity")),
        ({"CSeq": "1 OPTIONS"}, SDP, 400, ("Warning", "399 ")),
        ({"Accept": "text/html"}, SDP, 406, ("Accept", "application/sdp")),
        ({"Content_Type": "multipart/mixed;boundary=cut"}, MULTIPART, 200, ("CSeq", "1 INVITE")),
        (
            {"Content_Type": "x/y", "Content_Disposition": "render;handling=optional"},
            b"x",
            200,
            ("CSeq", "1 INVITE"),
        ),
        ({"Max_Forwards": "0"}, SDP, 200, ("CSeq", "1 INVITE")),
    ],
)
async def test_what_an_invite_may_demand(
    agents: Agents,
    change: dict[str, Any],
    body: bytes,
    code: int,
    said: tuple[str, str],
) -> None:
    async def answer(call: Call) -> None:
        await call.answer()

    server = await agents("server", on_invite=answer)
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    invite = raw.request("INVITE", uri(server))
    invite.body = body
    invite.headers.set("Content-Length", str(len(body)))
    for name, value in ({"Content_Type": "application/sdp"} | change).items():
        invite.headers.set(name.replace("_", "-"), value)
    raw.send(invite)
    got = await raw.after(code, 100)
    assert got.headers[said[0]].startswith(said[1])
    raw.close()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"OPTIONS sip:x@127.0.0.1 SIP/3.0", 505),
        (b"OPTIONS http://x.test/ SIP/2.0", 416),
        (b"OPTIONS tel:+15551230001 SIP/2.0", 200),
        (b"JUGGLE sip:x@127.0.0.1 SIP/2.0", 501),
        (b"MESSAGE sip:x@127.0.0.1 SIP/2.0", 405),
    ],
)
async def test_what_a_server_refuses_on_sight(agents: Agents, line: bytes, code: int) -> None:
    server = await agents("server")
    raw = await RawPeer.udp_at()
    raw.target = server.address()
    method = line.split()[0].decode()
    data = bytes(raw.request(method, "sip:x@127.0.0.1"))
    raw.send(line + data[data.index(b"\r\n") :])
    got = await raw.next(code)
    if code in (405, 501):
        assert "INVITE" in got.headers["Allow"]
    raw.close()


async def test_more_calls_than_can_be_held_are_refused(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        await call.answer()

    server = await agents("server", on_invite=answer)
    server.calls.update({("x", str(n)): None for n in range(MAX_CALLS)})  # type: ignore[misc]
    client = await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome(5) == 503
    assert call.header("Retry-After") == "30"
    server.calls.clear()


async def test_refused_calls_leave_nothing_behind(agents: Agents) -> None:
    server, client = await agents("server"), await agents("client")
    for _ in range(5):
        assert await (await client.invite(uri(server))).outcome(5) == 480
    await until(lambda: not server.calls and not client.calls)


@pytest.mark.parametrize("who", ["caller", "callee", "both"])
async def test_joined_legs_end_together_whoever_hangs_up_first(agents: Agents, who: str) -> None:
    """Also in the instant of the answer, when one leg does not know yet of the other."""

    joined: list[Call] = []
    far: list[Call] = []

    async def speak(call: Call) -> None:
        far.append(call)
        await call.answer()
        if who != "caller":
            await call.bye()

    server = await agents("server", on_invite=speak)

    async def edge(call: Call) -> None:
        joined.extend([call, await middle.invite(uri(server))])
        await bridge(*joined)

    middle = await agents("edge", on_invite=edge)
    client = await agents("client")
    call = await client.invite(uri(middle))
    await call.outcome(5)
    if who != "callee":
        await call.hangup()
    for leg in (call, *joined, *far):
        assert await leg.wait_ended(5), leg
    assert all(leg.audio is None or not leg.audio._closers for leg in (*joined, *far))
