"""Voice activity in frames of 10 ms, and the definition of where speech begins and ends.

*Whether* there is speech is decided by WebRTC's voice activity detector (VAD, mode 2). It takes
loud tones for speech too, so a pure tone of 100 ms or longer is taken out: a tone is not speech.
Two tones at once (dialing, ringing) and music may be taken for it.

*Where* it is, is decided by the level, because the VAD goes on for some 100 ms after the last
sound. Of a stretch that the VAD marks, the speech level is the mean power of its marked frames.
Speech begins with the first frame, and ends with the last, that is within 25 dB of that level, 6
dB above the noise around it, and within 100 ms of a marked one. Pauses under 200 ms belong to it,
as in ITU-T P.56 (hangover time). What has less than 50 ms of voice is a click, and not speech.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from .g711 import Samples
from .levels import FLOOR
from .sampling import RATE
from .tones import QUIET_DBOV

FRAME: Final = 80
"""Samples of a frame: 10 ms, the shortest that the VAD takes."""

FRAME_S: Final = FRAME / RATE
PAUSE_S: Final = 0.2
"""Seconds of silence that end a stretch of speech."""

MISSING: Final = 63
"""In place of a level: no packet brought this frame."""

SILENT: Final = 0
"""A frame that nobody sent, as nobody spoke: comfort noise, or silence suppressed."""

_LEVEL, _MARKED, _TONE = 63, 64, 128
_MODE = 2
_BELOW, _ABOVE = 25.0, 6.0
"""dB from the speech level down, and from the noise up."""

_NEAR, _PAUSE, _LEAST, _LONG_TONE, _AROUND = 10, round(PAUSE_S / FRAME_S), 5, 10, 200
"""Frames: how far from a marked one, a pause, least of voice, a tone, and where noise is sought."""

_PURE = 0.004
"""Share of its power that one sine does not explain, below which a frame is a tone. G.711's own
noise leaves up to 0.001 of one."""

_AUDIBLE = 6
"""dB above `FLOOR` that a marked frame has to have: the VAD marks silence too, after a sound."""

_QUIET = 32_768**2 * 10 ** (QUIET_DBOV / 10)
"""The power below which no tone is looked for."""

Frames = NDArray[np.uint8]
"""Of each frame the level above `FLOOR` in dB, or `MISSING`, with two flags: VAD, tone."""

Edge = Literal["", "abrupt", "missing", "open"]
"""What the wire shows of a begin or an end: nothing remarkable, full level within 10 ms of silence,
packets missing beside it, or that the stream itself begins or ends there."""


@dataclass(frozen=True)
class Stretch:
    """Speech from one frame up to another, with its level, and its edges.

    `unsure`: frames that are missing before it and behind it, in which it may have gone on.
    """

    first: int
    end: int
    level_dbov: float
    edges: tuple[Edge, Edge]
    unsure: tuple[int, int]


class Detector:
    """Levels and flags of a sound, frame by frame; the VAD adapts to what it hears, so in order."""

    def __init__(self) -> None:
        import webrtcvad  # what hears nothing needs no VAD

        self._vad: Any = webrtcvad.Vad(_MODE)

    def frames(self, samples: Samples) -> bytes:
        """A byte for each frame of the samples; their number is a multiple of `FRAME`."""
        sound = samples.astype(np.float32).reshape(-1, FRAME)
        middle, beside = sound[:, 1:-1], sound[:, 2:] + sound[:, :-2]
        power = np.einsum("ij,ij->i", sound, sound) / FRAME
        own = np.einsum("ij,ij->i", middle, middle) + 1
        # Of a sine, each sample is a constant share of the sum of its neighbors.
        both = np.einsum("ij,ij->i", middle, beside)
        other = np.einsum("ij,ij->i", beside, beside)
        tone = (power > _QUIET) & (other - both * both / own < _PURE * (other + 2 * own))
        level = 10 * np.log10(power / 32_768**2 + 1e-9) - FLOOR
        found = np.rint(np.maximum(level, SILENT)).astype(np.uint8) + tone * np.uint8(_TONE)
        raw, speech = samples.tobytes(), self._vad.is_speech
        marks = [
            _MARKED * speech(raw[place : place + 2 * FRAME], RATE)
            for place in range(0, len(raw), 2 * FRAME)
        ]
        return bytes(a | b for a, b in zip(found.tolist(), marks, strict=True))


def stretches(frames: Frames) -> list[Stretch]:
    """Where speech is, in order."""
    level = frames & _LEVEL
    came = level != MISSING
    dbov = np.where(came, level.astype(np.float32), 0.0) + FLOOR
    marked = came & (level >= _AUDIBLE) & (frames & _MARKED > 0)
    tone = came & (frames & _TONE > 0)
    # A tone goes on through packets that were lost, and through those that were never sent.
    unsent = np.zeros_like(tone)
    for start, end in _runs(level == SILENT):
        ends = start > 0 and end < len(tone) and tone[start - 1] and tone[end]
        unsent[start:end] = ends and end - start <= _PAUSE
    for start, end in _runs(tone | ~came | unsent):
        if np.count_nonzero(tone[start:end]) < _LONG_TONE:
            tone[start:end] = False
    voice = marked & ~tone
    found: list[tuple[int, int]] = []
    for start, end in _runs(_wider(marked, _NEAR)):
        if np.count_nonzero(voice[start:end]) >= _LEAST:
            noise = dbov[max(0, start - _AROUND) : end + _AROUND][
                (came & ~marked)[max(0, start - _AROUND) : end + _AROUND]
            ]
            least = _least(dbov[start:end][voice[start:end]], noise)
            loud = came[start:end] & ~tone[start:end] & (dbov[start:end] >= least)
            found += [(start + first, start + last) for first, last in _runs(loud)]
    told = []
    for first, end in _joined(found):
        heard = voice[first:end]
        if np.count_nonzero(heard) >= _LEAST:
            told.append(_stretch(first, end, _mean(dbov[first:end][heard]), dbov, came))
    return told


def within(samples: Samples) -> list[Stretch]:
    """Where speech is in a sound."""
    whole = len(samples) // FRAME * FRAME
    return stretches(np.frombuffer(Detector().frames(samples[:whole]), np.uint8))


def _least(speech: NDArray[np.float32], noise: NDArray[np.float32]) -> float:
    """The level from which a frame is part of speech; of noise that was marked, out of reach."""
    mean = _mean(speech)
    quiet = float(np.percentile(noise, 20)) if len(noise) >= _NEAR else FLOOR
    return max(mean - _BELOW, quiet + _ABOVE) if mean > quiet + _ABOVE else math.inf


def _mean(dbov: NDArray[np.float32]) -> float:
    return 10 * float(np.log10(np.mean(10 ** (dbov / 10))))


def _stretch(
    first: int, end: int, level: float, dbov: NDArray[np.float32], came: NDArray[np.bool_]
) -> Stretch:
    before, behind = _missing(came[:first][::-1]), _missing(came[end:])
    full = dbov[[first, end - 1]] >= level

    def edge(missing: int, place: int, full: bool) -> Edge:
        if not 0 <= place < len(came):
            return "open"
        if missing:
            return "missing"
        return "abrupt" if full and dbov[place] <= level - _BELOW else ""

    edges = edge(before, first - 1, bool(full[0])), edge(behind, end, bool(full[1]))
    return Stretch(first, end, round(level, 1), edges, (before, behind))


def _missing(came: NDArray[np.bool_]) -> int:
    """Frames missing from here on, up to a pause."""
    return int(np.argmax(np.append(came[:_PAUSE], True)))


def _joined(parts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Parts with less than a pause between them, as one."""
    ends = itertools.pairwise([*parts, (-1, -1)])
    start = parts[0][0] if parts else 0
    for (_, end), (later, _) in ends:
        if later < 0 or later - end >= _PAUSE:
            yield start, end
            start = later


def _wider(marked: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    return np.convolve(marked, np.ones(2 * by + 1, np.int8), "same") > 0 if marked.any() else marked


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each run of what is on."""
    steps = np.flatnonzero(np.diff(on, prepend=False, append=False)).tolist()
    return list(zip(steps[::2], steps[1::2], strict=True))
