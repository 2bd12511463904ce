"""A call: signalling and audio, judged apart; and what makes a failed one work."""

import ssl
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..call import Call
from ..digest import Credentials
from ..dns import Resolver
from ..fields import ExtraHeaders
from ..sdp import Srtp, is_private
from ..trace import Transport
from .isolating import isolate
from .listening import Listening
from .placing import Placed, place
from .plan import Kind, Leave, Plan
from .reach import ProbeResult, Verdict, clean
from .words import meaning, said


async def call(
    uri: str,
    *,
    from_: str,
    credentials: Sequence[Credentials] = (),
    send_hz: float | None = 1004.0,
    expect_hz: float | None = None,
    seconds: float = 3.0,
    digits: str = "",
    then_hz: float | None = None,
    codecs: Sequence[str] = ("PCMU", "PCMA"),
    srtp: Srtp = "off",
    headers: ExtraHeaders | None = None,
    proxy: str = "",
    timeout: float = 38.0,
    transport: Transport | None = None,
    leave: Leave | None = None,
    resolver: Resolver | None = None,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Call, send a tone, listen, hang up. Signalling and audio are judged apart.

    Passes if the call is answered, the audio expected is heard (any RTP where `expect_hz` is
    None), the peer does not report that it hears nothing, BYE gets 200 and no 200 was repeated,
    which would say that our ACK got lost. `digits` are pressed after that (RFC 4733), and `then_hz`
    is what has to be heard after them. `timeout` bounds it all, in seconds.

    With `leave`, a call that fails is tried again with one difference at a time, as long as that
    gives leave; each variant is bounded by `timeout` too.
    """
    plan = Plan(
        uri,
        from_,
        transport,
        srtp,
        proxy,
        tuple(codecs),
        headers or {},
        credentials=tuple(credentials),
        resolver=resolver,
        tls_client=tls_client,
    )

    listening = Listening(send_hz, expect_hz, seconds, digits, then_hz)
    return await try_call(plan, listening, timeout=timeout, leave=leave)


async def try_call(
    plan: Plan, listening: Listening, *, timeout: float = 38.0, leave: Leave | None = None
) -> ProbeResult:
    """`call`, for a plan."""

    async def attempt(plan: Plan) -> tuple[ProbeResult, Kind | None]:
        script = replace(listening)
        placed = await place(plan, script.run, seconds=script.longest, timeout=timeout)
        return judged(placed, script)

    return await isolate(plan, attempt, leave)


def judged(placed: Placed, script: Listening) -> tuple[ProbeResult, Kind | None]:
    """Verdict and sentence, and how the call failed if it did."""
    leg, failed = placed.leg, placed.failed
    if leg is None or failed is not None:
        assert failed is not None
        return replace(failed, seen=placed.seen), placed.kind
    verdict, sentence, kind = _judge(leg, script, placed)
    seen = _call_facts(leg)
    seen["early_packets"] = placed.early_packets
    if script.expect_hz is not None:
        seen["expected_hz"], seen["heard"] = script.expect_hz, script.heard
    if script.then_hz is not None:
        seen["then_hz"], seen["then_heard"] = script.then_hz, script.then_heard
    return placed.result(verdict, sentence, seen), kind


def _judge(leg: Call, script: Listening, placed: Placed) -> tuple[Verdict, str, Kind | None]:
    where = placed.where
    if not leg.ok:
        answer = said(leg.code, leg.phrase, leg.header)
        if placed.given_up:
            rang = "rang" if any(code > 100 for code in leg.codes) else "took the call (100)"
            sentence = (
                f"{where} {rang}, but gave no final answer in time. The number may lead to nobody:"
                " look at what it is attached or routed to."
            )
            return "inconclusive", sentence, "refused"
        early = " What was announced before it is in the audio." if placed.early_packets else ""
        sentence = f"{where} refused the call with {answer}. {meaning(leg.code)}{early}".strip()
        return "fail", sentence, placed.kind
    if leg.answer_sdp is None or leg.audio is None:
        sentence = "The call was answered with audio that was not offered: compare the codecs."
        return "fail", sentence, "unfit"
    if not script.heard:
        verdict, sentence = _unheard(leg, script)
        return verdict, sentence, "unheard"
    if script.then_heard is False:
        sentence = (
            f"The call has audio, but after the digits {script.digits} no {script.then_hz:g} Hz was"
            " heard: the peer takes no RFC 4733 events, or leads elsewhere."
        )
        return "fail", sentence, None
    if leg.bye_code != 200:
        sentence = (
            f"Audio is good, but BYE was answered with {leg.bye_code or 'silence'}: requests inside"
            " the call take another way than the INVITE. Look at Record-Route and Contact."
        )
        return "fail", sentence, "unclean"
    if leg.retransmitted_200:
        sentence = (
            f"Audio is good, but the 200 came {leg.retransmitted_200} times again: our ACK is lost"
            " on its way. Look at Record-Route and Contact of the 200."
        )
        return "fail", sentence, "unclean"
    return "pass", "The call was answered, audio came, and BYE ended it with 200.", None


def _unheard(leg: Call, script: Listening) -> tuple[Verdict, str]:
    """Answered, but what was expected was not heard: why, as far as both descriptions tell."""
    audio, described = leg.audio, leg.answer_sdp
    assert audio is not None
    assert described is not None
    wanted = "audio" if script.expect_hz is None else f"{script.expect_hz:g} Hz"
    sentence = f"The call was answered, but no {wanted} was heard"
    sentence += f" ({audio.packets_received} RTP packets)."
    if is_private(described.address) and not is_private(leg.source[0]):
        sentence += (
            f" The peer names {described.address} for its audio, a private address: it does not"
            " know its public one. Set its external media address."
        )
    elif (
        not audio.packets_received and is_private(audio.local[0]) and not is_private(leg.source[0])
    ):
        sentence += (
            f" This machine is behind NAT ({audio.local[0]}), so it is not known whether audio"
            " was sent: probe from a machine with a public address."
        )
        return "inconclusive", sentence
    else:
        sentence += " Open RTP both ways, and compare the media addresses on both lists."
    return "fail", sentence


def _behind_nat(leg: Call, own: str) -> bool:
    """Whether our own description names an address that the peer cannot send to."""
    return is_private(own) and not is_private(leg.source[0])


def _call_facts(leg: Call) -> dict[str, Any]:
    return {
        "call_id": leg.call_id,
        "codes": list(leg.codes),
        "code": leg.code,
        "phrase": clean(leg.phrase),
        "challenges": leg.challenges,
        "warning": clean(leg.header("Warning")),
        "reason": clean(leg.header("Reason") or leg.end_reason),
        "bye": leg.bye_code,
        "ended_by": leg.ended_by,
        "retransmitted_200": leg.retransmitted_200,
        "audio": leg.audio.stats() if leg.audio else None,
    }
