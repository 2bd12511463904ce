"""What was heard, as a waveform: the peak of each moment on a scale in dBFS, against seconds."""

import io
import math
import wave

import numpy as np
from numpy.typing import NDArray

from .base import Figure, label

_LEFT, _WIDTH, _TOP, _HIGH = 52, 560, 8, 96
_FLOOR = -60.0
"""dBFS below which nothing is drawn: it is silence to an ear."""

_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
"""Seconds between two marks of the axis, the smallest that leaves at most twelve of them."""


def heard(wav: bytes, title: str) -> Figure:
    """Draw 16-bit PCM. Raises `ValueError` for anything else.

    The scale is logarithmic, from 0 dBFS at both edges to silence in the middle, so that quiet
    speech shows and a dead line is a flat one.
    """
    samples, rate = _read(wav)
    seconds = len(samples) / rate
    levels = _levels(samples)
    middle, half = _TOP + _HIGH // 2, _HIGH // 2
    strokes = "".join(
        f"M{_LEFT + column} {middle - reach}v{2 * reach}"
        for column, level in enumerate(levels)
        if (reach := round(half * (1 - level / _FLOOR))) > 0
    )
    body = [
        f'<path class="hair" d="M{_LEFT} {middle}h{_WIDTH}"/>',
        *(_line(middle - half * (1 - level / _FLOOR), level) for level in (0, -20, -40)),
        f'<path class="wave" d="{strokes}"/>' if strokes else "",
        *_axis(seconds),
    ]
    return Figure(
        title,
        _in_words(samples, levels, seconds),
        _LEFT + _WIDTH + 16,
        _TOP + _HIGH + 20,
        "".join(body),
    )


def _read(wav: bytes) -> tuple[NDArray[np.float64], int]:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if file.getsampwidth() != 2 or not file.getframerate():
                raise ValueError("only 16-bit PCM is drawn")
            data = file.readframes(file.getnframes())
            channels, rate = file.getnchannels(), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from None
    data = data[: len(data) - len(data) % (2 * channels)]
    samples = np.frombuffer(data, "<i2").astype(np.float64) / 32768
    return samples.reshape(-1, channels).mean(axis=1), rate


def _levels(samples: NDArray[np.float64]) -> list[float]:
    """The peak of each column in dBFS, no lower than the floor."""
    if not len(samples):
        return []
    edges = np.linspace(0, len(samples), _WIDTH + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(np.abs(samples), np.minimum(edges, len(samples) - 1))
    return [max(_FLOOR, _dbfs(peak)) for peak in peaks]


def _dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else _FLOOR


def _line(y: float, level: int) -> str:
    text = f"{level}".replace("-", "−") if level else "0 dBFS"
    return (
        f'<path class="hair faint" d="M{_LEFT} {y:.1f}h{_WIDTH}"/>'
        f"{label(_LEFT - 5, round(y, 1) + 4, text, 'quiet small', 'end')}"
    )


def _axis(seconds: float) -> list[str]:
    bottom = _TOP + _HIGH
    step = next((tick for tick in _TICKS if seconds / tick <= 12), _TICKS[-1])
    marks = []
    for number in range(min(int(seconds / step), 12) + 1):
        second = number * step
        x = _LEFT + (round(_WIDTH * second / seconds) if seconds else 0)
        marks.append(f'<path class="hair" d="M{x} {bottom}v4"/>')
        marks.append(label(x, bottom + 16, f"{second:.3g}", "quiet small", "middle"))
    return [*marks, label(_LEFT + _WIDTH + 4, bottom + 16, "s", "quiet small")]


def _in_words(samples: NDArray[np.float64], levels: list[float], seconds: float) -> str:
    if not seconds:
        return "nothing was heard"
    peak = _dbfs(float(np.abs(samples).max()))
    if peak <= _FLOOR:
        return f"{seconds:.1f} s of silence"
    sounding = sum(level > _FLOOR for level in levels) / len(levels)
    return f"{seconds:.1f} s, peak {peak:.0f} dBFS, sound in {sounding:.0%} of it".replace("-", "−")
