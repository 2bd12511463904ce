"""What a DataFrame of results is made of: its columns, their dtypes, and its rows.

Times are aware of their zone (UTC), durations are in seconds, verdicts are ordered from the worst
to the best. docs/data.md says what each column means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfsip_nb.engine.cause_rows import IssueRow
from sfsip_nb.engine.nights import NightRow
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import ChangeRow, DialledRow, StepRow
from sfsip_nb.present import answering
from sfsip_nb.present.nights import changed

if TYPE_CHECKING:
    from pandas import DataFrame

Row = Mapping[str, Any]

RUN = {
    "customer": "text",
    "guide": "text",
    "run": "text",
    "attempt": "count",
    "target": "text",
    "mode": "text",
}
"""What tells one attempt from all others; it stands first in each frame of `Frames`."""

COLUMNS: dict[str, dict[str, str]] = {
    "attempts": {
        "started": "time",
        "ended": "time",
        "seconds": "number",
        "verdict": "verdict",
        "partial": "flag",
        "faults": "text",
    },
    "steps": {
        "section": "text",
        "step": "text",
        "title": "text",
        "verdict": "verdict",
        "change": "text",
        "started": "time",
        "ended": "time",
        "seconds": "number",
        "reason": "text",
    },
    "checks": {
        "step": "text",
        "check": "text",
        "number": "text",
        "title": "text",
        "weight": "text",
        "vantage": "text",
        "verdict": "verdict",
        "expected": "text",
        "seen": "text",
        "reason": "text",
        "at": "time",
        "basis": "list",
        "evidence": "list",
        "proved_by": "list",
    },
    "changes": {
        "step": "text",
        "system": "text",
        "object": "text",
        "change": "text",
        "field": "text",
        "before": "text",
        "after": "text",
        "outcome": "text",
        "at": "time",
        "undone": "time",
    },
    "calls": {
        "step": "text",
        "number": "text",
        "mark": "text",
        "at": "time",
        "account": "text",
        "approved_by": "text",
        "code": "count",
        "phrase": "text",
        "seconds": "number",
        "ended_by": "text",
        "bye_code": "count",
        "codec": "text",
        "packets_sent": "count",
        "packets_received": "count",
        "loss_percent": "number",
        "jitter_ms": "number",
        "round_trip_ms": "number",
        "mos": "number",
        "heard": "list",
        "first_word_ms": "count",
        "greeting_s": "number",
        "turns": "count",
        "replies": "count",
        "gap_p50_ms": "count",
        "gap_p95_ms": "count",
        "barge_in_ms": "count",
        "dead_air_s": "number",
        "evidence": "list",
    },
    "turns": {
        "step": "text",
        "number": "text",
        "mark": "text",
        "start_s": "number",
        "end_s": "number",
        "reply_s": "number",
        "gap_ms": "count",
        "error_ms": "count",
        "how": "text",
    },
    "messages": {
        "step": "text",
        "evidence": "text",
        "at": "time",
        "call_id": "text",
        "source": "text",
        "destination": "text",
        "transport": "text",
        "method": "text",
        "code": "count",
        "phrase": "text",
        "cseq": "count",
        "bytes": "count",
    },
    "quality": {
        "step": "text",
        "evidence": "text",
        "number": "text",
        "direction": "text",
        "vantage": "text",
        "second": "count",
        "at": "time",
        "level_dbov": "number",
        "missing": "number",
        "silent": "number",
    },
    "diagnosis": {
        "cause": "text",
        "became": "text",
        "certain": "flag",
        "because": "text",
        "remedy": "text",
        "steps": "list",
    },
    "customers": {
        "fleet": "text",
        "night": "text",
        "outcome": "text",
        "exit_code": "count",
        "reason": "text",
        "changed": "text",
        "since": "text",
        "before": "text",
        "reply_ms": "count",
        "started": "time",
        "ended": "time",
        "seconds": "number",
        "record": "text",
    },
}
"""The columns of each frame, and what each holds."""

_DTYPES = {
    "text": "str",
    "count": "Int64",
    "number": "Float64",
    "flag": "boolean",
    "time": "datetime64[us, UTC]",
    "list": "object",
}
_WORST_FIRST = ["fail", "blocked", "waiting", "inconclusive", "skipped", "waived", "pass"]


def frame(rows: Iterable[Row], columns: Mapping[str, str]) -> DataFrame:
    """Rows as a DataFrame with just these columns, each of the dtype of what it holds."""
    import pandas as pd

    made = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    verdicts = pd.CategoricalDtype(_WORST_FIRST, ordered=True)
    for name, kind in columns.items():
        column = made[name]
        if kind == "time":
            made[name] = pd.to_datetime(
                column.where(column.ne(""), None), format="ISO8601", utc=True
            ).astype(_DTYPES["time"])
        elif kind == "verdict":
            made[name] = column.astype("str").astype(verdicts)
        else:
            made[name] = column.astype(_DTYPES[kind])
    return made


def attempts(rows: Iterable[Record]) -> Iterator[Row]:
    """One row an attempt."""
    for row in rows:
        yield {
            "started": row.started,
            "ended": row.ended,
            "seconds": _between(row.started, row.ended),
            "verdict": row.verdict,
            "partial": row.partial,
            "faults": ", ".join(row.testbed.faults) if row.testbed else "",
        }


def steps(rows: Iterable[StepRow]) -> Iterator[Row]:
    """One row a step."""
    for row in rows:
        yield row.model_dump() | {"step": row.id, "seconds": _between(row.started, row.ended)}


def checks(rows: Iterable[StepRow]) -> Iterator[Row]:
    """One row a check."""
    for row in rows:
        for check in row.checks:
            yield check.model_dump() | {"step": row.id, "check": check.id}


def changes(rows: Iterable[ChangeRow]) -> Iterator[Row]:
    """One row a field of an object that is changed, or one for an object without fields."""
    for row in rows:
        whole = row.model_dump(exclude={"fields"}) | dict.fromkeys(("field", "before", "after"), "")
        for field in row.fields:
            told = {name: _text(getattr(field, name)) for name in ("before", "after")}
            yield whole | {"field": field.field} | told
        if not row.fields:
            yield whole


def calls(rows: Iterable[DialledRow]) -> Iterator[Row]:
    """One row a call that was placed; figures are missing where there was nothing to measure."""
    for row in rows:
        seen = row.seen
        figures = answering.figures(seen.answering) if seen and seen.answering else {}
        own = seen.model_dump(exclude={"answering"}) if seen else {}
        yield row.model_dump(exclude={"seen"}) | own | figures


def turns(rows: Iterable[DialledRow]) -> Iterator[Row]:
    """One row a turn of a caller, in the calls whose turns were measured."""
    for row in rows:
        for turn in row.seen.answering.turns if row.seen and row.seen.answering else ():
            gap = {"gap_ms": turn.gap.ms, "error_ms": turn.gap.error_ms} if turn.gap else {}
            call = {"step": row.step, "number": row.number, "mark": row.mark}
            yield call | turn.model_dump(exclude={"gap"}) | gap


def diagnosis(rows: Iterable[IssueRow]) -> Iterator[Row]:
    """One row a row of the guide's troubleshooting table, those with a named cause first."""
    for row in rows:
        yield row.model_dump() | {"because": "\n".join(row.because)}


def customers(nights: Iterable[NightRow]) -> Iterator[Row]:
    """One row a customer and night."""
    for night in nights:
        for row in night.customers:
            yield row.model_dump(exclude={"compared", "replies_ms"}) | {
                "reply_ms": next(reversed(row.replies_ms), None),
                "fleet": night.fleet,
                "night": night.night,
                "changed": "\n".join(changed(row)),
                "seconds": _between(row.started, row.ended),
            }


ROWS: Mapping[str, Callable[[Iterable[Any]], Iterable[Row]]] = {
    "attempts": attempts,
    "steps": steps,
    "checks": checks,
    "changes": changes,
    "calls": calls,
    "turns": turns,
    "messages": iter,
    "quality": iter,
    "diagnosis": diagnosis,
    "customers": customers,
}
"""What makes the rows of each table out of those of a record."""


def table(name: str, rows: Iterable[Any]) -> Callable[[], DataFrame]:
    """A table of `COLUMNS`, made when it is asked for: that imports pandas."""
    return lambda: frame(ROWS[name](rows), COLUMNS[name])


def _between(began: str, ended: str | None) -> float | None:
    if not began or not ended:
        return None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
