"""What captures show: their calls as tables, their ladders as pictures, one page of both."""

from collections.abc import Iterable, Iterator
from typing import Any

from sfsip_nb.sip.evidence import ladder
from sfsip_nb.sip.evidence.diagnose import Diagnosis, Report

from . import ladders, tables
from .html import environment
from .tables import Shown

_COLUMNS = {
    "call": "Call",
    "verdict": "Verdict",
    "sentence": "What was seen and what it means",
    "remedy": "What to do",
    "where": "Messages",
}
_DRAWN = 20
"""Calls of a capture that are drawn, the failed ones first."""


def calls(name: str, diagnosis: Diagnosis) -> Shown:
    """A row for each finding that is worth telling, and the notes."""
    table = tables.plain_table(list(_rows(diagnosis)), _COLUMNS, f"Calls in {name}")
    for note in diagnosis.notes:
        table = table + tables.notice(note, "doubt")
    return table


def _rows(diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    for report in diagnosis.reports:
        for place, finding in enumerate(report.findings):
            if report.kind == "other" and finding.advisory and finding.verdict == "pass":
                continue
            yield {
                "call": _named(report) if place == 0 else f"#{report.number}",
                "verdict": "skipped" if finding.advisory else finding.verdict,
                "sentence": finding.sentence,
                "remedy": finding.remedy if finding.verdict != "pass" else "",
                "where": ", ".join(map(str, finding.evidence)),
            }


def _named(report: Report) -> str:
    legs = "".join(f", with #{number}" for number in report.legs)
    between = f"{report.caller} → {report.called}"
    return f"#{report.number} {report.kind}, {report.began:%H:%M:%S} UTC, {between}{legs}"


def picture(report: Report) -> str:
    """The ladder of one report, as SVG."""
    title = f"#{report.number} {report.caller} → {report.called}: {report.sentence}"
    return ladder.svg(report.entries, title=title, streams=report.streams)


def drawn(diagnosis: Diagnosis) -> list[Report]:
    """The reports whose ladders are shown: calls and what failed, not the rest of a long file."""
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    worth = [r for r in diagnosis.reports if r.kind != "other"]
    return sorted(worth, key=lambda r: (order[r.verdict], r.number))[:_DRAWN]


def page(found: Iterable[tuple[str, Diagnosis]]) -> str:
    """One page of its own: each capture's calls, and their ladders."""
    chapters = [
        {
            "name": name,
            "table": calls(name, diagnosis).html,
            "ladders": [ladders.read(picture(report).encode()) for report in drawn(diagnosis)],
            "left": len(diagnosis.reports) - len(drawn(diagnosis)),
        }
        for name, diagnosis in found
    ]
    return environment().get_template("captures.html").render(chapters=chapters)
