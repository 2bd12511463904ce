"""What an attempt came to, in a word and in sentences, the same on a page, in a log and in CI."""

from collections.abc import Iterator, Sequence

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import ChangeRow, PlanRow
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.present.alike import alike_changes
from sfsip_nb.present.html import object_name

PARTIAL, PLAN = "partial", "plan"
PLANNED = {"action": "To do", "what": "What", "step": "Step"}
"""The columns of a plan in short."""


def word(record: Record) -> str:
    """The verdict; `plan` for a plan in which nothing failed, `partial` where that is all.

    Steps that were not run leave an attempt inconclusive, if nothing worse does.
    """
    if record.mode == "plan" and record.plan and record.verdict is not Verdict.FAIL:
        return PLAN
    return PARTIAL if record.partial and record.verdict is Verdict.INCONCLUSIVE else record.verdict


def sentences(record: Record) -> Iterator[str]:
    """What a plan is to do, and what was not run; nothing for an attempt that has all its steps."""
    if record.mode == "plan" and record.plan:
        yield planned(record.plan)
    if record.partial:
        missing, whole = record.not_run, len(record.steps) + len(record.not_run)
        yield f"Partial: {_not_run(len(missing), whole)} ({_where(record)})."


def _not_run(count: int, whole: int) -> str:
    return f"{count} of {whole} steps {'was' if count == 1 else 'were'} not run"


def _where(record: Record) -> str:
    """The titles of the sections in which no step was run, and the other steps' ids."""
    ran = {step.section for step in record.steps}
    titles = {section.id: section.title for section in record.sections}
    named = [
        step.id if step.section in ran else titles.get(step.section, step.section)
        for step in record.not_run
    ]
    return ", ".join(dict.fromkeys(named))


def section(title: str, missing: Sequence[str], of: int) -> str:
    """A section's title, and how many of its steps were not run where some were not."""
    return f"{title}: {_not_run(len(missing), of)}" if missing else title


def planned(plan: PlanRow) -> str:
    """`counted`, and how many of the changes need adopt."""
    told = f"{counted(plan.changes, len(plan.cards))}."
    theirs = sum(bool(change.note) for change in plan.changes)
    return told + (f" {theirs} need adopt: they belong to somebody else." if theirs else "")


def counted(changes: Sequence[ChangeRow], by_people: int) -> str:
    """`7 to create, 4 to change, 6 by a person, 0 to delete`: a plan deletes nothing."""
    made = [change.change for change in changes]
    return (
        f"{made.count('create')} to create, {made.count('update')} to change,"
        f" {by_people} by a person, {made.count('delete')} to delete"
    )


def planned_rows(plan: PlanRow) -> list[dict[str, str]]:
    """What a plan is to do, in order, under the names of `PLANNED`."""
    words = {"create": "create", "update": "change"}
    changes = alike_changes(plan.changes)
    rows = [(words.get(c.change, c.change), object_name(c.object), c.step) for c in changes]
    rows += [("by a person", card.title, card.step) for card in plan.cards]
    return [dict(zip(PLANNED, row, strict=True)) for row in rows]
