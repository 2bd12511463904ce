"""A night of a fleet: what is said of each customer, and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sfsip_nb.engine.nights import CustomerRow, NightRow
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.verdicts import DONE, Verdict
from sfsip_nb.present.html import deciding, environment
from sfsip_nb.present.text import one_line, some

_MOST = 3
_DIAGNOSE = "diagnose"
"""The step whose checks are the causes, which are told as such."""


def why(record: Record) -> str:
    """Why a record is not a pass: where it stopped, its causes, or its first open steps."""
    if record.broke_off:
        return f"Stopped early in {record.broke_off}"
    if record.causes.named:
        return " ".join(one_line(cause.sentence) for cause in record.causes.named[:_MOST])
    open_ = [s for s in record.steps if s.verdict not in {*DONE, Verdict.BLOCKED}]
    told = [f"{step.id}: {one_line(deciding(step))}" for step in open_]
    return "; ".join(told[:_MOST]) + (f" … of {len(told)}" if len(told) > _MOST else "")


def changed(row: CustomerRow) -> list[str]:
    """What differs from the night before, in sentences; none where nothing does."""
    if not row.since:
        return ["No earlier night to compare it with."]
    return list(_turned(row))


def _turned(row: CustomerRow) -> Iterator[str]:
    if row.outcome != row.before:
        yield f"Was {row.before}."
    elif not row.is_finished and row.reason != row.reason_before:
        reason = one_line(row.reason_before)
        yield f"The reason was: {reason}" if reason else "It finished then."
    if not row.is_finished:
        return
    if (then := row.compared) is None:
        if row.record:
            yield "That night's record cannot be read any more: only the verdicts are compared."
        return
    yield from (f"New cause: {one_line(cause)}" for cause in then.causes_new)
    yield from (f"Gone: {one_line(cause)}" for cause in then.causes_cured)
    steps: dict[str, list[str]] = {}
    for step in then.steps:
        steps.setdefault(f"{step.before} → {step.after}", []).append(step.id)
    yield from (f"{turn}: {some(ids)}" for turn, ids in steps.items())
    told = {_DIAGNOSE, *(step.id for step in then.steps)}
    for check in then.checks:
        worth = check.wanted or "fail" in (check.before, check.after)
        if worth and check.id.partition("/")[0] not in told:
            seen = f"{one_line(check.seen_before)} → {one_line(check.seen_after)}"
            yield f"{one_line(check.title)}: {seen}"
    if then.inputs:
        yield f"Other inputs: {some([field.field for field in then.inputs])}"


def trend(row: CustomerRow) -> str:
    """How soon the agent replies, and did in the nights before, as `710 ms (before: 690, 705)`."""
    if not row.replies_ms:
        return ""
    *before, last = row.replies_ms
    return f"{last} ms" + (f" (before: {', '.join(map(str, before))})" if before else "")


def night_html(night: NightRow) -> str:
    """The page of a night."""
    return (
        environment()
        .get_template("fleet.html")
        .render(
            night=night,
            rows=[(row, changed(row)) for row in night.customers],
            trends={row.run: trend(row) for row in night.customers if row.replies_ms},
            counts=Counter(row.outcome for row in night.customers).most_common(),
        )
    )
