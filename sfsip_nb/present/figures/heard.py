"""Who heard what in a call: a lane for each end and direction, all on one axis of time.

The height is a level on a logarithmic scale, silence in the middle, so that quiet speech shows and
a dead line is a flat one. Where no packet came there is no line at all, only dots; before and after
an end's part in the call there is nothing.
"""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.present.answering import words
from sfsip_nb.sip.media.levels import FLOOR, Level, told

from . import turns
from .base import Figure, label, wrapped

_LEFT, _COLUMNS, _EACH = 50, 250, 2
"""Pixels before a lane; its columns, and pixels of each: lean, since a record holds many."""

_HALF, _HEAD, _GAP = 20, 32, 14
"""Pixels from silence to the loudest level, of a lane's two lines of text, and below a lane."""

_WIDTH = _COLUMNS * _EACH
_LINE = 84
"""Characters of a lane's name that fit above it."""

_NAMED = 60
"""Pixels of a gap in which there is room to say what it is."""

_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120)
"""Seconds between two marks of the axis, the smallest that leaves at most eight of them."""

_PART = 0.3
"""Seconds that two ends of a call may begin or end apart, as messages take their time."""

_MOST_LANES, _MOST_VALUES, _MOST_BYTES = 4, 10_000, 500_000


@dataclass(frozen=True)
class _Lane:
    what: str
    offset: float
    seconds: float
    values: list[Level]

    @property
    def end(self) -> float:
        return self.offset + self.seconds * len(self.values)

    def told(self, start: float, end: float) -> str:
        """What it holds, in words, and its time where that is not the whole one."""
        words = told(self.values, self.seconds) or "nothing"
        if self.offset - start > _PART or end - self.end > _PART:
            words += f"; in the call from {max(start, self.offset):.1f} to {self.end:.1f} s"
        return words


def heard(content: bytes) -> Figure:
    """Draw a file of levels (`docs/record.md`), and on the same axis the turns of the call where
    it has them. Raises `ValueError` for anything else."""
    call, lanes, answering = read(content)
    start = min(0.0, *(lane.offset for lane in lanes))
    end = max(lane.end for lane in lanes)
    parts = []
    high = 0
    for lane in lanes:
        parts += [
            label(_LEFT, high + 11, (wrapped(lane.what, _LINE, 1) or [""])[0]),
            label(_LEFT, high + 26, lane.told(start, end), "quiet small"),
            *_drawn(_columns(lane, start, end - start), high + _HEAD + _HALF),
        ]
        high += _HEAD + 2 * _HALF + _GAP
    said = words(answering) if answering else []
    if answering and said:
        scale = turns.Scale(_LEFT, _WIDTH, start, end)
        parts += turns.drawn(answering, scale, high)
        high += turns.HEIGHT
    parts += _axis(start, end - start, high - _GAP + 4)
    about = ". ".join([*(f"{lane.what}: {lane.told(start, end)}" for lane in lanes), *said])
    return Figure(
        f"Call to {call}: who heard what", about, _LEFT + _WIDTH + 26, high + 12, "".join(parts)
    )


def read(content: bytes) -> tuple[str, list[_Lane], AnsweringRow | None]:
    """The number called, the lanes, and the turns. Anybody may have handed the file in."""
    if len(content) > _MOST_BYTES:
        raise ValueError("too long for a file of levels")
    try:
        file = json.loads(content)
        lanes = [_lane(item) for item in file["lanes"][:_MOST_LANES]]
        call = str(file["call"])[:40]
        spoken = file.get("answering")
        answering = AnsweringRow.model_validate(spoken) if spoken else None
    except (LookupError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no file of levels: {type(error).__name__}") from None
    if not lanes:
        raise ValueError("no file of levels: no lanes")
    return call, lanes, answering


def _lane(item: Any) -> _Lane:
    offset, seconds = float(item["offset"]), float(item["seconds"])
    if not (math.isfinite(offset) and abs(offset) <= 3600 and 0.005 <= seconds <= 1):
        raise ValueError("no file of levels: a time that is none")
    values = [
        None if value is None else min(0, max(FLOOR, int(value)))
        for value in item["values"][:_MOST_VALUES]
    ]
    return _Lane(str(item["what"])[:200], offset, seconds, values)


def _columns(lane: _Lane, start: float, span: float) -> list[int | None]:
    """Each column's reach from the middle in pixels; None without packets, -1 outside the lane."""
    found: list[int | None] = []
    count = len(lane.values)
    each = span / _COLUMNS / lane.seconds
    before = (start - lane.offset) / lane.seconds
    for column in range(_COLUMNS):
        first = math.floor(before + column * each + 1e-6)
        last = max(first + 1, math.floor(before + (column + 1) * each + 1e-6))
        if last <= 0 or first >= count:
            found.append(-1)
            continue
        part = lane.values[max(0, first) : last]
        there = [value for value in part if value is not None]
        if 2 * len(there) < len(part):
            found.append(None)
        else:
            found.append(round(_HALF * (1 - max(there) / FLOOR)))
    return found


def _drawn(columns: list[int | None], middle: int) -> Iterator[str]:
    """Sound as a shape around the middle, silence as its line, missing packets as dots."""
    top, bottom = middle - _HALF, middle + _HALF
    yield f'<path class="hair faint" d="M{_LEFT} {top}h{_WIDTH}M{_LEFT} {bottom}h{_WIDTH}"/>'
    yield label(_LEFT - 5, top + 4, "0 dBov", "quiet small", "end")
    yield label(_LEFT - 5, middle + 4, "−60", "quiet small", "end")
    paths = {"hair": "", "wave": "", "gap": ""}
    x = _LEFT
    for look, group in groupby(columns, _look):
        run = list(group)
        if look == "wave":
            paths[look] += f"M{x} {middle}{_outline(run)}"
        if look:
            paths["gap" if look == "gap" else "hair"] += f"M{x} {middle}h{_EACH * len(run)}"
        if look == "gap" and _EACH * len(run) >= _NAMED:
            yield label(x + _EACH * len(run) / 2, middle - 6, "no packets", "quiet small", "middle")
        x += _EACH * len(run)
    for look, path in paths.items():
        if path:
            yield f'<path class="{look}" d="{path}"/>'


def _look(reach: int | None) -> str:
    if reach is None:
        return "gap"
    return "" if reach < 0 else "wave" if reach else "hair"


def _outline(reaches: Iterable[int | None]) -> str:
    """Along the upper edge to the right, and along the lower one back."""
    steps = [(reach or 0, _EACH * len(list(group))) for reach, group in groupby(reaches)]
    before = [0, *(reach for reach, _ in steps)]
    there = "".join(f"v{last - now}h{w}" for last, (now, w) in zip(before, steps, strict=False))
    back = "".join(
        f"h-{w}v{last - now}" for last, (now, w) in reversed([*zip(before, steps, strict=False)])
    )
    return f"{there}v{2 * before[-1]}{back}z"


def _axis(start: float, span: float, y: int) -> Iterator[str]:
    step = next((tick for tick in _TICKS if span / tick <= 8), _TICKS[-1])
    marks = ""
    for number in range(math.ceil(start / step), min(math.floor((start + span) / step), 999) + 1):
        x = _LEFT + round(_WIDTH * (number * step - start) / span) if span else _LEFT
        marks += f"M{x} {y}v4"
        yield label(x, y + 16, f"{number * step:.3g}", "quiet small", "middle")
    yield f'<path class="hair" d="M{_LEFT} {y}h{_WIDTH}{marks}"/>'
    yield label(_LEFT + _WIDTH + 16, y + 16, "s", "quiet small")
