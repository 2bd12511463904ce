"""What is heard: tones and silence in the sound received."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from . import g711, tones
from .tones import Tone


class Listener:
    """Joins payload into windows of 100 ms and keeps the tones heard in them."""

    def __init__(self) -> None:
        self.tones: list[Tone] = []
        self.tone_hz: float | None = None
        self.level_dbov = -math.inf
        self.quiet_since: datetime | None = None
        self.on_tone: Callable[[Tone], None] | None = None
        self.changed = asyncio.Event()
        self._samples: list[g711.Samples] = []
        self._count = 0
        self._last: Tone | None = None

    def hear(self, samples: g711.Samples, at: datetime) -> None:
        """Take samples that arrived at a time."""
        self._samples.append(samples)
        self._count += len(samples)
        while self._count >= tones.WINDOW:
            joined = np.concatenate(self._samples)
            self._window(joined[: tones.WINDOW], at)
            self._samples = [joined[tones.WINDOW :]]
            self._count = len(self._samples[0])

    def _window(self, samples: g711.Samples, at: datetime) -> None:
        start = at - timedelta(seconds=tones.WINDOW / g711.RATE)
        self.level_dbov, hz = tones.level(samples), tones.pitch(samples)
        self.tone_hz = hz
        if hz is None:
            self._last = None
            self.quiet_since = self.quiet_since or start
        else:
            self.quiet_since = None
            last = self._last
            if last is not None and abs(last.hz - hz) < 15:
                self._last = Tone(last.hz, last.start, at, self.level_dbov)
                self.tones[-1] = self._last
                # The second window is the first proof of a tone that lasts.
                if len(self.tones) and self.on_tone and last.seconds < 0.15:
                    self.on_tone(self._last)
            else:
                self._last = Tone(round(hz, 1), start, at, self.level_dbov)
                self.tones.append(self._last)
        self.changed.set()
        self.changed.clear()
