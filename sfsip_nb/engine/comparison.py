"""One attempt held against the one before it: verdicts, values, causes and inputs that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from sfsip_nb.engine.rows import CheckRow, FieldRow
from sfsip_nb.engine.shape import Instant, Shape
from sfsip_nb.engine.verdicts import Basis

if TYPE_CHECKING:
    from sfsip_nb.engine.record import Record

NOT_RUN = "not run"
_OF_A_CALL = frozenset({Basis.CALL, Basis.PROBE})


class StepTurnRow(Shape):
    """A step whose verdict is another one."""

    id: str
    before: str = Field(description="Its verdict then, or `not run`.")
    after: str = Field(description="Its verdict now, or `not run`.")


class CheckTurnRow(Shape):
    """A check of both attempts with another verdict, or with another value that should be."""

    id: str
    title: str
    before: str = Field(description="Its verdict then.")
    after: str = Field(description="Its verdict now.")
    seen_before: str
    seen_after: str
    wanted: bool = Field(description="Whether what should be is another value than then.")


class ComparisonRow(Shape):
    """What is otherwise than in the attempt before, of those in which a step was judged."""

    attempt: int = Field(description="Number of that attempt.")
    mode: str
    started: Instant
    verdict: str
    steps: list[StepTurnRow]
    checks: list[CheckTurnRow]
    causes_new: list[str] = Field(description="Causes that are named now and were not then.")
    causes_cured: list[str] = Field(description="Causes that were named then and are not now.")
    inputs: list[FieldRow] = Field(description="Inputs that differ, by their dotted keys.")


def compared(now: Record, then: Record) -> ComparisonRow:
    """What differs between two attempts of a run, in the order of the newer one's steps."""
    causes_now = {cause.id: cause.sentence for cause in now.causes.named}
    causes_then = {cause.id: cause.sentence for cause in then.causes.named}
    return ComparisonRow(
        attempt=then.attempt,
        mode=then.mode,
        started=then.started,
        verdict=then.verdict,
        steps=list(_steps(now, then)),
        checks=list(_checks(now, then)),
        causes_new=[told for id_, told in causes_now.items() if id_ not in causes_then],
        causes_cured=[told for id_, told in causes_then.items() if id_ not in causes_now],
        inputs=list(_inputs(now.inputs, then.inputs)),
    )


def _steps(now: Record, then: Record) -> Iterator[StepTurnRow]:
    after, before = ({step.id: str(step.verdict) for step in one.steps} for one in (now, then))
    for id_ in dict.fromkeys([*after, *before]):
        row = StepTurnRow(id=id_, before=before.get(id_, NOT_RUN), after=after.get(id_, NOT_RUN))
        if row.before != row.after:
            yield row


def _checks(now: Record, then: Record) -> Iterator[CheckTurnRow]:
    before = {check.id: check for step in then.steps for check in step.checks}
    for step in now.steps:
        for check in step.checks:
            if (was := before.get(check.id)) and _turned(check, was):
                yield CheckTurnRow(
                    id=check.id,
                    title=check.title,
                    before=was.verdict,
                    after=check.verdict,
                    seen_before=was.seen,
                    seen_after=check.seen,
                    wanted=_wanted(check, was),
                )


def _turned(now: CheckRow, then: CheckRow) -> bool:
    return now.verdict is not then.verdict or _wanted(now, then)


def _wanted(now: CheckRow, then: CheckRow) -> bool:
    """Whether what should be is another value: what a call should show is each call's own."""
    return now.expected != then.expected and _OF_A_CALL.isdisjoint(now.basis)


def _inputs(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[FieldRow]:
    """The mode and people's answers are told elsewhere in the record."""
    after, before = dict(_flat(now)), dict(_flat(then))
    for key in dict.fromkeys([*after, *before]):
        if key.partition(".")[0] not in ("mode", "people") and after.get(key) != before.get(key):
            yield FieldRow(field=key, before=before.get(key), after=after.get(key))


def _flat(inputs: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in inputs.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
