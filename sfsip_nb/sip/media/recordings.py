"""Speech to say in a call: short recordings of ours, and files of the same form."""

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import activity, g711
from .activity import FRAME_S, Stretch
from .g711 import Samples
from .sampling import RATE

LONGEST_S: Final = 60.0
"""Seconds of a file that can be said: 1 MB."""

CALLER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hello": "Hello. Can you hear me?",
        "person": "I would like to speak to a person, please.",
        "again": (
            "I have a question about my last order, and I would like to know when it will arrive."
        ),
        "stop": "Stop, please.",
    }
)
"""What a test caller can say, by name: made with espeak-ng, see `caller/README.md`."""

_CALLER = Path(__file__).parent / "caller"


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound to be said once. `text` is what is said, empty where nobody knows."""

    name: str
    text: str
    samples: Samples = field(repr=False)
    """16-bit linear, 8 kHz."""

    @classmethod
    def parse(cls, data: bytes, name: str, text: str = "") -> "Recording":
        """Read a WAV file, 8 kHz 16-bit mono PCM, with speech in it.

        Raises ValueError with what is wrong with it.
        """
        try:
            with wave.open(io.BytesIO(data)) as file:
                form = file.getframerate(), 8 * file.getsampwidth(), file.getnchannels()
                if form != (RATE, 16, 1):
                    rate, bits, channels = form
                    raise ValueError(
                        f"is {rate} Hz, {bits} bit, {channels} channel(s), not 8000 Hz, 16 bit,"
                        " mono: sox IN.wav -r 8000 -b 16 -c 1 OUT.wav"
                    )
                if file.getnframes() > LONGEST_S * RATE:
                    raise ValueError(f"is longer than {LONGEST_S:g} s")
                sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        except (wave.Error, EOFError) as error:
            raise ValueError(f"is not a WAV file with PCM sound ({error})") from None
        recording = cls(name, text, sound)
        if not recording._spoken:
            raise ValueError("holds no speech")
        return recording

    @classmethod
    def load(cls, path: Path, text: str = "") -> "Recording":
        """Read a file, which gives its name; see `parse`. Raises ValueError and OSError."""
        return cls.parse(path.read_bytes(), path.stem, text)

    @property
    def seconds(self) -> float:
        """Length, silence at both ends included."""
        return len(self.samples) / RATE

    @property
    def begins(self) -> float:
        """Seconds from its begin to where speech begins, as `activity` defines it."""
        return self._spoken[0].first * FRAME_S if self._spoken else 0.0

    @property
    def ends(self) -> float:
        """Seconds from its begin to where speech ends."""
        return self._spoken[-1].end * FRAME_S if self._spoken else self.seconds

    def coded(self, codec: str) -> bytes:
        """As G.711 payload, a byte a sample. Raises KeyError for another codec."""
        if codec not in self._payloads:
            self._payloads[codec] = g711.encode(codec, self.samples)
        return self._payloads[codec]

    def power(self, start: int, end: int) -> float:
        """Sum of the squares of some samples; there is silence past the end."""
        sums, last = self._sums, len(self.samples)
        return float(sums[min(end, last)] - sums[min(start, last)])

    @cached_property
    def _spoken(self) -> list[Stretch]:
        return activity.within(self.samples)

    @cached_property
    def _payloads(self) -> dict[str, bytes]:
        return {}

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        squares = self.samples.astype(np.float64) ** 2
        return np.concatenate(([0.0], np.cumsum(squares)))


def caller(name: str) -> Recording:
    """One of the `CALLER`'s recordings. Raises KeyError for another name."""
    return Recording.load(_CALLER / f"{name}.wav", CALLER[name])
