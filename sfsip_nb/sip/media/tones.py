"""Tones made and tones heard, as the proof of audio."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from .g711 import RATE, Samples

WINDOW = 800
"""Samples of one listening window: 100 ms, 10 Hz wide."""

_HANN = np.hanning(WINDOW)
_QUIET = -45.0
_FFT = 4096


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


class Oscillator:
    """A sine whose phase runs on over frames; `hz` None is silence."""

    def __init__(self) -> None:
        self.hz: float | None = None
        self.level_dbov = -15.0
        self._phase = 0.0

    def frame(self, samples: int) -> Samples:
        """The next samples."""
        if self.hz is None:
            return np.zeros(samples, np.int16)
        step = 2 * math.pi * self.hz / RATE
        amplitude = min(32_767.0, 32_768 * math.sqrt(2) * 10 ** (self.level_dbov / 20))
        wave = amplitude * np.sin(self._phase + step * np.arange(samples))
        self._phase = (self._phase + step * samples) % (2 * math.pi)
        frame: Samples = wave.astype(np.int16)
        return frame


def level(samples: Samples) -> float:
    """Level in dBov; -inf for digital silence."""
    power = float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0
    return 10 * math.log10(power / 32_768**2) if power else -math.inf


def pitch(samples: Samples) -> float | None:
    """Frequency in Hz of the one tone that fills a window, None for silence, speech or noise."""
    if level(samples) < _QUIET:
        return None
    spectrum = np.abs(np.fft.rfft(samples * _HANN, _FFT))
    power = spectrum**2
    peak = int(np.argmax(power[1:-1])) + 1
    # The main lobe of a Hann window is 4 bins of the window's own resolution wide.
    width = 2 * _FFT // WINDOW + 1
    share = float(power[max(0, peak - width) : peak + width + 1].sum() / power.sum())
    if share < 0.8:
        return None
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2] + 1e-9)
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return float((peak + shift) * RATE / _FFT)
