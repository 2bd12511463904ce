"""SIPp calls our agent: what a calling side may do, right and wrong, and how we serve it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sipmessage import Response

from sfsip_nb.sip import Call, DigestGuard, Incoming, Transport, UserAgent
from tests.sip.peers.sipp import (
    CALLED,
    DIGITS,
    INVITE,
    SDP,
    keep,
    optional,
    pause,
    press,
    recv,
    reply,
    request,
    shows,
    sipp,
)
from tests.sip.siptools import Agents, heard, until

ACK, BYE = request("ACK"), request("BYE", 2)
TALK = (INVITE, optional(100, 180), recv(200), ACK, pause(300), BYE, recv(200))

Serving = Callable[[Call], Awaitable[None]]


class Server:
    """Our agent as the called side, and what SIPp found."""

    def __init__(self, agents: Agents, folder: Path) -> None:
        self._agents, self._folder = agents, folder
        self.calls: list[Call] = []

    async def __call__(
        self,
        *steps: str,
        on_invite: Serving | None = None,
        transport: Transport = "udp",
        then: Callable[[UserAgent], Awaitable[None]] | None = None,
        calls: int = 1,
        options: tuple[str, ...] = (),
        **agent: Any,
    ) -> None:
        """Let SIPp play its scenario against us; `then` runs when it has ended.

        `{target}` in an option stands for our address and port.
        """

        async def taken(call: Call) -> None:
            self.calls.append(call)
            await (on_invite or answered)(call)

        ours = await self._agents("server", **{"t1": 2.0, "on_invite": taken, **agent})
        ip, port = ours.address(transport)
        target = f"{ip}:{port}"
        with sipp(
            self._folder,
            *steps,
            target=target,
            transport=transport,
            calls=calls,
            options=("-s", "+15551230001", *(option.format(target=target) for option in options)),
        ) as client:
            await client.judged(40)
        if then is not None:
            await then(ours)


@pytest.fixture
def serve(agents: Agents, tmp_path: Path) -> Server:
    return Server(agents, tmp_path)


async def answered(call: Call) -> None:
    """Ring, answer, speak until the caller hangs up."""
    await call.ring()
    if await call.answer():
        assert call.audio is not None
        call.audio.play(1004)
        await call.wait_ended(10)


def codes(call: Call, direction: str, method: str) -> list[int]:
    """Codes of the responses to a method, in order, copies included."""
    seen = [entry.message for entry in call.trace if entry.direction == direction]
    responses = [message for message in seen if isinstance(message, Response)]
    return [r.code for r in responses if (r.headers.get("CSeq") or "").endswith(method)]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_ordinary_call_hears_its_echo(serve: Server, transport: Transport) -> None:
    async def echoed(call: Call) -> None:
        await answered(call)
        assert call.audio is not None
        assert await call.audio.heard(1004, 0.1)

    await serve(*TALK, on_invite=echoed, transport=transport)
    (call,) = serve.calls
    assert (call.user, call.caller) == ("+15551230001", "sipp")
    assert (call.state, call.ended_by, call.retransmitted_200) == ("ended", "remote", 0)


async def test_two_hundred_calls_at_fifty_a_second_all_succeed(serve: Server) -> None:
    short = (INVITE, optional(100, 180), recv(200), ACK, pause(100), BYE, recv(200))

    async def none_left(agent: UserAgent) -> None:
        assert all(call.ended_by == "remote" for call in serve.calls)

    await serve(*short, calls=200, options=("-r", "50"), then=none_left)
    assert len(serve.calls) == 200


async def test_a_copy_of_an_invite_is_answered_again_and_begins_no_second_call(
    serve: Server,
) -> None:
    """The caller heard no 100 (RFC 3261 §17.2.1)."""
    again = request("INVITE", body=SDP, to=CALLED, branch="z9hG4bKagain[call_number]", retrans=0)

    async def slow(call: Call) -> None:
        await asyncio.sleep(0.2)
        await answered(call)

    await serve(
        *(again, recv(100)) * 2,
        optional(180),
        *TALK[2:],
        on_invite=slow,
        options=("-nr",),  # SIPp would take the second 100 for a copy of the first.
    )
    (call,) = serve.calls
    assert codes(call, "sent", "INVITE")[:2] == [100, 100]


async def test_a_caller_who_gives_up_gets_487(serve: Server) -> None:
    branch = "z9hG4bKcancel[call_number]"

    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(10)

    await serve(
        request("INVITE", body=SDP, to=CALLED, branch=branch),
        optional(100),
        recv(180, keep("To", "to")),
        request("CANCEL", 1, "Reason: SIP;cause=200", to=CALLED, branch=branch),
        recv(200),
        recv(487),
        request("ACK", branch=branch),
        on_invite=ring,
    )
    (call,) = serve.calls
    assert (call.code, call.ended_by, call.codes) == (487, "remote", [180, 487])
    assert call.end_reason == "SIP;cause=200"


@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays its recordings by a raw socket, as root")
async def test_the_callers_digits_are_understood(serve: Server) -> None:
    """An IVR asks for digits."""

    async def ask(call: Call) -> None:
        assert await call.answer()
        assert call.audio is not None
        await until(lambda: call.audio and call.audio.receiver.digits == "25")
        await call.bye()

    await serve(
        request("INVITE", body=DIGITS, to=CALLED),
        optional(100, 180),
        recv(200),
        ACK,
        pause(100),
        press("2"),
        pause(400),
        press("5"),  # Its recording is the later part of the same stream.
        recv("BYE"),
        reply(200, "OK", tag=""),
        on_invite=ask,
    )
    (call,) = serve.calls
    assert call.audio is not None
    assert (call.audio.receiver.digits, call.ended_by) == ("25", "local")


async def test_an_invite_without_an_offer_gets_ours_and_a_later_one_too(serve: Server) -> None:
    """The answer comes in the ACK (RFC 3261 §13.2.1, §14.2)."""
    offer = shows("m=audio [0-9]+ RTP/AVP 0")

    async def echoed(call: Call) -> None:
        assert await call.answer()
        assert call.audio is not None
        call.audio.play(1004)
        assert await call.audio.heard(1004, 10)
        await until(lambda: heard(call, "INVITE") == 2)
        assert await call.wait_ended(10)

    await serve(
        request("INVITE", to=CALLED),
        optional(100, 180),
        recv(200, offer),
        request("ACK", body=SDP),
        pause(400),
        request("INVITE", 2),
        optional(100),
        recv(200, offer),
        request("ACK", 2, body=SDP),
        pause(100),
        request("BYE", 3),
        recv(200),
        on_invite=echoed,
    )


async def test_a_caller_who_requires_it_gets_reliable_provisionals(serve: Server) -> None:
    """RFC 3262: 180 goes out again and again until its PRACK."""

    async def ring(call: Call) -> None:
        await call.ring()
        assert await call.answer()
        await call.wait_ended(10)

    await serve(
        request("INVITE", 1, "Require: 100rel", body=SDP, to=CALLED),
        optional(100),
        recv(180, keep("RSeq", "rseq")),
        pause(250),
        request("PRACK", 2, "RAck:[$rseq] 1 INVITE"),
        recv(200),
        recv(200),
        request("ACK"),
        request("BYE", 3),
        recv(200),
        on_invite=ring,
        t1=0.1,
    )
    (call,) = serve.calls
    assert codes(call, "sent", "INVITE").count(180) > 1


async def test_a_cancel_of_nothing_is_told_so(serve: Server) -> None:
    await serve(request("CANCEL", to=CALLED), recv(481))
    assert serve.calls == []


async def test_a_bye_before_the_ack_ends_the_call(serve: Server) -> None:
    async def quiet(agent: UserAgent) -> None:
        (call,) = serve.calls
        count = codes(call, "sent", "INVITE").count(200)
        await asyncio.sleep(0.5)
        assert codes(call, "sent", "INVITE").count(200) == count

    await serve(INVITE, optional(100, 180), recv(200), BYE, recv(200), then=quiet, t1=0.1)
    (call,) = serve.calls
    assert (call.state, call.ended_by) == ("ended", "remote")


async def test_a_caller_who_never_acknowledges_is_hung_up(serve: Server) -> None:
    await serve(
        INVITE,
        optional(100, 180),
        recv(200),
        recv("BYE", keep("Reason", "reason", pattern="SIP;cause=408.*")),
        reply(200, "OK", tag=""),
        t1=0.02,
    )
    (call,) = serve.calls
    assert (call.state, call.ended_by) == ("ended", "timeout")
    # T1 doubles up to 8 T1 and all of it takes 64 T1 (RFC 3261 §13.3.1.4).
    assert 9 <= call.retransmitted_200 <= 11


async def test_an_old_cseq_is_refused_and_the_call_goes_on(serve: Server) -> None:
    await serve(
        request("INVITE", 5, body=SDP, to=CALLED),
        optional(100, 180),
        recv(200),
        request("ACK", 5),
        request("INFO", 4),
        recv(500),
        request("BYE", 6),
        recv(200),
    )
    (call,) = serve.calls
    assert (call.state, call.ended_by) == ("ended", "remote")


async def test_a_method_that_nobody_knows_is_refused_with_those_we_do(serve: Server) -> None:
    allow = keep("Allow", "allow", pattern="INVITE")

    async def alive(agent: UserAgent) -> None:
        assert (await agent.request("OPTIONS", "sip:{}:{}".format(*agent.address()))) is not None

    await serve(request("JUGGLE", to=CALLED), recv(501, allow), then=alive)
    await serve(
        INVITE,
        optional(100, 180),
        recv(200),
        ACK,
        request("JUGGLE", 2),
        recv(501, allow),
        request("BYE", 3),
        recv(200),
    )


async def test_a_request_in_no_dialog_meets_481(serve: Server) -> None:
    await serve(request("BYE", to=CALLED + ";tag=never"), recv(481))


@pytest.mark.parametrize(
    ("password", "uri", "reason"),
    [
        ("secretsecret", "+15551230001@", ""),
        ("wrong", "+15551230001@", "response"),
        ("secretsecret", "", "uri"),  # what SIPp does of itself: it leaves the user away
    ],
)
async def test_a_caller_logs_in_by_digest(
    serve: Server, password: str, uri: str, reason: str
) -> None:
    """SIPp answers MD5 only."""
    guard = DigestGuard("lab", {"acme": "secretsecret"}.get, algorithms=("MD5",), proxy=True)
    reasons: list[str] = []

    async def guarded(call: Call) -> None:
        login = guard.check(call.invite)
        reasons.append(login.reason)
        if login.ok:
            await answered(call)
        elif login.reason == "missing":
            await call.reject(guard.code, guard.phrase, guard.challenge())
        else:
            await call.reject(403, "Forbidden")

    secret = f"[authentication username=acme password={password}]"
    passed = (optional(100, 180), recv(200), request("ACK", 2), request("BYE", 3), recv(200))
    failed = (optional(100), recv(403), request("ACK", 2))
    await serve(
        INVITE,
        optional(100),
        recv(407, auth=True),
        ACK,
        request("INVITE", 2, secret, body=SDP, to=CALLED),
        *(failed if reason else passed),
        on_invite=guarded,
        options=("-auth_uri", uri + "{target}"),
    )
    assert reasons == ["missing", reason]


async def test_a_flood_of_options_is_answered_to_the_last(serve: Server) -> None:
    served = 0

    async def counted(incoming: Incoming) -> None:
        nonlocal served
        served += 1
        await incoming.respond(200)

    options = ("-r", "2000", "-l", "64")
    await serve(
        request("OPTIONS", to=CALLED),
        recv(200),
        calls=2000,
        options=options,
        on_request=counted,
    )
    assert served == 2000
