"""What a run that was stopped has left: writes whose fate is unknown, and objects half changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sfsip_nb.engine.changes import Change
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Fields


@dataclass(frozen=True)
class Left:
    """What one write has left, in a sentence or two, and what to do."""

    change: Change
    what: str
    todo: str

    @property
    def told(self) -> str:
        """All of it."""
        return f"{self.what} {self.todo}"

    def is_told_in(self, texts: Iterable[str]) -> bool:
        """Whether one of some texts is about that object already."""
        name = f"{self.change.kind} “{self.change.key}”"
        return any(name in told for told in texts)


def left(journal: Journal, attempt: int | None = None) -> list[Left]:
    """What is left of an attempt and those before it, or of all; not what is at work now."""
    found = journal.changes.left_over(attempt, without=journal.rollbacks)
    running = journal.running if found else set()
    idle = [change for change in found if change.step not in running]
    return [_unknown(change) if change.open else _half(change) for change in idle]


def by_hand(values: Fields) -> str:
    """What to do about an object that was left half changed; with `values` it is whole again."""
    wanted = "; ".join(f"{name}: {text(value)}" for name, value in values.items())
    return (
        f"Put it back by hand at once ({wanted}), or run the same command again: apply completes"
        " the change, rollback undoes it."
    )


def _unknown(change: Change) -> Left:
    what = f"Whether the {change} was carried out is unknown."
    if change.half:
        what += f" If it was, {change.half}"
    return Left(change, what, "Apply or roll back: both look at what is there before they write.")


def _half(change: Change) -> Left:
    return Left(change, change.half, by_hand(change.before))
