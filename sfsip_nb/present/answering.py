"""How the AI agent answered, in words and in columns: for figures, tables, record and frames."""

from collections.abc import Iterable, Iterator

from sfsip_nb.engine.answering_rows import EXPECTATIONS, AnsweringRow, FigureRow
from sfsip_nb.engine.rows import DialledRow, StepRow
from sfsip_nb.sip.shown import counted

COLUMNS = {
    "number": "Number",
    "first_word": "First word",
    "greeting": "Greeting",
    "reply": "Reply",
    "remarks": "Remarks",
}
"""Of a call, of which a step or a page has several."""

EXPECTED = {
    "title": "Check",
    "expected": "Expected",
    "seen": "Seen",
    "verdict": "Verdict",
}

MEASURED = (
    "Measured on the audio that came to the caller's end, the telephone network included, with its"
    " error. First word: from the answer (200) to the agent's first speech. Reply: from the end of"
    " the caller's speech to the agent's next; p50 and p95 are the gaps that 50 and 95 of 100 do"
    " not exceed. Stops when interrupted: from the caller's first word to the end of the agent's"
    " speech. Dead air: more than 2 s in which nobody speaks."
)

_HOW = {
    "late": "replied to only after the caller spoke again",
    "overlap": "talked over",
    "unanswered": "without a reply",
}
_CUT = {"abrupt": "at full level from one moment to the next", "missing": "packets missing"}
"""Why speech may be cut; the end of a stream is no reason, for calls end."""


def figures(found: AnsweringRow) -> dict[str, float | int | None]:
    """A call's figures as numbers: ms, and seconds where the name ends in `_s`."""
    gaps = found.gaps
    stops = [one.stops.ms for one in found.barge_ins if one.stops]
    return {
        "first_word_ms": found.first_word.ms if found.first_word else None,
        "greeting_s": found.greeting.s if found.greeting else None,
        "turns": len(found.turns),
        "replies": gaps.n if gaps else 0,
        "gap_p50_ms": gaps.p50.ms if gaps and gaps.p50 else None,
        "gap_p95_ms": gaps.p95.ms if gaps and gaps.p95 else None,
        "barge_in_ms": max(stops, default=None),
        "dead_air_s": round(sum(one.s for one in found.dead_air), 2),
    }


def calls(dialled: Iterable[DialledRow]) -> list[dict[str, str]]:
    """A row of `COLUMNS`, and the step, for each call in which the agent was heard to speak."""
    return [
        {"step": call.step, **row(call.number, call.seen.answering)}
        for call in dialled
        if call.seen and call.seen.answering and call.seen.answering.agent_spoke
    ]


def expected(steps: Iterable[StepRow]) -> list[dict[str, str]]:
    """A row of `EXPECTED` for each check of what the agent should say, and how fast."""
    return [
        {"verdict": check.verdict.value}
        | {name: getattr(check, name) for name in ("title", "expected", "seen")}
        for step in steps
        for check in step.checks
        if check.id.startswith(tuple(f"{step.id}/{own}" for own in EXPECTATIONS))
    ]


def row(number: str, found: AnsweringRow) -> dict[str, str]:
    """A call's figures as texts for `COLUMNS`."""
    greeting = found.greeting
    return {
        "number": number,
        "first_word": _with_error(found.first_word),
        "greeting": f"{greeting.s:.2f} s ± {greeting.error_ms} ms" if greeting else "–",
        "reply": _replies(found),
        "remarks": "; ".join(_remarks(found)) or "none",
    }


def _replies(found: AnsweringRow) -> str:
    gaps = found.gaps
    if not gaps or not gaps.p50 or not gaps.p95:
        return "–"
    if gaps.n == 1:
        return _with_error(gaps.p50)
    return f"p50 {_with_error(gaps.p50)}, p95 {_with_error(gaps.p95)}, of {gaps.n}"


def _remarks(found: AnsweringRow) -> Iterator[str]:
    """Interruptions and dead air, turns without a reply, speech that may be cut."""
    for one in found.barge_ins:
        stops = f"stops after {_with_error(one.stops)}" if one.stops else "does not stop"
        yield f"interrupted at {one.at_s:.1f} s: {stops}"
    for silence in found.dead_air:
        yield f"dead air of {silence.s:.1f} s at {silence.at_s:.1f} s, {silence.whose}'s turn"
    for how, told in _HOW.items():
        if many := sum(turn.how == how for turn in found.turns):
            yield f"{counted(many, 'turn')} {told}"
    for cut in found.clipped:
        if cut.why in _CUT:
            yield f"perhaps cut at its {cut.edge}, {cut.at_s:.1f} s: {_CUT[cut.why]}"
    yield from found.notes


def words(found: AnsweringRow) -> list[str]:
    """The figures in short sentences, for a figure's description."""
    told = []
    if found.first_word:
        told.append(f"first word {_with_error(found.first_word)} after the answer")
    if found.greeting:
        told.append(f"greeting {found.greeting.s:.1f} s")
    gaps = found.gaps
    if gaps and gaps.p50 and gaps.p95:
        each = f"replies after {gaps.p50.ms} ms (p50), {gaps.p95.ms} ms (p95)"
        told.append(each if gaps.n > 1 else f"reply after {gaps.p50.ms} ms")
    if stops := [one.stops.ms for one in found.barge_ins if one.stops]:
        told.append(f"stops {max(stops)} ms after it is interrupted")
    if found.dead_air:
        told.append(f"dead air {sum(one.s for one in found.dead_air):.1f} s")
    return told


def _with_error(figure: FigureRow | None) -> str:
    return f"{figure.ms} ms ± {figure.error_ms} ms" if figure else "–"
