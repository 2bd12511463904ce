"""What the assistant says, and how it knows what a caller says: both are recordings."""

from __future__ import annotations

import functools
import io
import wave
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sfsip_nb.sip import Recording
from sfsip_nb.sip.media import recordings
from sfsip_nb.sip.media.g711 import Samples
from sfsip_nb.sip.media.sampling import RATE

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "greeting": "Hello, this is Acme.",
        "support": "Hello, this is the support line.",
        "yes": "Yes, I can hear you.",
        "order": "Your order left on Monday. It arrives on Friday, before noon.",
        "heard": "I heard you.",
        "moment": "One moment, please.",
        "connect": "I connect you.",
        "sorry": "I am sorry, I cannot transfer you.",
        "nobody": "I am sorry, nobody can be reached.",
        "other": "These words are not recorded here.",
    }
)
"""What each recording says; ``voice/README.md`` has how they were made."""

REPLIES: Final[Mapping[str, str]] = MappingProxyType({"hello": "yes", "again": "order"})
"""To what the caller says, by name. To anything else it says that it heard."""

PERSON: Final = "person"
"""The caller wants a person."""

ALIKE: Final = 0.3
"""Correlation of what was heard with a recording from which on they are the same: of one that has
lost its first 400 ms and its last 300 ms it is over 0.35, of any other recording under 0.2."""

_SIZE = 1 << 17
"""Samples that are compared at once: 16 s, of which 8 s were heard."""

_VOICE = Path(__file__).parent / "voice"


@functools.cache
def recorded(name: str) -> Recording:
    """One of the assistant's recordings."""
    return Recording.load(_VOICE / f"{name}.wav", TEXTS[name])


def said(text: str) -> Recording:
    """The recording of a text; one that says so, if there is none."""
    own = (name for name, known in TEXTS.items() if known == text)
    return recorded(next(own, "other"))


def without(recording: Recording, seconds: float) -> Recording:
    """A recording whose speech lacks its first seconds."""
    first = round((recording.begins + seconds) * RATE)
    return Recording(recording.name, recording.text, recording.samples[first:])


def prepare() -> None:
    """Load what a call needs, once, so that no reply waits for it."""
    for name in recordings.CALLER:
        _spectrum(name)


def recognized(heard: Samples) -> str:
    """Which of the caller's recordings this is, "" if none; it may have lost packets and edges."""
    sound = heard[: _SIZE // 2].astype(np.float64)
    power = np.linalg.norm(sound)
    if not power:
        return ""
    spectrum = np.fft.rfft(sound / power, _SIZE)
    likeness = {
        name: float(np.fft.irfft(spectrum * _spectrum(name), _SIZE).max())
        for name in recordings.CALLER
    }
    best = max(likeness, key=likeness.__getitem__)
    return best if likeness[best] >= ALIKE else ""


@functools.cache
def _spectrum(name: str) -> NDArray[np.complex128]:
    """Of a recording of the caller's, of power 1."""
    samples = recordings.caller(name).samples.astype(np.float64)
    return np.conj(np.fft.rfft(samples / np.linalg.norm(samples), _SIZE))


def samples_of(file: bytes) -> Samples:
    """The samples of a WAV file, 16-bit mono."""
    with wave.open(io.BytesIO(file)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.int16)
