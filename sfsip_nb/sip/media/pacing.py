"""One clock for all streams of a loop, and how late it is.

A tick of 10 ms serves every call, for a task or a timer a call would wake the process thousands
of times a second. Streams of 20 ms fall on odd and even ticks in turn, so that a hundred calls
are no burst.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

TICK_MS: Final = 10

_ASLEEP = 0.06
"""Seconds: a machine that slept longer leaves out what was due, as it would only be lost in the
buffers on the way, and goes on as if it were due now. Three packets a stream are sent late."""

_pacers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Pacer]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Lateness:
    """How late this machine sent its own packets, in ms."""

    p50: float
    p95: float
    max: float


class LatenessMeter:
    """Counts lateness in steps of half a millisecond; all above 200 ms are one."""

    def __init__(self) -> None:
        self._counts = [0] * 400
        self._max = 0.0

    def add(self, seconds: float) -> None:
        """Count one packet."""
        self._counts[min(int(seconds * 2000), 399) if seconds > 0 else 0] += 1
        if seconds > self._max:
            self._max = seconds

    def read(self) -> Lateness:
        """The quantiles so far, each the upper end of its step."""
        longest = round(self._max * 1000, 2)
        seen = np.cumsum(self._counts)
        half, most = (np.searchsorted(seen, share * seen[-1]) + 1 for share in (0.5, 0.95))
        return Lateness(min(float(half) / 2, longest), min(float(most) / 2, longest), longest)


Frame = Callable[[float], None]
"""Sends one packet; is given the time of the loop's clock when it was due; after a sleep, now."""


class Pacer:
    """Calls each stream's `Frame` at its interval while there are streams."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._streams: dict[Frame, tuple[int, int]] = {}
        self._tick, self._due = 0, 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "Pacer":
        """The loop's one pacer."""
        pacer = _pacers.get(loop)
        if pacer is None:
            pacer = _pacers[loop] = cls(loop)
        return pacer

    def join(self, frame: Frame, every_ms: int = 20) -> None:
        """Call `frame` every so many ms from now on; a change of interval for one that is in."""
        period = max(1, every_ms // TICK_MS)
        phases = [phase for each, phase in self._streams.values() if each == period]
        # Into the phase with the fewest streams; counted only when a stream joins.
        phase = min(range(period), key=phases.count)
        self._streams[frame] = period, phase
        if self._timer is None:
            self._due = self._loop.time() + TICK_MS / 1000
            self._timer = self._loop.call_at(self._due, self._run)

    def leave(self, frame: Frame) -> None:
        """Call it no more."""
        self._streams.pop(frame, None)
        if not self._streams and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        due, tick = self._due, self._tick
        self._tick += 1
        self._due += TICK_MS / 1000
        late = self._loop.time() - due
        if late > _ASLEEP:
            due += late
            self._due += late
        self._timer = self._loop.call_at(self._due, self._run)
        for frame, (period, phase) in list(self._streams.items()):
            if tick % period == phase:
                try:
                    frame(due)
                except Exception:
                    self.leave(frame)  # One broken stream must not silence the others.
                    raise
