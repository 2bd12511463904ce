"""Tones made and tones heard, as the proof of audio."""

import functools
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from .g711 import Samples, encode
from .sampling import RATE, WINDOW

SENT_DBOV: Final = -15.0
"""Level of the tones that we send (RFC 6465 §2)."""

QUIET_DBOV: Final = -45.0
"""Below that no tone is looked for."""

_HANN = np.hanning(WINDOW).astype(np.float32)
_FFT = 1024


@dataclass(frozen=True)
class Tone:
    """A tone heard without interruption. Level in dBov (RFC 6465 §2: full-scale square wave)."""

    hz: float
    start: datetime
    end: datetime
    level_dbov: float

    @property
    def seconds(self) -> float:
        """Length of the tone."""
        return (self.end - self.start).total_seconds()


def sine(hz: float | None, samples: int) -> Samples:
    """A tone of `SENT_DBOV` from its phase zero on, or silence for None."""
    if hz is None:
        return np.zeros(samples, np.int16)
    amplitude = 32_768 * math.sqrt(2) * 10 ** (SENT_DBOV / 20)
    wave = amplitude * np.sin(2 * math.pi * hz / RATE * np.arange(samples))
    tone: Samples = wave.astype(np.int16)
    return tone


@functools.lru_cache(maxsize=64)
def coded(codec: str, hz: float | None) -> bytes:
    """A second of a tone, or of silence for None, and its beginning once more, as payload.

    Any frame cut from it at a place modulo one second goes on from the one before; so nobody
    computes a sine while packets are due. The frequency is taken to the nearest whole Hz.
    """
    return encode(codec, sine(None if hz is None else round(hz), RATE + RATE // 10))


def powers(samples: Samples, each: int) -> list[float]:
    """Mean power of each so many samples; their number is a multiple of that."""
    parts = samples.astype(np.float32).reshape(-1, each)
    found: list[float] = (np.einsum("ij,ij->i", parts, parts) / each).tolist()
    return found


def dbov(power: float) -> float:
    """Level of a mean power (RFC 6465 §2); -inf for digital silence."""
    return 10 * math.log10(power / 32_768**2) if power else -math.inf


def pitch(samples: Samples) -> float | None:
    """Frequency in Hz of the one tone that fills a window, None for silence, speech or noise."""
    spectrum = np.fft.rfft(samples * _HANN, _FFT)
    power = spectrum.real**2 + spectrum.imag**2
    peak = int(power[1:-1].argmax()) + 1
    # The main lobe of a Hann window is 4 bins of the window's own resolution wide.
    width = 2 * _FFT // WINDOW + 1
    total = float(power.sum())
    if not total or power[max(0, peak - width) : peak + width + 1].sum() < 0.8 * total:
        return None
    left, middle, right = (math.log(float(p) + 1e-9) for p in power[peak - 1 : peak + 2])
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return (peak + shift) * RATE / _FFT
