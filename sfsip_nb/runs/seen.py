"""What the journal says of a run: its last attempt, and what was last seen of each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfsip_nb.engine import leftover
from sfsip_nb.engine.cause_rows import CauseRow, CausesRow
from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.journal import AttemptRow, Journal, JournaledStep
from sfsip_nb.engine.leftover import Left
from sfsip_nb.engine.plan import Plan
from sfsip_nb.engine.verdicts import DONE, Verdict

DIAGNOSE = "diagnose"
"""The step that names causes; its section shows them."""


@dataclass(frozen=True)
class LastSeen:
    """What the journal says: what the run was last opened with, and each step's newest row."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    attempt: AttemptRow | None = None
    rows: Mapping[str, JournaledStep] = field(default_factory=dict)
    causes: CausesRow = field(default_factory=CausesRow)
    plan: Plan | None = None
    left: Sequence[Left] = ()

    def is_of_now(self, row: JournaledStep) -> bool:
        """Whether a row is of the last attempt."""
        return self.attempt is not None and row.attempt == self.attempt.id

    @property
    def kinds(self) -> set[str]:
        """The kinds of objects that a plan changes which no person has approved yet."""
        planning = self.attempt is not None and self.attempt.mode == "plan"
        if self.plan is None or self.plan.stopped or not planning:
            return set()
        return {entry.kind for entry in self.plan.changes}

    def awaits_plan(self, row: JournaledStep) -> bool:
        """Whether a step waits for the plan to be approved, whatever else it waits for."""
        waits = [c.id.split("/") for c in row.checks if c.verdict is Verdict.WAITING]
        return self.is_of_now(row) and any(self.kinds & {*parts[1:2]} for parts in waits)

    @property
    def named(self) -> list[CauseRow]:
        """The causes that the attempt has named, as far as what they explain is still so."""
        open_ = {id_ for id_, row in self.rows.items() if row.verdict not in DONE}
        return [cause for cause in self.causes.named if explained(cause) & (open_ | {DIAGNOSE})]


def explained(cause: CauseRow) -> set[str]:
    """The steps whose checks failed because of a cause."""
    return {check.partition("/")[0] for check in cause.explains}


def read(folder: Path, opened: Journal | None) -> LastSeen:
    """What was rolled back since is no longer so, whatever was seen before."""
    if not (folder / JOURNAL).exists():
        return LastSeen()
    with nullcontext(opened) if opened else closing(Journal(folder / JOURNAL)) as journal:
        kept, attempts = journal.get("parameters", {}), journal.attempts()
        undone = max((a.id for a in attempts if a.kind == "rollback"), default=0)
        rows = {id_: row for id_, row in journal.steps().items() if row.attempt > undone}
        last = _current(attempts, journal.last_judged())
        causes = journal.get(f"causes/{last.id}", {}) if last else {}
        plan = journal.get(f"plan/{last.id}") if last else None
        left = leftover.left(journal)
    values = kept.get("values", {})
    facts = {name: values.get(name) for name in ("customer", "target")}
    facts["faults"] = values.get("testbed", {}).get("faults", [])
    facts["guide"] = kept.get("guide")
    found = CausesRow.model_validate(causes)
    return LastSeen(facts, last, rows, found, Plan.of(plan) if plan else None, left)


def _current(attempts: list[AttemptRow], judged: int | None) -> AttemptRow | None:
    """The last attempt; the one before where none of its steps has run and it is of the same kind.

    Looking into a notebook after the record begins another one.
    """
    if not attempts:
        return None
    kinds = {a.id: (a.mode, a.facts.testbed and a.facts.testbed.faults) for a in attempts}
    last = attempts[-1]
    same = judged is not None and kinds[judged] == kinds[last.id]
    return next(a for a in attempts if a.id == judged) if same else last
