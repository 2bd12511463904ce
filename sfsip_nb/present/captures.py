"""What captures show: their calls as tables, their ladders as pictures, one page of both."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfsip_nb.present import ladders, tables
from sfsip_nb.present.html import environment
from sfsip_nb.present.tables import Shown

if TYPE_CHECKING:
    from sfsip_nb.sip.evidence import Diagnosis

_COLUMNS = {
    "call": "Call",
    "verdict": "Verdict",
    "sentence": "What was seen and what it means",
    "remedy": "What to do",
    "messages": "Messages",
}


def calls(name: str, rows: Sequence[Mapping[str, Any]], notes: Iterable[str] = ()) -> Shown:
    """A row for each finding, as `Diagnosis.rows` has them; one without verdict is a remark."""
    shown = [{**row, "verdict": row["verdict"] or "remark"} for row in rows]
    table = tables.plain_table(shown, _COLUMNS, f"Calls in {name}")
    for note in notes:
        table = table + tables.notice(note, "doubt")
    return table


def shown(found: Iterable[tuple[str, str, Diagnosis]]) -> Shown:
    """Captures one after the other, each with its table and ladders, or why it was not read."""
    parts = []
    for name, unread, diagnosis in found:
        if unread:
            parts.append(tables.notice(unread, "bad"))
            continue
        parts.append(calls(name, diagnosis.rows(), diagnosis.notes))
        parts += [tables.ladder(one.picture().encode(), one.name) for one in diagnosis.drawn]
    return functools.reduce(operator.add, parts)


def page(found: Iterable[tuple[str, Diagnosis]]) -> str:
    """One page of its own: each capture's calls, and their ladders."""
    chapters = [
        {
            "name": name,
            "table": calls(name, diagnosis.rows(), diagnosis.notes).html,
            "ladders": [ladders.read(report.picture().encode()) for report in diagnosis.drawn],
            "left": len(diagnosis.reports) - len(diagnosis.drawn),
        }
        for name, diagnosis in found
    ]
    return environment().get_template("captures.html").render(chapters=chapters)
