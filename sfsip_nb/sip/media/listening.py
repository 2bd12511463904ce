"""What is heard: tones and silence in the sound received."""

import asyncio
import contextlib
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from . import g711, levels, tones
from .levels import Meter
from .sampling import RATE, WINDOW
from .tones import Tone

_SECONDS = WINDOW / RATE
_WINDOW = timedelta(seconds=_SECONDS)


class Listener:
    """Joins payload into windows of 100 ms and keeps the tones heard in them."""

    def __init__(self) -> None:
        self.tones: list[Tone] = []
        self.tone_hz: float | None = None
        """The tone in the last 100 ms heard; `level_dbov` is their level."""
        self.level_dbov = self.loudest_dbov = -math.inf
        self.meter = Meter()
        self.seconds = 0.0
        """Length of the sound heard."""
        self.on_tone: Callable[[Tone], None] | None = None
        """Called once for each new tone that lasts 200 ms."""
        self.changed = asyncio.Event()
        """Whoever waits for it may look again: another window was heard."""
        self._codec = ""
        self._pending = bytearray()
        self._last: Tone | None = None

    def hear(self, codec: str, payload: bytes, at: float) -> None:
        """Take a payload that arrived at a time (Unix seconds)."""
        if codec != self._codec:
            self._codec = codec
            self._pending.clear()
        pending = self._pending
        pending += payload
        while len(pending) >= WINDOW:
            self._window(bytes(pending[:WINDOW]), at)
            del pending[:WINDOW]

    async def heard(self, hz: float, timeout: float) -> bool:
        """Whether a tone of that frequency, within 15 Hz, lasts 200 ms within the time-out.

        One that was heard before counts too.
        """

        def found() -> bool:
            return any(abs(t.hz - hz) <= 15 and t.seconds >= 0.199 for t in self.tones)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not found():
                    await self.changed.wait()
        return found()

    def hush(self, at: float) -> None:
        """Comfort noise came: the peer is silent from here on (RFC 3389)."""
        self._pending.clear()
        self.meter.hush(at)
        self._note(None, at)

    def _window(self, payload: bytes, at: float) -> None:
        samples = g711.decode(self._codec, payload)
        self.seconds += _SECONDS
        powers = tones.powers(samples, levels.STEP)
        self.meter.add([tones.dbov(power) for power in powers], at)
        self.level_dbov = tones.dbov(sum(powers) / len(powers))
        self.loudest_dbov = max(self.loudest_dbov, self.level_dbov)
        self._note(tones.pitch(samples) if self.level_dbov >= tones.QUIET_DBOV else None, at)

    def _note(self, hz: float | None, at: float) -> None:
        end = datetime.fromtimestamp(at, UTC)
        self.tone_hz = hz
        last = self._last
        if hz is None:
            self._last = None
        elif last is not None and abs(last.hz - hz) < 15:
            self.tones[-1] = self._last = Tone(last.hz, last.start, end, self.level_dbov)
            # The second window is the first proof of a tone that lasts.
            if self.on_tone and last.seconds < 1.5 * _SECONDS:
                self.on_tone(self._last)
        else:
            self._last = Tone(round(hz, 1), end - _WINDOW, end, self.level_dbov)
            self.tones.append(self._last)
        self.changed.set()
        self.changed.clear()
