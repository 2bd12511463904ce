"""What is received: loss and jitter of the packets, tones in the sound (RFC 3550)."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from . import g711, tones
from .tones import Tone

MODULUS = 1 << 16
"""RTP sequence numbers have 16 bits (RFC 3550 §5.1)."""


class Arrivals:
    """Loss and jitter of what is received (RFC 3550 §6.4.1, A.1, A.3, A.8)."""

    def __init__(self) -> None:
        self.packets = 0
        self.jitter = 0.0
        self._expected_before = 0
        self._ssrc: int | None = None
        self._first = self._highest = 0
        self._transit: float | None = None

    def add(self, ssrc: int, sequence: int, timestamp: int, at: float) -> None:
        """Count a packet; a new SSRC begins a new row of sequence numbers."""
        self.packets += 1
        if ssrc != self._ssrc:
            self._expected_before = self.expected
            self._ssrc, self._first, self._highest, self._transit = ssrc, sequence, sequence, None
        else:
            ahead = (sequence - self._highest) % MODULUS
            if ahead < MODULUS // 2:
                self._highest += ahead
        transit = at * g711.RATE - timestamp
        if self._transit is not None:
            # A wrapped timestamp would be one huge step; it is left out.
            step = abs(transit - self._transit)
            if step < g711.RATE * 10:
                self.jitter += (step - self.jitter) / 16
        self._transit = transit

    @property
    def expected(self) -> int:
        """Packets that the sequence numbers say were sent, up to the last one received."""
        if self._ssrc is None:
            return 0
        return self._expected_before + self._highest - self._first + 1

    @property
    def loss_percent(self) -> float:
        """Share of the expected packets that did not come; what was lost at the end is unseen."""
        missing = max(0, self.expected - self.packets)
        return 100.0 * missing / self.expected if self.expected else 0.0


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
