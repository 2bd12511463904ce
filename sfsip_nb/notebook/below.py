"""What a person types below a notebook's plans and cards, which its next cell honors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from sfsip_nb.engine.context import Context
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.notebook import cards
from sfsip_nb.notebook.workspace import Workspace

_BY = "by"


class Below:
    """What was typed in this kernel below one notebook's outputs."""

    def __init__(self) -> None:
        self._plans: dict[str, dict[str, str]] = {}
        self._cards: defaultdict[str, dict[str, str]] = defaultdict(dict)

    @staticmethod
    def of(run: str, notebook: str) -> Below:
        """What was typed into a run's notebook."""
        return _kept[run, notebook]

    def plan(self, digest: str) -> dict[str, str]:
        """Where what is typed below a plan goes, by its `Plan.digest`. It is shown now."""
        self._plans[digest] = typed = self._plans.pop(digest, {})  # the last one
        return typed

    def card(self, step_id: str) -> dict[str, str]:
        """Where what is typed below a step's card goes."""
        return self._cards[step_id]

    def approve(self, by: str) -> None:
        """Type a name below the plan that was shown last. Raises ``InputError`` without either."""
        if not self._plans:
            raise InputError(
                "plan",
                "This notebook has not shown a plan yet. Show it with run.plan(), read it, then"
                " approve it.",
            )
        if not by.strip():
            raise InputError("plan", "A person approves a plan: give a name.")
        next(reversed(self._plans.values()))[_BY] = by

    def honor_approval(self, workspace: Workspace) -> None:
        """Approve the plan below which a name was typed. Raises ``InputError`` where it changed."""
        workspace.engine()  # a name outlasts an input that is wrong
        for digest, typed in list(self._plans.items()):
            with _honored(typed) as by:
                if by:
                    workspace.approve(by, digest)

    def honor_answers(self, ctx: Context, until: str) -> None:
        """Answer the cards below which a name was typed. Raises ``InputError`` for no answer.

        Each is honored, `until` its own step's turn has come: before, what it is about may not be
        there.
        """
        ids = [step.id for step in ctx.guide.steps]
        for step_id in ids[: ids.index(until) + 1]:
            typed = self._cards[step_id]
            with _honored(typed) as by:
                if by:
                    said = {name: value for name, value in typed.items() if value and name != _BY}
                    note = said.pop("note", "")
                    cards.answer(ctx, step_id, by, note, "", (), said)


@contextmanager
def _honored(typed: dict[str, str]) -> Iterator[str]:
    """Who gave a name, if somebody did. What is refused is asked for anew; what is interrupted
    stands there still, for the next cell."""
    try:
        yield typed.get(_BY, "")
    except InputError:
        typed.pop(_BY, None)
        raise
    typed.pop(_BY, None)


_kept: defaultdict[tuple[str, str], Below] = defaultdict(Below)
"""By run and notebook: Run All opens the run again, and nobody types anything twice."""
