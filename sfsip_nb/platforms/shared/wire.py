"""What the caller's own end shows of a test call: who answered, who is heard, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsip_nb.engine.verdicts import Check, Vantage, Verdict
from sfsip_nb.platforms.shared import heard
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import SYNTHFLOW, Sides
from sfsip_nb.platforms.shared.testcall import SPEECH_HZ, ObservedCall

_OTHER_VOICE = "Audio came, but without this voice: see where the call led, in both sides' records."
_OPEN_RTP = "Open RTP both ways, and compare the media address lists."
_NOT_THERE = "Nothing shows that the AI agent took the call. Find out why first."
_HUNG_UP = {"local": "the caller hung up", "remote": "the other side hung up"}


def checks(
    step: str, placed: ObservedCall, sides: Sides, voices: Sequence[str], remedy: str = ""
) -> list[Check]:
    """Answer, each voice heard, and a clean end; and, where the other end can be seen, whether the
    AI agent hears the caller.

    Two-way audio is proven by what was heard, signaling by BYE = 200 and no retransmitted 200,
    never one by the other.
    """
    found = [_answered(step, placed, sides, remedy)]
    if not placed.answered:
        return found
    lost = "" if found[0].verdict is Verdict.PASS else _NOT_THERE
    found += _voices(step, placed, voices, lost or remedy)
    if placed.watched:
        why = lost or remedy or _OPEN_RTP
        said = None if placed.in_words else SPEECH_HZ
        found.append(heard.by_the_agent(step, placed.agent, said, why, placed.evidence))
    return [*found, _ended(step, placed)]


def not_out(step: str, placed: ObservedCall) -> Check:
    """A call that its own account did not let out: it says nothing of the trunk."""
    return check(
        f"{step}/answer",
        f"The AI agent answers the call to {placed.number}",
        "200 from the AI agent",
        f"not called: {placed.answer or placed.phrase}, at {placed.account}",
        None,
        Vantage.HERE,
        reason="The call did not get past the account: look at its host, its password, and whether"
        f" its caller number is owned or verified there. {placed.remedy}".strip(),
        evidence=placed.evidence,
    )


def _answered(step: str, placed: ObservedCall, sides: Sides, remedy: str) -> Check:
    """A 200 says that something answered; Synthflow's record of this call says that the AI did."""
    answer, ok = placed.answer or placed.phrase, False
    reason = placed.isolated.strip() or remedy or placed.remedy
    reason = reason or "Look at the ladder and at what both platforms recorded."
    if placed.answered:
        ok, who = _who(sides)
        answer = f"{answer}, {who}"
        reason = (
            "Something else may have answered: a flow, a fallback, a voicemail, another number."
            f" See which in the records. {remedy}".strip()
        )
    return check(
        f"{step}/answer",
        f"The AI agent answers the call to {placed.number}",
        "200 from the AI agent",
        answer,
        ok or (None if placed.answered else False),
        Vantage.HERE,
        reason=reason,
        evidence=placed.evidence,
    )


def _who(sides: Sides) -> tuple[bool, str]:
    """Whether the AI agent took the call, by Synthflow's record, and that in words."""
    here = None if sides.theirs else sides.synthflow
    if here is None and SYNTHFLOW in sides.unread:
        return False, "but Synthflow's calls cannot be read: who answered is not known"
    if here is None:
        return False, "but Synthflow has no such call: who answered is not known"
    status = str(here.facts.get("call_status") or "no status")
    if status in ("completed", "in-progress"):
        return True, "from the AI agent"
    return False, f"but not from the AI agent: Synthflow says {status}"


def _voices(step: str, placed: ObservedCall, voices: Sequence[str], remedy: str) -> Iterator[Check]:
    """Each voice that was waited for. Where voices are people's, sound is all that is known of
    them here, so that a second one is told by the platforms' records alone."""
    for place, (voice, was_heard) in enumerate(zip(voices, placed.heard, strict=False)):
        whose = placed.watched or place == 0
        expected = f"the {voice}'s tone" if placed.watched else f"sound from the {voice}"
        yield check(
            f"{step}/heard/{voice.replace(' ', '-')}",
            f"The caller hears the {voice}",
            expected,
            f"{'heard' if was_heard else 'not heard'}; {placed.sound}",
            was_heard if whose or not was_heard else None,
            Vantage.HERE,
            advisory=not whose,
            reason=(remedy or (_OTHER_VOICE if placed.audio.get("mos") else _OPEN_RTP))
            if whose
            else "Whose voice it is cannot be told from here; the platforms' records show the"
            " transfer.",
            evidence=placed.evidence,
        )


def _ended(step: str, placed: ObservedCall) -> Check:
    after = "" if placed.seconds is None else f" after {placed.seconds:.1f} s"
    who = _HUNG_UP.get(placed.ended_by, "nobody hung up")
    theirs = placed.ended_by == "remote"
    bye = "" if theirs else f", BYE {placed.bye_code or 'unanswered'}"
    return check(
        f"{step}/bye",
        "The caller ends the call, and it ends cleanly",
        "BYE answered with 200, no 200 retransmitted",
        f"{who}{after}{bye}, {placed.retransmitted} retransmitted",
        not theirs and placed.bye_code == 200 and placed.retransmitted == 0,
        Vantage.HERE,
        reason="The call was ended from the other side before the caller was done: both sides'"
        " records say by whom."
        if theirs
        else "In-dialog requests take a different path than the INVITE: look at Record-Route.",
        evidence=placed.evidence,
    )
