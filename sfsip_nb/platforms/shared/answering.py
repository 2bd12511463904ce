"""What the AI agent should say and how fast (`expect`), held against the wire and the transcript.

The transcript says what the agent meant to say, the wire what came of it: a greeting can stand in
the one and be missing on the other. A limit is met, or not met, only beyond the figure's error.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from sfsip_nb.engine.answering_rows import AnsweringRow, FigureRow
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.inputs.blocks import Expect
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.testcall import ObservedCall

_ALIKE = 0.9
"""Share of a greeting's words that the transcript has, in order: transcripts write numbers and
names their own way."""

_SPEAKER = re.compile(r"^\s*(bot|human)\s*:\s*", re.I | re.M)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

_SHORT = 0.1
"""Share of a greeting's length by which two renditions of it may differ."""

_SHORT_MS = 150
"""Ms that a greeting has to be shorter at least, to be told from another rendition."""

_AT_ONCE_S = 0.1
"""Seconds after speech in which whoever begins to speak may have ended it."""

_OTHER_AGENT = (
    "Another agent may have answered, or its greeting was changed: look at which assistant is"
    " attached to the number, and at its greeting."
)
_LATE = "Look at the assistant's model, voice and endpointing, and at what it looks up meanwhile."
_UNHEARD = (
    "Its audio was lost or cut on the way, or sent before the answer: compare it with the"
    " transcript, and look at the first packets of the capture."
)


def checks(step: str, sides: Sides, expect: Expect) -> Iterator[Check]:
    """What of a call is expected; nothing where nothing is, or the call reached no agent."""
    yield from _said(step, sides, expect)
    if sides.placed is not None and sides.placed.answered:
        yield from _heard(step, sides.placed, expect)


def _said(step: str, sides: Sides, expect: Expect) -> Iterator[Check]:
    """The words, in Synthflow's transcript."""
    if sides.synthflow is None or not (expect.greeting or expect.contains):
        return
    lines = agent_lines(str(sides.synthflow.facts.get("transcript") or ""))
    if expect.greeting:
        first = lines[0] if lines else ""
        yield check(
            f"{step}/greeting",
            "The AI agent says its greeting",
            expect.greeting,
            first or "no words of the agent in the transcript",
            begins_with(first, expect.greeting) if first else None,
            Vantage.SYNTHFLOW,
            reason=_OTHER_AGENT if first else "The transcript can be late: run this cell again.",
        )
    for place, phrase in enumerate(expect.contains, 1):
        found = any(says(line, phrase) for line in lines)
        yield check(
            f"{step}/contains/{place}",
            "The AI agent says what it should",
            phrase,
            "said" if found else "not said" if lines else "no words of the agent in the transcript",
            found if lines else None,
            Vantage.SYNTHFLOW,
            reason="Read the transcript in Synthflow's log, and the assistant's prompt.",
        )


def agent_lines(transcript: str) -> list[str]:
    """What the agent said, a text for each of its turns."""
    parts = _SPEAKER.split(transcript)
    turns: list[tuple[str, str]] = []
    for speaker, text in zip(parts[1::2], parts[2::2], strict=True):
        if turns and turns[-1][0] == speaker.lower():
            turns[-1] = (speaker.lower(), f"{turns[-1][1]} {text.strip()}")
        else:
            turns.append((speaker.lower(), text.strip()))
    return [text for speaker, text in turns if speaker == "bot"]


def begins_with(text: str, wanted: str) -> bool:
    """Whether a text begins with the words wanted, whatever their case and punctuation."""
    words, first = words_of(wanted), words_of(text)
    first = first[: len(words)]
    return difflib.SequenceMatcher(None, words, first, autojunk=False).ratio() >= _ALIKE


def words_of(text: str) -> list[str]:
    """The words of a text, as they are compared: without case and punctuation."""
    return _WORD.findall(text.casefold().replace("’", "'"))


def says(text: str, phrase: str) -> bool:
    """Whether a text has the words of a phrase, one after the other."""
    words, said = words_of(phrase), words_of(text)
    return any(said[at : at + len(words)] == words for at in range(len(said) - len(words) + 1))


def _heard(step: str, placed: ObservedCall, expect: Expect) -> Iterator[Check]:
    """What came of it at the caller's end of the wire."""
    found = placed.answering
    if found is None:
        return
    spoke = found.agent_spoke
    if expect.greeting or expect.greeting_ms:
        ok, seen = _whole(found, expect.greeting_ms)
        yield check(
            f"{step}/greeting-heard",
            "The caller hears the greeting, and all of it",
            f"speech of {expect.greeting_ms} ms" if expect.greeting_ms else "speech",
            seen,
            ok,
            Vantage.HERE,
            reason=_UNHEARD if spoke is not None else "Open RTP both ways, then call again.",
            evidence=placed.evidence,
        )
    if expect.first_word_ms:
        late = "silent" if spoke is False else "no audio came"
        yield _within(
            f"{step}/first-word",
            "The AI agent speaks soon after it answers",
            expect.first_word_ms,
            found.first_word,
            late,
            False if spoke is False else None,
            placed,
        )
    if expect.response_ms:
        yield _within(
            f"{step}/response",
            "The AI agent replies soon",
            expect.response_ms,
            found.gaps.p95 if found.gaps else None,
            "no reply was measured",
            None,
            placed,
            f" (p95 of {found.gaps.n} replies)" if found.gaps and found.gaps.n > 1 else "",
        )


def _whole(found: AnsweringRow, wanted_ms: int) -> tuple[bool | None, str]:
    """Whether the greeting was heard whole, and what of it was heard."""
    if not found.agent_spoke:
        return (None, "no audio came") if found.agent_spoke is None else (False, "silent")
    if found.greeting is None or found.first_word is None:
        return None, "the caller spoke first, so there was no greeting to measure"
    length, error = round(1000 * found.greeting.s), found.greeting.error_ms
    seen = f"speech of {length} ms ± {error} ms, {found.first_word.ms} ms after the answer"
    begin = found.first_word.ms / 1000
    if any(begin < turn.start_s <= begin + found.greeting.s + _AT_ONCE_S for turn in found.turns):
        return None, f"the caller spoke into it: {seen}"
    cut = [c for c in found.clipped if c.edge == "begin" and abs(c.at_s - begin) < 0.02]
    if cut and cut[0].why == "abrupt":
        return False, f"clipped: {seen}, at full level from the first moment"
    if wanted_ms:
        missing = wanted_ms - length
        least = max(_SHORT_MS, _SHORT * wanted_ms)
        if missing - error > least:
            return False, f"clipped: {seen}, {missing} ms too short"
        if missing + error > least:
            return None, f"perhaps clipped: {seen}"
    if cut:
        return None, f"perhaps clipped: {seen}, with packets missing before it"
    return True, seen


def _within(
    id: str,
    title: str,
    most: int,
    figure: FigureRow | None,
    nothing: str,
    ok_without: bool | None,
    placed: ObservedCall,
    of: str = "",
) -> Check:
    """A limit in ms: beyond the error it is met or not, within it nobody can tell."""
    ok, seen = ok_without, nothing
    if figure is not None:
        seen = f"{figure.ms} ms ± {figure.error_ms} ms{of}"
        low, high = figure.ms - figure.error_ms, figure.ms + figure.error_ms
        ok = True if high <= most else False if low > most else None
        if ok is False:
            seen = f"late: {seen}"
    return check(
        id,
        title,
        f"at most {most} ms",
        seen,
        ok,
        Vantage.HERE,
        reason=_LATE if figure else "Call again, and see what the record of the call has.",
        evidence=placed.evidence,
    )
