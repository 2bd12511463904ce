"""Guide section "Quick Troubleshooting": the causes of what failed, and what became of each row.

A row is data: the symptom and the fix as the document has them, and which checks would show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sfsip_nb.engine.cause_rows import CauseRow, CausesRow, IssueRow
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.rows import CheckRow, StepRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.platforms.shared import captures, naming
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip.shown import counted

SECTION = "06-troubleshooting"
_STEP = "diagnose"


@dataclass(frozen=True)
class TroubleshootingRow:
    """One row of the troubleshooting table. ``shown_by`` are beginnings of check or step ids."""

    id: str
    issue: str
    fix: str
    shown_by: tuple[str, ...]


def ranked(
    rows: Iterable[TroubleshootingRow], causes: CausesRow, checks: Iterable[CheckRow]
) -> list[IssueRow]:
    """The rows, those of named causes first, each with what became of it.

    A row is ruled out only where a check that would show it passed.
    """
    seen = list(checks)
    return sorted((_issue(row, causes, seen) for row in rows), key=lambda made: not made.certain)


def _issue(row: TroubleshootingRow, causes: CausesRow, checks: list[CheckRow]) -> IssueRow:
    named = [cause for cause in causes.named if _is_of(cause, row)]
    open_ = [left for left in causes.unexplained if left.check.startswith(row.shown_by)]
    shown = [c for c in checks if c.id.startswith(row.shown_by) and c.verdict == "pass"]
    if named:
        became, because = "named", [cause.sentence for cause in named]
    elif open_:
        became, because = "open", [f"{left.title} ({left.check}): {left.seen}" for left in open_]
    else:
        became, because = ("ruled out" if shown else "not tested"), []
    return IssueRow.model_validate(
        {
            "id": row.id,
            "cause": row.issue,
            "because": because,
            "certain": bool(named),
            "remedy": row.fix,
            "steps": sorted({id.partition("/")[0] for cause in named for id in cause.explains}),
            "became": became,
        }
    )


def _is_of(cause: CauseRow, row: TroubleshootingRow) -> bool:
    """Whether a cause belongs to a row: by its data, else by the check that shows it."""
    return cause.row == row.id if cause.row else cause.proof[0].check.startswith(row.shown_by)


def step(rows: tuple[TroubleshootingRow, ...], hint: str) -> Step:
    """The step ``diagnose`` for a guide's rows; ``hint`` is the document's closing note."""

    def diagnose(ctx: Context) -> list[Check]:
        read = captures.read(ctx.run_dir)
        steps = _steps(ctx)
        checks = [check for row in steps for check in row.checks] + captures.signs(read)
        inputs = ctx.parameters.model_dump(mode="json", by_alias=True)
        causes = naming.diagnose(ctx.guide, inputs, checks)
        issues = ranked(rows, causes, checks)
        ctx.journal.put(f"diagnosis/{ctx.attempt}", [issue.as_json() for issue in issues])
        ctx.journal.put(f"causes/{ctx.attempt}", causes.as_json())
        return [
            check(
                f"{_STEP}/read",
                "This run's evidence was read",
                "at least one step's checks, or a capture",
                f"{counted(len(steps), 'step')}, {counted(len(read), 'capture')}",
                bool(steps or read),
                Vantage.HERE,
                basis=Basis.RUN,
                reason="Run the sections before this one first.",
            ),
            *captures.checks(ctx, read),
            *map(_named, causes.named),
            *([_unexplained(causes)] if causes.unexplained else []),
            *([_untested(causes)] if causes.untested else []),
            *map(_became, issues),
        ]

    reason = _nothing_yet(hint)
    return Step(_STEP, SECTION, "Name the causes", check=diagnose, skip_reason=reason)


def _steps(ctx: Context) -> list[StepRow]:
    """The steps of this attempt; of earlier ones only what was read, for a call is past."""
    rows = ctx.journal.steps() | ctx.journal.steps(ctx.attempt)
    now = ctx.journal.steps(ctx.attempt).keys()
    calls = {step.id for step in ctx.guide.steps if step.dials}
    return [row for id, row in rows.items() if id != _STEP and (id in now or id not in calls)]


def _told(
    name: str, title: str, expected: str, seen: str, reason: str, ok: bool | None = None
) -> Check:
    """What the diagnosis tells. It is advice: the step passes where evidence was read."""
    return check(
        f"{_STEP}/{name}",
        title,
        expected,
        seen,
        ok,
        Vantage.HERE,
        basis=Basis.RUN,
        advisory=True,
        reason=reason,
    )


def _named(cause: CauseRow) -> Check:
    return _told(
        f"cause/{cause.id}",
        f"{cause.side}, {cause.object}: {cause.field}",
        cause.value or "in order",
        cause.sentence,
        f"{cause.path}: {cause.value}" if cause.value else cause.path,
        ok=False,
    )


def _unexplained(causes: CausesRow) -> Check:
    return _told(
        "unexplained",
        "A known cause explains everything that failed",
        "nothing is left",
        "; ".join(f"{left.title} ({left.check})" for left in causes.unexplained),
        "None of the known causes fits. Look at the evidence of these checks, and send support the"
        " file that `sfsip bundle` makes of this run.",
    )


def _untested(causes: CausesRow) -> Check:
    return _told(
        "untested",
        "Everything else could be checked",
        "the named causes hide nothing",
        "; ".join(f"{one.side}, {one.object}: {one.field}" for one in causes.untested),
        "These cannot be checked until the named causes are fixed. Fix them, then verify again.",
    )


def _became(issue: IssueRow) -> Check:
    verdicts = {"named": False, "ruled out": True}
    words = {"named": "; ".join(issue.because), "open": "not ruled out"}
    return _told(
        issue.id,
        issue.cause,
        "no sign of it",
        words.get(issue.became, issue.became),
        issue.remedy,
        ok=verdicts.get(issue.became),
    )


def _nothing_yet(hint: str) -> Callable[[Context], str]:
    def reason(ctx: Context) -> str:
        seen = ctx.journal.steps() or captures.read(ctx.run_dir)
        return "" if seen else f"Nothing has been run yet. {hint}"

    return reason
