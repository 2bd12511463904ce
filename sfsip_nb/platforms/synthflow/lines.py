"""Bad lines between a contact center and Synthflow, as conditions of the testbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sfsip_nb.inputs.impairment import Impairment, Toward
from sfsip_nb.inputs.platform import Fault


class BadLine(NamedTuple):
    """What it is called, does, and leaves as it is; ``{toward}`` is a side of the call."""

    name: str
    effect: str
    does: Impairment
    leaves: str


_LOST = "every verdict of the guide; whoever hears it counts the loss"
_AT_LIMIT = f"{_LOST}, at which `sfsip probe call` begins to fail"
_LATE = "every verdict of the guide; whoever hears it counts no loss"
_CUT = "every verdict of the guide, and the figures of a good call"

BAD_LINES = (
    BadLine("loss-1", "1 % of the audio {toward} is lost", Impairment(lose_one_in=100), _LOST),
    BadLine("loss-3", "3 % of the audio {toward} is lost", Impairment(lose_one_in=33), _LOST),
    BadLine("loss-5", "5 % of the audio {toward} is lost", Impairment(lose_one_in=20), _AT_LIMIT),
    BadLine(
        "jitter-60",
        "audio {toward} comes up to 60 ms later, at random for each packet",
        Impairment(jitter_ms=60),
        _LATE,
    ),
    BadLine(
        "jitter-120",
        "audio {toward} comes up to 120 ms later, at random for each packet",
        Impairment(jitter_ms=120),
        _LATE,
    ),
    BadLine(
        "delay-300",
        "audio {toward} comes 300 ms later",
        Impairment(delay_ms=300),
        _LATE,
    ),
    BadLine(
        "reordering",
        "one in twenty packets of audio {toward} comes after the next one",
        Impairment(swap_one_in=20),
        _LATE,
    ),
    BadLine(
        "clipped-start",
        "the first 400 ms of anything said {toward} come as silence",
        Impairment(clip_start_ms=400),
        _CUT,
    ),
    BadLine(
        "clipped-end",
        "the last 300 ms of anything said {toward} come as silence",
        Impairment(clip_end_ms=300),
        _CUT,
    ),
)

_TOWARD: tuple[tuple[Toward, str], ...] = (
    ("caller", "toward the caller"),
    ("agent", "toward the AI agent"),
)


def _conditions() -> Iterator[Fault]:
    for bad in BAD_LINES:
        for toward, words in _TOWARD:
            yield Fault(
                f"synthflow.{bad.name}-to-{toward}",
                bad.effect.format(toward=words),
                line=(toward, bad.does),
                leaves=bad.leaves,
            )


LINES = tuple(_conditions())
