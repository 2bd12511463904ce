"""What a network does to audio on its way, as data: the bad lines of the testbed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

Toward = Literal["caller", "agent"]


@dataclass(frozen=True)
class Impairment:
    """Of the audio toward one side of a call; 0 leaves it alone. RTCP is delayed, and no more."""

    lose_one_in: int = 0
    """One packet of each so many is lost, at a place that chance decides."""
    swap_one_in: int = 0
    """One packet of each so many comes after the one behind it."""
    delay_ms: int = 0
    """Each packet comes so much later."""
    jitter_ms: int = 0
    """And up to so much more, each by chance, but in order: a queue on the way."""
    clip_start_ms: int = 0
    """The beginning of each stretch of sound comes as silence."""
    clip_end_ms: int = 0
    """The end of each stretch of sound comes as silence; the line looks ahead, so it delays."""


def combined(impairments: Iterable[Impairment]) -> Impairment:
    """All of them on one line; of two that do the same the larger number counts."""
    each = list(impairments)
    return Impairment(
        **{
            field.name: max((getattr(one, field.name) for one in each), default=0)
            for field in fields(Impairment)
        }
    )
