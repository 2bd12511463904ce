"""A call: signaling and audio, judged apart; and what makes a failed one work."""

from dataclasses import replace
from typing import Any

from ..call import Call
from ..evidence import answers
from ..evidence.causes import explained
from ..evidence.diagnose import decisive
from ..evidence.finding import Verdict
from ..shown import plain
from .audible import directions, quality
from .isolating import isolate
from .listening import Listening
from .placing import PlacedCall, place
from .plan import CallPlan, Kind, Leave
from .reach import ProbeResult

_SPEECHLESS = (
    "no speech was heard in what came. Look at which assistant is attached, at its greeting, and"
    " whether it hears the caller."
)


async def call(
    plan: CallPlan,
    listening: Listening | None = None,
    *,
    timeout: float = 38.0,
    leave: Leave | None = None,
) -> ProbeResult:
    """Call, send a tone or speech, listen, hang up. Signaling and audio are judged apart.

    Passes if the call is answered, the audio expected is heard (any RTP where none in particular
    is), the peer does not report that it hears nothing, BYE gets 200 and no 200 was repeated,
    which would say that our ACK got lost. `timeout` bounds it all, in seconds.

    `answering` tells how the agent answered, as measured here. Where recordings are said and no
    speech comes back, nobody can tell whether the agent works.

    With `leave`, a call that fails is tried again with one difference at a time, as long as that
    gives leave; each variant is bounded by `timeout` too.
    """
    wanted = listening or Listening()

    async def attempt(plan: CallPlan) -> tuple[ProbeResult, Kind | None]:
        script = replace(wanted)
        placed = await place(
            plan, script.run, seconds=script.longest, timeout=timeout, find_speech=True
        )
        return judged(placed, script)

    return await isolate(plan, attempt, leave)


def judged(placed: PlacedCall, script: Listening) -> tuple[ProbeResult, Kind | None]:
    """Verdict and sentence, and how the call failed if it did."""
    leg = placed.leg
    if leg is None or placed.failed is not None:
        assert placed.failed is not None
        return placed.failed, placed.kind
    verdict, sentence, kind = _judge(leg, script, placed)
    seen = _call_facts(leg)
    seen["early_packets"] = placed.early_packets
    if script.expect_hz is not None:
        seen["expected_hz"], seen["heard"] = script.expect_hz, script.heard
    if script.then_hz is not None:
        seen["then_hz"], seen["then_heard"] = script.then_hz, script.then_heard
    if leg.audio is not None and leg.ok:
        seen |= directions(leg, script) | {"quality": quality(leg.audio)}
        seen["answering"] = answers.of(leg)
    return placed.result(verdict, sentence, seen), kind


def _judge(leg: Call, script: Listening, placed: PlacedCall) -> tuple[Verdict, str, Kind | None]:
    if not leg.ok:
        return _unanswered(leg, placed)
    if leg.session.answer is None or leg.audio is None:
        sentence = "The call was answered with audio that was not offered: compare the codecs."
        return "fail", sentence, "unfit"
    half = directions(leg, script)
    for one in half.values():
        if one["verdict"] == "fail":
            return "fail", f"The call was answered. {one['sentence']}", "unheard"
    if half["to_us"]["verdict"] == "inconclusive":
        return "inconclusive", f"The call was answered. {half['to_us']['sentence']}", "unheard"
    if script.says and not leg.audio.speech_heard():
        return "inconclusive", f"The call was answered, but {_SPEECHLESS}", None
    if script.no_digits or script.then_heard is False:
        return "fail", _keys(script), None
    if leg.bye_code != 200 or leg.retransmitted_200:
        return "fail", _unplain(leg, placed), "unclean"
    sentence = "The call was answered and ended with BYE and 200. "
    return "pass", sentence + " ".join(one["sentence"] for one in half.values()), None


def _unanswered(leg: Call, placed: PlacedCall) -> tuple[Verdict, str, Kind | None]:
    if placed.given_up:
        rang = "rang" if any(code > 100 for code in leg.codes) else "took the call (100)"
        sentence = (
            f"{placed.where} {rang}, but gave no final answer in time. The number may lead to"
            " nobody: look at what it is attached or routed to."
        )
        return "inconclusive", sentence, "refused"
    early = " What was announced before it is in the audio." if placed.early_packets else ""
    reason = decisive(placed.trace)
    answer = explained(leg.code, leg.phrase, leg.remote_headers).said
    sentence = reason.text if reason else f"{placed.where} refused the call with {answer}."
    return "fail", sentence + early, placed.kind


def _keys(script: Listening) -> str:
    if script.no_digits:
        return (
            "The call has audio, but the peer accepts no telephone-event (RFC 4733), so no digits"
            " can be sent. Turn on RFC 4733 (RFC 2833) at the peer."
        )
    return (
        f"The call has audio, but after the digits {script.digits} no {script.then_hz:g} Hz was"
        " heard: the peer does not recognize them, or they go elsewhere. Look at its menu."
    )


def _unplain(leg: Call, placed: PlacedCall) -> str:
    reason = decisive(placed.trace)
    if leg.bye_code != 200:
        fault = f"BYE was answered with {leg.bye_code or 'silence'}"
    else:
        fault = f"the 200 came {leg.retransmitted_200} times again, so our ACK is lost"
    remedy = "Requests inside the call take a different path: look at Record-Route and Contact."
    return f"Audio is good, but {fault}. {reason.text if reason else remedy}"


def _call_facts(leg: Call) -> dict[str, Any]:
    return {
        "call_id": leg.call_id,
        "codes": list(leg.codes),
        "code": leg.code,
        "phrase": plain(leg.phrase),
        "challenges": leg.challenges,
        "warning": plain(leg.header("Warning")),
        "reason": plain(leg.header("Reason") or leg.end_reason),
        "bye": leg.bye_code,
        "ended_by": leg.ended_by,
        "retransmitted_200": leg.retransmitted_200,
        "audio": leg.audio.stats() if leg.audio else None,
    }
