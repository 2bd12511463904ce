"""How loud one direction of a call was, moment by moment: enough for a picture of it.

A level is the mean power of 20 ms of sound. From fifty numbers a second no word and no voice can be
made again, so levels are no recording, and are kept where media is not.
"""

from collections.abc import Sequence
from typing import Final

from .quality import GAP_MS
from .sampling import RATE, WINDOW

STEP: Final = 160
"""Samples of one level: 20 ms."""

STEP_S: Final = STEP / RATE

FLOOR: Final = -60
"""dBov (RFC 6465 §2) of the lowest level. What is quieter nobody would say was said: silence."""

LONGEST_S: Final = 120.0
"""Seconds of a call that are metered at most."""

Level = int | None
"""dBov, from 0 down to `FLOOR`; None where no sound came, which is another thing than silence."""

_MOST = round(LONGEST_S / STEP_S)
_BRIDGED = round(GAP_MS / 1000 / STEP_S)
_GATHERED = WINDOW // STEP + _BRIDGED
"""Steps that sound is collected before a listener measures it, and those that are no gap."""


class Meter:
    """Levels of one stream, placed by their time.

    A break that a playout buffer bridges is no gap, and what comes late stands after what came
    before it: as a listener would have heard it.
    """

    def __init__(self) -> None:
        self._levels: list[Level] = []
        self._began = 0.0
        self._between: Level = None

    def add(self, levels: Sequence[float], at: float) -> None:
        """Take the levels (dBov) of sound that ended at a time (Unix seconds)."""
        if not self._levels:
            self._began = at - len(levels) * STEP_S
        missing = self._place(at) - len(levels) - len(self._levels)
        if missing > _BRIDGED:
            self._levels += [self._between] * min(missing, _MOST - len(self._levels))
        heard = [min(0, round(max(FLOOR, level))) for level in levels]
        self._levels += heard[: _MOST - len(self._levels)]
        self._between = None

    def hush(self, at: float) -> None:
        """Comfort noise came: until sound comes again it is silence (RFC 3389)."""
        self.add([FLOOR], at)
        self._between = FLOOR

    def between(self, start: float, end: float) -> list[Level]:
        """The levels from one time to another, one a step; what was not metered is left off.

        So is a short end without sound: it may have come, and not have been measured any more.
        """
        levels, count = self._levels, min(_MOST, max(0, round((end - start) / STEP_S)))
        if not levels:
            return [None] * count
        first = self._place(start)
        last = min(first + count, _MOST)
        if 0 <= last - len(levels) <= _GATHERED:
            last = len(levels)
        return [
            None if step < 0 else levels[step] if step < len(levels) else self._between
            for step in range(first, last)
        ]

    def _place(self, at: float) -> int:
        return round((at - self._began) / STEP_S)


def told(levels: Sequence[Level], seconds: float = STEP_S) -> str:
    """What levels of so many seconds each show, in words: sound, silence, or no packets."""
    silent, missing = levels.count(FLOOR), levels.count(None)
    parts = (
        (len(levels) - silent - missing, "of sound"),
        (silent, "of silence"),
        (missing, "without packets"),
    )
    return ", ".join(
        f"{count * seconds:.1f} s {what}" for count, what in parts if count * seconds >= 0.05
    )
