"""How an agent answered, as facts of a probe or of a capture, JSON-like, and as a table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ..call import Call
from ..media.turns import DEFINITIONS, Answering, Elapsed, answering
from ..shown import counted

HERE: Final = "as measured at this end of the call"
CAPTURED: Final = "as seen at the capture point"

Facts = dict[str, Any]


def of(leg: Call) -> Facts | None:
    """The figures of a call that `find_speech` was asked for; None if it was never answered."""
    audio, answered = leg.audio, leg.answered_at
    if audio is None or answered is None:
        return None
    ended = leg.ended_at.timestamp() if leg.ended_at else audio.closed_at
    heard = audio.speech_heard() if audio.packets_received else None
    return facts(answering(answered.timestamp(), ended, audio.speech_sent(), heard), HERE)


def facts(found: Answering, where: str) -> Facts:
    """The figures; places are seconds since the answer."""
    since = found.answered

    def at(moment: float) -> float:
        return round(moment - since, 2)

    return {
        "measured": where,
        "answered_at": datetime.fromtimestamp(since, UTC).isoformat(timespec="milliseconds"),
        "seconds": at(found.ended),
        "first_word": _ms(found.first_word),
        "greeting": found.greeting
        and {"s": round(found.greeting.seconds, 2), "error_ms": found.greeting.error_ms},
        "gaps": {
            "n": len(found.gaps),
            "p50": _ms(found.percentile(50)),
            "p95": _ms(found.percentile(95)),
        },
        "turns": [
            {
                "start_s": at(turn.start),
                "end_s": at(turn.end),
                "reply_s": None if turn.reply is None else at(turn.reply),
                "gap": _ms(turn.gap),
                "how": turn.how,
            }
            for turn in found.turns
        ],
        "barge_ins": [{"at_s": at(one.at), "stops": _ms(one.stops)} for one in found.barge_ins],
        "dead_air": [
            {"at_s": at(one.at), "s": round(one.seconds, 2), "whose": one.whose}
            for one in found.dead_air
        ],
        "clipped": [
            {"at_s": at(one.at), "edge": one.edge, "why": one.why} for one in found.clipped
        ],
        "spoke_s": {side: round(found.spoke[side], 2) for side in sorted(found.sides)},
        "notes": [*_notes(found)],
        "definitions": dict(DEFINITIONS),
    }


def _ms(elapsed: Elapsed | None) -> dict[str, int] | None:
    return None if elapsed is None else {"ms": elapsed.ms, "error_ms": elapsed.error_ms}


def _notes(found: Answering) -> Iterator[str]:
    if "agent" not in found.sides:
        yield "The agent's sound is not here, so how it answered cannot be measured."
    elif not found.spoke["agent"]:
        yield "The agent said nothing: no speech was found in its sound (a tone is none)."
    if "caller" not in found.sides:
        yield "The caller's sound is not here, so turns cannot be measured."
    elif not found.spoke["caller"]:
        yield "The caller said nothing, so there are no turns."


def unknown(why: str, where: str) -> Facts:
    """Nothing can be told, and why."""
    return {"measured": where, "notes": [why]}


def rows(known: Facts) -> list[tuple[str, str]]:
    """The figures in short, each with its name; what was not measured has no row."""
    told: list[tuple[str, str]] = []
    if first := known.get("first_word"):
        told.append(("answer to first word", _with_error(first)))
    if greeting := known.get("greeting"):
        told.append(("greeting", f"{greeting['s']:.2f} s ± {greeting['error_ms']} ms"))
    if turns := known.get("turns"):
        gaps = known["gaps"]
        if gaps["n"]:
            of = f"p50 {_with_error(gaps['p50'])}, p95 {_with_error(gaps['p95'])}"
            told.append(("caller's end to reply", f"{of}, of {counted(gaps['n'], 'gap')}"))
        for how, words in _OTHERWISE.items():
            if ends := [f"{turn['end_s']:.2f} s" for turn in turns if turn["how"] == how]:
                told.append((words, _some(ends)))
    for one in known.get("barge_ins", ()):
        stops = _with_error(one["stops"]) if one["stops"] else "not before the end"
        told.append((f"barge-in at {one['at_s']:.2f} s", f"agent stops: {stops}"))
    for one in known.get("dead_air", ()):
        told.append(
            (f"dead air at {one['at_s']:.2f} s", f"{one['s']:.2f} s, {one['whose']}'s turn")
        )
    if clips := known.get("clipped"):
        told.append(
            (
                "agent perhaps clipped",
                _some([f"{c['edge']} at {c['at_s']:.2f} s ({_WHY[c['why']]})" for c in clips]),
            )
        )
    return told


_OTHERWISE = {
    "late": "replied to late, turn ended at",
    "overlap": "talked over, turn ended at",
    "unanswered": "not replied to, turn ended at",
}
_WHY = {
    "abrupt": "full level within 10 ms of silence",
    "missing": "packets missing",
    "open": "the stream ends",
}


def _with_error(figure: Mapping[str, int]) -> str:
    return f"{figure['ms']} ms ± {figure['error_ms']}"


def _some(texts: Sequence[str], most: int = 6) -> str:
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")
