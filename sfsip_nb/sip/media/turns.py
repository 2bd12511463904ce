"""How an agent answers: who spoke when, made into turns, gaps, barge-ins and dead air.

Pure: it knows where speech is, and nothing of packets. All of it is as measured at one place: an
end of the call, or a capture point. `docs/answering.md` has the definitions in full.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .activity import FRAME_S, Edge
from .speech import Speech

DEAD_AIR_S: Final = 2.0
"""Seconds in which nobody speaks that count as dead air; it also ends a turn."""

_BREATH_S = 0.5
"""A pause up to here is no turn's end by itself: whoever spoke may be going on."""

_REACTION_S = 0.04
"""Two packets. Nobody reacts sooner: who stops within it would have stopped anyway."""

DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first_word": "ms from the answer (200) to the begin of the agent's first speech; 0 if it"
        " was speaking already",
        "greeting": "s from begin to end of the agent's first turn, if the caller had not spoken"
        " before it",
        "gaps": "ms from the end of each of the caller's turns to the begin of the agent's reply;"
        " percentiles by nearest rank: the smallest gap that so many of them do not exceed",
        "barge_ins": "ms from the begin of the caller's speech, while the agent speaks, to the end"
        " of the agent's",
        "dead_air": "s in which nobody speaks, if more than 2; `whose` turn: not who spoke last",
        "clipped": "speech of the agent that begins or ends at full level within 10 ms of silence,"
        " beside missing packets, or where the stream ends; else the wire cannot tell",
        "error_ms": "10 ms, a frame, for each edge of speech, and half of what is missing of"
        " packets there",
    }
)
"""What each figure is, and its unit."""

Side = Literal["caller", "agent"]
How = Literal["answered", "late", "overlap", "unanswered"]
"""What became of a caller's turn: a reply; a reply only after the caller spoke again; an agent who
spoke at its end, so that there is no gap; nothing until the caller's next turn or the end."""


@dataclass(frozen=True)
class Elapsed:
    """Seconds between two moments, and by how much they may be wrong."""

    seconds: float
    error: float

    @property
    def ms(self) -> int:
        """In ms."""
        return round(1000 * self.seconds)

    @property
    def error_ms(self) -> int:
        """The error in ms, either way."""
        return round(1000 * self.error)


@dataclass(frozen=True)
class Turn:
    """What the caller said without being replied to, and the reply. Times are Unix seconds."""

    start: float
    end: float
    reply: float | None
    gap: Elapsed | None
    how: How


@dataclass(frozen=True)
class BargeIn:
    """The caller began to speak while the agent spoke. `stops` is None if it spoke to the end."""

    at: float
    stops: Elapsed | None


@dataclass(frozen=True)
class DeadAir:
    """Nobody spoke, and `whose` turn it was."""

    at: float
    seconds: float
    whose: Side


@dataclass(frozen=True)
class Clipped:
    """Speech of the agent that may have lost its begin or its end, as far as the wire shows."""

    at: float
    edge: Literal["begin", "end"]
    why: Edge


@dataclass(frozen=True)
class Answering:
    """How an agent answered one call; times are Unix seconds.

    `sides` had a stream to be measured. Where the agent's is not among them, nothing is known of
    it; where the caller's is not, nothing of turns.
    """

    answered: float
    ended: float
    first_word: Elapsed | None
    greeting: Elapsed | None
    turns: tuple[Turn, ...]
    barge_ins: tuple[BargeIn, ...]
    dead_air: tuple[DeadAir, ...]
    clipped: tuple[Clipped, ...]
    spoke: dict[Side, float]
    """Seconds that each side spoke, pauses inside its speech included."""
    sides: frozenset[Side] = frozenset({"caller", "agent"})

    @property
    def gaps(self) -> list[Elapsed]:
        """The gaps that were measured, the shortest first."""
        return sorted((t.gap for t in self.turns if t.gap), key=lambda gap: gap.seconds)

    def percentile(self, percent: float) -> Elapsed | None:
        """By nearest rank: always one of the gaps. None if there are none."""
        gaps = self.gaps
        return gaps[max(1, math.ceil(percent / 100 * len(gaps))) - 1] if gaps else None


def answering(
    answered: float,
    ended: float,
    caller: Sequence[Speech] | None,
    agent: Sequence[Speech] | None,
) -> Answering:
    """Measure a call from its answer to its end. None: there is no stream of that side.

    What was over before the answer (announcements, ringing) is left out.
    """
    sides: dict[Side, Sequence[Speech] | None] = {"caller": caller, "agent": agent}
    asks, says = (
        [one for one in given or () if answered < one.end and one.start < ended]
        for given in (caller, agent)
    )
    first = says[0] if says else None
    greets = first is not None and not any(ask.start < first.start for ask in asks)
    greeting = next(_turns(says, asks), []) if greets else []
    known = caller is not None and agent is not None
    turns = [*_turns(asks, says)] if known else []
    barge_ins = tuple(_barge_ins(turns, says))
    return Answering(
        answered,
        ended,
        _between(answered, first.start, first.start_error, edges=1) if first else None,
        _from_to(greeting[0], greeting[-1]) if greeting else None,
        tuple(_replied(turns, says)),
        barge_ins,
        tuple(_dead_air(answered, ended, asks, says)) if known else (),
        tuple(_clipped(says, barge_ins)),
        {"caller": _sum(asks), "agent": _sum(says)},
        frozenset(side for side, given in sides.items() if given is not None),
    )


def _between(start: float, end: float, more: float = 0.0, edges: int = 2) -> Elapsed:
    """Between two moments, so many of which are edges of speech."""
    return Elapsed(max(0.0, end - start), edges * FRAME_S + more)


def _from_to(first: Speech, last: Speech) -> Elapsed:
    return _between(first.start, last.end, first.start_error + last.end_error)


def _sum(speech: Sequence[Speech]) -> float:
    return sum(one.seconds for one in speech)


def _turns(mine: Sequence[Speech], others: Sequence[Speech]) -> Iterator[list[Speech]]:
    """One side's speech as turns: they end where the other begins to speak in a pause, where the
    other is heard in a pause that is no mere breath, and at dead air."""
    turn: list[Speech] = []
    for one in mine:
        if turn:
            pause = turn[-1].end, one.start
            length = one.start - turn[-1].end
            over = length > DEAD_AIR_S or any(
                pause[0] <= other.start < pause[1]
                or (length >= _BREATH_S and other.start < pause[1] and other.end > pause[0])
                for other in others
            )
            if over:
                yield turn
                turn = []
        turn.append(one)
    if turn:
        yield turn


def _talk(says: Sequence[Speech], at: float) -> Sequence[Speech]:
    """What the agent says at a moment, and goes on to say without more than a breath between."""
    place = next((n for n, one in enumerate(says) if one.start < at < one.end), None)
    if place is None:
        return ()
    last = place
    while last + 1 < len(says) and says[last + 1].start - says[last].end < _BREATH_S:
        last += 1
    return says[place : last + 1]


def _replied(turns: Sequence[Sequence[Speech]], says: Sequence[Speech]) -> Iterator[Turn]:
    """Each turn of the caller with its reply."""
    for turn, later in itertools.zip_longest(turns, turns[1:]):
        start, end = turn[0].start, turn[-1].end
        over = _talk(says, end)
        behind = over[-1].end if over else end
        until, latest = (later[0].start, later[-1].end) if later else (math.inf, math.inf)
        reply = next((one for one in says if behind <= one.start < latest), None)
        how: How = "answered"
        if reply is None or (over and reply.start >= until):
            how, reply = ("overlap", over[0]) if over else ("unanswered", None)
        elif reply.start >= until:
            how = "late"
        gap = None
        if reply is not None and how != "overlap":
            gap = _between(end, reply.start, turn[-1].end_error + reply.start_error)
        yield Turn(start, end, reply.start if reply else None, gap, how)


def _barge_ins(turns: Sequence[Sequence[Speech]], says: Sequence[Speech]) -> Iterator[BargeIn]:
    for turn in turns:
        began = turn[0]
        talk = _talk(says, began.start)
        if not talk or talk[0].end - began.start < _REACTION_S:
            continue
        # It goes on over its own pauses while the caller speaks, and has stopped at the last.
        last = [talk[0], *(one for one in talk[1:] if one.start < turn[-1].end)][-1]
        stops = _between(began.start, last.end, began.start_error + last.end_error)
        yield BargeIn(began.start, None if last.ends == "open" else stops)


def _dead_air(
    answered: float, ended: float, asks: Sequence[Speech], says: Sequence[Speech]
) -> Iterator[DeadAir]:
    spoke: Side = "caller"  # Who is called speaks first.
    quiet = answered
    both: list[tuple[Speech, Side]] = [(one, "caller") for one in asks]
    both += [(one, "agent") for one in says]
    for one, side in sorted(both, key=lambda each: each[0].start):
        if one.start - quiet > DEAD_AIR_S:
            yield DeadAir(quiet, one.start - quiet, _OTHER[spoke])
        if one.end > quiet:
            quiet, spoke = one.end, side
    if ended - quiet > DEAD_AIR_S:
        yield DeadAir(quiet, ended - quiet, _OTHER[spoke])


_OTHER: dict[Side, Side] = {"caller": "agent", "agent": "caller"}


def _clipped(says: Sequence[Speech], barge_ins: Sequence[BargeIn]) -> Iterator[Clipped]:
    """What a listener may have missed; that the agent stops for the caller is as it should be."""
    wanted = [one.at + one.stops.seconds for one in barge_ins if one.stops]
    for one in says:
        if one.starts in ("abrupt", "missing"):
            yield Clipped(one.start, "begin", one.starts)
        if one.ends and not any(abs(one.end - at) < FRAME_S for at in wanted):
            yield Clipped(one.end, "end", one.ends)
