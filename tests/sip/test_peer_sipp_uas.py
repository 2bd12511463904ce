"""Our agent calls SIPp: what a called side may do, right and wrong, and what we make of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sipmessage import Request

from sfsip_nb.sip import Call, Credentials, Referral, Transport, fields
from tests.sip.peers.sipp import (
    AGAIN,
    DIGITS,
    ECHO,
    HANG_UP,
    INVITED,
    RING,
    SDP,
    TAKE,
    ask,
    keep,
    pause,
    recv,
    reply,
    send,
    shows,
    sipp,
)
from tests.sip.siptools import Agents, heard, until

Calling = Callable[[Call], Awaitable[None]]
Playing = Callable[..., Awaitable[None]]


@pytest.fixture
def calls(agents: Agents, tmp_path: Path) -> Playing:
    """`await calls(scenario, what_we_do)`: call a SIPp that plays a scenario; it is content."""

    async def play(
        *steps: str,
        do: Calling,
        t1: float = 2.0,
        transport: Transport = "udp",
        options: tuple[str, ...] = (),
        credentials: tuple[Credentials, ...] = (),
    ) -> None:
        client = await agents("client", t1=t1, credentials=credentials)
        with sipp(tmp_path, *steps, transport=transport, options=options) as server:
            await do(await client.invite(server.uri, from_="sip:caller@example.test"))
            await server.judged()

    return play


def sent(call: Call, method: str) -> list[Request]:
    """The requests of a method that we sent, copies included."""
    mine = [entry.message for entry in call.trace if entry.direction == "sent"]
    return [m for m in mine if isinstance(m, Request) and m.method == method]


def branch(request: Request) -> str:
    """The identifier of a request's transaction."""
    via = fields.top_via(request)
    assert via is not None
    return via.branch


async def short(call: Call) -> None:
    """Answered, then hung up."""
    assert await call.outcome(10) == 200
    assert await call.bye() == 200


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_ordinary_call(calls: Playing, transport: Transport) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert call.audio is not None
        call.audio.play(1004)
        assert await call.audio.heard(1004, 10)
        assert await call.bye() == 200
        assert call.codes == [180, 200]
        assert call.retransmitted_200 == 0

    await calls(*ECHO, do=do, transport=transport)


async def test_digits_come_back_as_an_echo(calls: Playing) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert call.audio is not None
        await call.audio.send_digits("07#")
        await until(lambda: call.audio and call.audio.receiver.digits == "07#")
        assert await call.bye() == 200

    await calls(
        recv("INVITE"), reply(200, "OK", body=DIGITS, retrans=AGAIN), recv("ACK"), *HANG_UP, do=do
    )


REFUSALS = {
    302: ("Moved Temporarily", "Contact", "<sip:elsewhere@127.0.0.1:9>"),
    404: ("Not Found", "Reason", 'Q.850;cause=1;text="Unallocated number"'),
    480: ("Temporarily Unavailable", "Retry-After", "120"),
    486: ("Busy Here", "Reason", "Q.850;cause=17"),
    488: ("Not Acceptable Here", "Warning", '305 lab "Incompatible media format"'),
    503: ("Service Unavailable", "Retry-After", "30"),
    603: ("Decline", "Reason", "Q.850;cause=21"),
}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal_is_acknowledged_and_says_its_reason(
    calls: Playing, code: int, transport: Transport
) -> None:
    phrase, name, value = REFUSALS[code]

    async def do(call: Call) -> None:
        assert await call.outcome(10) == code
        assert (call.state, call.ended_by, call.phrase) == ("failed", "remote", phrase)
        assert call.header(name) == value
        # A redirection is reported and not followed: where to is for a person to judge.
        (invite,), (ack,) = sent(call, "INVITE"), sent(call, "ACK")
        assert branch(ack) == branch(invite)
        assert str(ack.uri) == str(invite.uri)

    final = reply(code, phrase, f"{name}: {value}", contact="", retrans=AGAIN)
    await calls(
        recv("INVITE"), reply(100, "Trying", tag=""), final, recv("ACK"), do=do, transport=transport
    )


async def test_a_ringing_call_that_we_cancel_ends_with_487(calls: Playing) -> None:
    async def do(call: Call) -> None:
        await asyncio.wait_for(call.ringing.wait(), 10)
        await call.cancel('SIP;cause=200;text="Call completed elsewhere"')
        assert await call.outcome(10) == 487
        assert (call.codes, call.ended_by) == ([180, 487], "local")
        assert len(sent(call, "CANCEL")) == len(sent(call, "ACK")) == 1

    await calls(
        recv("INVITE", keep("Via", "via") + keep("CSeq", "seq")),
        RING,
        recv("CANCEL"),
        reply(200, "OK"),
        reply(487, "Request Terminated", via="Via:[$via]", cseq="CSeq:[$seq]", retrans=AGAIN),
        recv("ACK"),
        do=do,
    )


async def test_a_200_that_crosses_our_cancel_is_acknowledged_and_hung_up(
    calls: Playing,
) -> None:
    async def do(call: Call) -> None:
        await asyncio.wait_for(call.ringing.wait(), 10)
        await call.cancel()
        assert await call.outcome(10) == 487
        assert (call.state, call.ok) == ("failed", False)
        assert len(sent(call, "ACK")) == len(sent(call, "BYE")) == 1

    await calls(
        recv("INVITE", keep("Via", "via") + keep("CSeq", "seq")),
        RING,
        recv("CANCEL"),
        reply(200, "OK"),
        reply(200, "OK", body=SDP, via="Via:[$via]", cseq="CSeq:[$seq]", retrans=AGAIN),
        recv("ACK"),
        *HANG_UP,
        do=do,
    )


@pytest.mark.parametrize("heard", [100, 180])
async def test_a_peer_that_falls_silent_is_given_up_and_told_so(calls: Playing, heard: int) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(0.5) == 408
        assert (call.state, call.ended_by, call.codes) == ("failed", "timeout", [heard])
        await asyncio.sleep(0.3)
        # A provisional response ends the copies of INVITE (RFC 3261 §17.1.1.2), CANCEL is new.
        assert len(sent(call, "INVITE")) == 1
        assert len(sent(call, "CANCEL")) > 1

    tag = "" if heard == 100 else ";tag=silent"
    await calls(recv("INVITE"), reply(heard, tag=tag), recv("CANCEL"), do=do, t1=0.05)


async def test_an_invite_is_sent_again_until_a_slow_peer_answers(calls: Playing) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert len(sent(call, "INVITE")) > 2
        assert len({branch(invite) for invite in sent(call, "INVITE")}) == 1
        assert call.codes == [200]
        assert await call.bye() == 200

    await calls(recv("INVITE"), pause(600), TAKE, recv("ACK"), *HANG_UP, do=do, t1=0.05)


async def test_each_copy_of_a_200_gets_its_ack_again(calls: Playing) -> None:
    """The ACK was lost, or came late: to the peer that is the same (RFC 3261 §13.2.2.4)."""

    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        await until(lambda: call.retransmitted_200 == 3)
        acks = sent(call, "ACK")
        assert len(acks) == 4
        assert len({bytes(ack) for ack in acks}) == 1
        assert call.codes == [180, 200]
        assert await call.bye() == 200

    again = (reply(200, "OK", body=SDP, cseq="CSeq: 1 INVITE", via="Via:[$via]"), recv("ACK"))
    await calls(
        recv("INVITE", keep("Via", "via")),
        RING,
        TAKE,
        recv("ACK"),
        *again * 3,
        *HANG_UP,
        do=do,
        options=("-nr",),  # SIPp would take the copies of ACK for a matter of its transport.
    )


async def test_two_branches_of_a_fork_answer_and_the_second_is_hung_up(
    calls: Playing,
) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        await until(lambda: len(sent(call, "BYE")) == 1)
        assert fields.name_addr(sent(call, "BYE")[0].headers.get("To") or "").tag == "second"
        assert (call.state, call.retransmitted_200) == ("answered", 0)
        assert await call.bye() == 200
        tags = [fields.name_addr(bye.headers.get("To") or "").tag for bye in sent(call, "BYE")]
        assert tags == ["second", "first"]

    await calls(
        recv("INVITE", keep("Via", "via") + keep("To", "callee")),
        reply(200, "OK", body=SDP, tag=";tag=first"),
        recv("ACK"),
        '<nop><action><assignstr assign_to="to" value="To:[$callee];tag=second"/></action></nop>',
        reply(200, "OK", body=SDP, cseq="CSeq: 1 INVITE", via="Via:[$via]", to="[$to]", tag=""),
        recv("ACK"),
        *HANG_UP,
        *HANG_UP,
        do=do,
    )


MALFORMED = {
    "no SIP": (send("hello world"), "neither a request line nor a status line"),
    "no Via": (reply(183, via=""), "The Via header field is missing"),
    "no CSeq": (reply(183, cseq=""), "The CSeq header field is missing"),
    "another branch": (reply(486, via="Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKother"), ""),
    "another method in CSeq": (reply(486, cseq="CSeq: 1 BYE"), ""),
    "absurd CSeq": (reply(183, cseq="CSeq: 99999999999 INVITE"), "CSeq is not a number"),
    "cut body": (reply(183, length=5000), "Content-Length says 5000"),
    "folded": (reply(183, "Progress", "Subject: one\n\\x20 two\n\\x09three"), ""),
    "two From": (reply(183, "Progress", "[last_From:]"), "From appears 2 times"),
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_reply_is_named_and_the_right_one_still_counts(
    calls: Playing, kind: str
) -> None:
    malformed, fault = MALFORMED[kind]

    async def do(call: Call) -> None:
        assert await call.outcome(10) == 600
        bad = next(entry for entry in call.stack.transport.trace if entry.direction == "received")
        assert fault in " ".join(each.text for each in bad.faults)
        assert bool(bad.faults) == bool(fault)
        if kind == "folded":
            assert bad.message is not None
            assert bad.message.headers.get("Subject") == "one two three"

    final = reply(600, "Busy Everywhere", retrans=AGAIN)
    await calls(recv("INVITE"), malformed, pause(50), final, recv("ACK"), do=do)


async def test_a_final_response_without_via_still_ends_the_call(calls: Playing) -> None:
    """SIPp itself sends such a 487 where its scenario is careless about two Vias."""

    async def do(call: Call) -> None:
        assert await call.outcome(10) == 486
        assert len(sent(call, "ACK")) == 1

    await calls(recv("INVITE"), reply(486, "Busy Here", via=""), recv("ACK"), do=do)


async def test_early_media_is_heard_before_the_answer(calls: Playing) -> None:
    async def do(call: Call) -> None:
        assert call.audio is not None
        call.audio.play(1004)
        assert await call.audio.heard(1004, 10)
        assert (call.state, call.code, call.codes) == ("ringing", 0, [183])
        await short(call)

    early = reply(183, "Session Progress", body=SDP)
    await calls(recv("INVITE"), early, pause(800), TAKE, recv("ACK"), *HANG_UP, do=do)


async def test_a_reliable_provisional_response_is_confirmed_once(calls: Playing) -> None:
    """RFC 3262: each copy of it is answered by the one PRACK; here SIPp requires it."""

    async def do(call: Call) -> None:
        await short(call)
        assert call.codes == [183, 200]
        (prack,) = sent(call, "PRACK")
        assert prack.headers.get("RAck") == "7 1 INVITE"

    await calls(
        recv("INVITE", keep("Via", "via")),
        reply(183, "Session Progress", "Require: 100rel", "RSeq: 7", body=SDP, retrans=AGAIN),
        recv("PRACK"),
        reply(200, "OK", tag=""),
        reply(200, "OK", body=SDP, via="Via:[$via]", cseq="CSeq: 1 INVITE", retrans=AGAIN),
        recv("ACK"),
        *HANG_UP,
        do=do,
    )


@pytest.mark.parametrize("code", [200, 488])
async def test_our_hold_is_answered_and_a_refusal_leaves_the_call(
    calls: Playing, code: int
) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert await call.reinvite("sendonly") == code
        assert call.state == "answered"
        assert call.audio is not None
        call.audio.play(1004)
        assert await call.audio.heard(1004, 10)
        assert await call.bye() == 200
        assert len(sent(call, "ACK")) == 2

    again = reply(code, "Whatever", body=SDP if code == 200 else "", tag="", retrans=AGAIN)
    offered = (recv("INVITE"), again, recv("ACK"))
    await calls(recv("INVITE"), TAKE, recv("ACK"), *offered, *HANG_UP, do=do)


async def test_the_peers_update_is_answered(calls: Playing) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert await call.wait_ended(10)
        assert call.ended_by == "remote"

    offered = ask("UPDATE", 2, body=SDP + "\na=sendonly")
    shown = shows("a=recvonly")
    await calls(
        INVITED,
        TAKE,
        recv("ACK"),
        ask("UPDATE", 1),
        recv(200),
        offered,
        recv(200, shown),
        ask("BYE", 3),
        recv(200),
        do=do,
    )


async def test_the_peers_bye_carries_its_reason(calls: Playing) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert await call.wait_ended(10)
        assert (call.ended_by, call.bye_code) == ("remote", 200)
        assert call.end_reason == 'Q.850;cause=16;text="Normal call clearing"'

    reason = 'Reason: Q.850;cause=16;text="Normal call clearing"'
    await calls(INVITED, TAKE, recv("ACK"), ask("BYE", 1, reason), recv(200), do=do)


@pytest.mark.parametrize(("answer", "told"), [((), 0), ((reply(481, "Gone", tag=""),), 481)])
async def test_a_bye_without_success_ends_the_call_and_says_what_came(
    calls: Playing, answer: tuple[str, ...], told: int
) -> None:
    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert await call.bye() == told
        assert (call.state, call.ended_by, call.bye_code) == ("ended", "local", told)

    await calls(recv("INVITE"), TAKE, recv("ACK"), recv("BYE"), *answer, do=do, t1=0.03)


async def test_the_peer_holds_and_resumes_the_call(calls: Playing) -> None:
    held, resumed = SDP + "\na=sendonly", SDP + "\na=sendrecv"

    async def do(call: Call) -> None:
        assert await call.outcome(10) == 200
        assert call.audio is not None
        call.audio.play(1004)
        assert await call.wait_ended(10)
        assert heard(call, "INVITE") == 2
        assert await call.audio.heard(1004, 0.1)

    def offer(number: int, body: str, answered: str, ms: int) -> tuple[str, ...]:
        shown = shows(f"a={answered}")
        reinvite = ask("INVITE", number, body=body)
        return reinvite, recv(200, shown), ask("ACK", number), pause(ms)

    await calls(
        INVITED,
        TAKE,
        recv("ACK"),
        *offer(1, held, "recvonly", 100),
        *offer(2, resumed, "sendrecv", 600),
        ask("BYE", 3),
        recv(200),
        do=do,
    )


async def test_the_peer_refers_us_and_hears_what_became_of_it(calls: Playing) -> None:
    targets: list[str] = []

    async def refer(referral: Referral) -> None:
        targets.append(referral.target)
        await referral.accept()
        assert await referral.notify(486, "Busy Here") == 200

    async def do(call: Call) -> None:
        call.on_refer = refer
        assert await call.outcome(10) == 200
        assert await call.wait_ended(10)
        assert targets == ["sip:human@127.0.0.1:9"]

    def notified(text: str) -> tuple[str, ...]:
        shown = shows(f"SIP/2.0 {text}")
        return recv("NOTIFY", shown), reply(200, "OK", tag="")

    await calls(
        INVITED,
        TAKE,
        recv("ACK"),
        ask("REFER", 1, "Refer-To: <sip:human@127.0.0.1:9>"),
        recv(202),
        *notified("100 Trying"),
        *notified("486 Busy Here"),
        ask("BYE", 2),
        recv(200),
        do=do,
    )


async def test_of_several_challenges_the_first_that_we_know_is_answered(
    calls: Playing,
) -> None:
    async def do(call: Call) -> None:
        await short(call)
        assert (call.codes, call.challenges) == ([407, 200], 1)
        value = sent(call, "INVITE")[-1].headers.get("Proxy-Authorization") or ""
        assert 'nonce="two"' in value
        assert "algorithm=SHA-256" in value

    challenges = (
        'Proxy-Authenticate: Digest realm="lab", nonce="one", algorithm=SHA3-256, qop="auth"',
        'Proxy-Authenticate: Digest realm="lab", nonce="two", algorithm=SHA-256, qop="auth"',
        'Proxy-Authenticate: Digest realm="lab", nonce="three", algorithm=MD5, qop="auth"',
    )
    await calls(
        recv("INVITE"),
        reply(407, "Proxy Authentication Required", *challenges, contact=""),
        recv("ACK"),
        *ECHO[:1],
        TAKE,
        recv("ACK"),
        *HANG_UP,
        do=do,
        credentials=(Credentials("user", "word", "lab"),),
    )
