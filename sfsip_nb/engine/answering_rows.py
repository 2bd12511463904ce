"""How the AI agent answered a test call, as the record holds it.

The names and definitions are those of `sfsip_nb.sip.evidence.answers`; docs/answering.md has them
in full. Places in a call (`_s`) are seconds after its answer.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sfsip_nb.engine.shape import Shape

EXPECTATIONS = ("greeting", "greeting-heard", "first-word", "response", "contains", "recognized")
"""The checks that hold a call against what is expected: their ids' part after the step's."""


class FigureRow(Shape):
    """A time that was measured."""

    ms: int
    error_ms: int = Field(description="By how much it may be wrong, either way.")


class LengthRow(Shape):
    """How long something lasted."""

    s: float
    error_ms: int = Field(description="By how much it may be wrong, either way.")


class GapsRow(Shape):
    """From the end of the caller's turns to the replies."""

    n: int = Field(description="How many were measured.")
    p50: FigureRow | None = None
    p95: FigureRow | None = None


class TurnRow(Shape):
    """What the caller said at a stretch, and the reply."""

    start_s: float
    end_s: float
    reply_s: float | None = None
    gap: FigureRow | None = None
    how: Literal["answered", "late", "overlap", "unanswered"]


class BargeInRow(Shape):
    """The caller began to speak while the agent spoke."""

    at_s: float
    stops: FigureRow | None = Field(default=None, description="Null: it spoke to the end.")


class DeadAirRow(Shape):
    """More than 2 s in which nobody spoke."""

    at_s: float
    s: float
    whose: Literal["caller", "agent"] = Field(description="Whose turn it was.")


class ClippedRow(Shape):
    """Speech of the agent that may have lost its begin or its end, as far as the wire shows."""

    at_s: float
    edge: Literal["begin", "end"]
    why: str


class AnsweringRow(Shape):
    """How the agent answered, as measured at the caller's end of the call."""

    measured: str
    first_word: FigureRow | None = Field(default=None, description="From the answer.")
    greeting: LengthRow | None = None
    gaps: GapsRow | None = None
    turns: list[TurnRow] = Field(default=[], description="Of the caller, in order.")
    barge_ins: list[BargeInRow] = Field(default=[], description="In order.")
    dead_air: list[DeadAirRow] = Field(default=[], description="In order.")
    clipped: list[ClippedRow] = Field(default=[], description="In order.")
    spoke_s: dict[str, float] = Field(default={}, description="Seconds that each side spoke.")
    notes: list[str] = Field(default=[], description="What cannot be told, and why.")

    @property
    def agent_spoke(self) -> bool | None:
        """Whether speech of the agent was heard; None where nothing of its sound came."""
        return self.spoke_s["agent"] > 0 if "agent" in self.spoke_s else None
