"""What a stream of our own sounds like: a tone, silence, or a recording that is said once."""

import asyncio
from dataclasses import dataclass

from . import g711, tones
from .recordings import Recording
from .sampling import RATE

_TONE_POWER = 32_768**2 * 10 ** (tones.SENT_DBOV / 10)


@dataclass(frozen=True)
class Spoken:
    """A recording that was said. Times are Unix seconds, of the packets with the first and the last
    sample of its speech, plus the sample's place in them: as `speech.Speech` places what is heard.

    A packet counts at the time at which it was due. One that leaves late is played out in time by
    whoever hears it, as long as their buffer holds.
    """

    name: str
    text: str
    start: float
    end: float
    complete: bool
    """False where something else was played, or the call ended, before its speech was over."""


class _Saying:
    """A recording on its way."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.done: asyncio.Future[Spoken | None] = asyncio.get_running_loop().create_future()
        self._first, self._end = (round(s * RATE) for s in (recording.begins, recording.ends))
        self._place = self._samples = 0
        self._times: tuple[float, float] | None = None
        self._complete = False

    def frame(self, codec: str, samples: int) -> tuple[bytes, float]:
        """The next so many samples as payload, and their mean power."""
        start = self._place
        self._samples, self._place = samples, start + samples
        payload = self.recording.coded(codec)[start : self._place]
        power = self.recording.power(start, self._place) / samples
        return payload + g711.silence(codec, samples - len(payload)), power

    def sent(self, at: float) -> bool:
        """The latest frame was sent, due at a time; whether that was the last one."""
        start = self._place - self._samples
        if start < self._end and self._place > self._first:
            begun = at + max(0, self._first - start) / RATE
            end = at + min(self._samples, self._end - start) / RATE
            self._times = self._times[0] if self._times else begun, end
            self._complete = self._place >= self._end
        return self._place >= len(self.recording.samples)

    def spoken(self) -> Spoken | None:
        """What was said of it; None if nothing was."""
        recording = self.recording
        if self._times is None:
            return None
        return Spoken(recording.name, recording.text, *self._times, self._complete)


class Voice:
    """Gives a stream its frames one by one; silence at first."""

    def __init__(self) -> None:
        self.spoken: list[Spoken] = []
        self._codec = "PCMU"
        self._hz: float | None = None
        self._sound = b""
        self._position = 0
        self._saying: _Saying | None = None

    def describe(self, codec: str) -> None:
        """Go on in a codec."""
        self._codec, self._sound = codec, tones.coded(codec, self._hz)

    def play(self, hz: float | None) -> None:
        """A tone from now on, or silence for None; a recording breaks off."""
        self.end()
        self._hz, self._sound = hz, tones.coded(self._codec, hz)

    def say(self, recording: Recording) -> "asyncio.Future[Spoken | None]":
        """A recording from the next frame on, then silence."""
        self.play(None)
        self._saying = _Saying(recording)
        return self._saying.done

    def frame(self, samples: int) -> tuple[bytes, float]:
        """The next so many samples as payload, and their mean power."""
        if self._saying is not None:
            return self._saying.frame(self._codec, samples)
        start = self._position
        self._position = (start + samples) % RATE
        power = 0.0 if self._hz is None else _TONE_POWER
        return self._sound[start : start + samples], power

    def sent(self, at: float) -> None:
        """The latest frame was sent, due at a time (Unix seconds)."""
        if self._saying is not None and self._saying.sent(at):
            self.end()

    def end(self) -> None:
        """Nothing more is said of a recording."""
        saying, self._saying = self._saying, None
        if saying is None:
            return
        spoken = saying.spoken()
        if spoken is not None:
            self.spoken.append(spoken)
        if not saying.done.done():  # Whoever waited may have given up.
            saying.done.set_result(spoken)
