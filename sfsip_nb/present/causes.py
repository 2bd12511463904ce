"""Why a run failed: a card for each cause, what was ruled out, and what nothing explains."""

import functools
import operator
from collections.abc import Iterable, Iterator

from markupsafe import Markup

from sfsip_nb.engine.cause_rows import CauseRow, CausesRow, FixRow, IssueRow
from sfsip_nb.engine.rows import FlowRow
from sfsip_nb.present import figures, tables
from sfsip_nb.present.html import part
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import one_line

_RULED_OUT = {"sentence": "Ruled out", "by": "By", "seen": "Seen"}
_UNEXPLAINED = {"title": "Failed", "check": "Check", "seen": "Seen"}

COLLECT = (
    "None of the known causes fits this. Look at the evidence of these checks, and send support the"
    " file that sfsip bundle makes of the run's folder."
)


def shown(causes: CausesRow) -> Shown:
    """All of it, as section 06 and the record have it."""
    parts = [Shown(card(one, number), text(one, number)) for number, one in enumerate(causes.named)]
    if causes.unexplained:
        rows = [row.model_dump() for row in causes.unexplained]
        parts.append(tables.plain_table(rows, _UNEXPLAINED, "No known cause explains"))
        parts.append(tables.notice(COLLECT, "doubt"))
    if causes.ruled_out:
        rows = [
            {
                "sentence": row.sentence,
                "by": f"{row.by.title} ({row.by.check})",
                "seen": row.by.seen,
            }
            for row in causes.ruled_out
        ]
        parts.append(tables.plain_table(rows, _RULED_OUT, "Ruled out by what was seen"))
    if not parts:
        parts.append(tables.notice("Nothing that was run failed, so there is no cause to name."))
    return functools.reduce(operator.add, parts)


def issues(rows: Iterable[IssueRow]) -> Shown:
    """What became of each row of the guide's table."""
    return tables.plain_table(
        [
            {
                "cause": row.cause,
                "became": row.became or ("likely" if row.certain else "no sign of it"),
                "because": "\n".join(row.because) or "–",
                "remedy": row.remedy,
            }
            for row in rows
        ],
        {"cause": "Issue", "became": "What became of it", "because": "Why", "remedy": "Fix"},
        "Quick troubleshooting: the guide's rows",
    )


def card(cause: CauseRow, number: int) -> str:
    """One cause: what is broken, where, what shows it, what to click, who, and how to check."""
    return part("cause", cause, number + 1, _drawing(cause), checked_by(cause))


def _drawing(cause: CauseRow) -> Markup:
    if not cause.hops:
        return Markup("")
    title = f"The call of {cause.test}, up to where it broke"
    drawn = figures.callflow(FlowRow(step=cause.test, title=title, hops=cause.hops))
    return Markup(tables.figure(drawn).html)  # with its own colors: a notebook has none for it


def checked_by(cause: CauseRow) -> list[str]:
    """The steps to run again once it is mended: their checks failed because of it."""
    return list(dict.fromkeys(check.partition("/")[0] for check in cause.explains))


def text(cause: CauseRow, number: int) -> str:
    """The same in plain text, a line for each thing to know."""
    return "\n".join(map(one_line_kept, _lines(cause, number + 1)))


def one_line_kept(line: str) -> str:
    """One line, with its indentation."""
    return " " * (len(line) - len(line.lstrip())) + one_line(line)


def _lines(cause: CauseRow, number: int) -> Iterator[str]:
    yield f"{number}. {cause.sentence}"
    yield f"   Where: {cause.side}, {cause.object}, {cause.field}"
    if cause.hops:
        words = {"pass": "✔", "fail": "✖"}
        yield "   Way: " + " → ".join(
            f"{words.get(hop.verdict, '·')} {hop.what} {hop.name}".rstrip() for hop in cause.hops
        )
    for proof in cause.proof:
        yield f"   Proof: {proof.title} ({proof.check}): {proof.seen}"
    yield from _fix(cause, "   ")
    if cause.mends:
        yield f"   Or here: step {cause.mends}, in mode apply, or its card"
    yield f"   Then run: {', '.join(checked_by(cause))}"
    for other in cause.equals:
        yield f"   Fits as well: {other.sentence} ({other.side}, {other.object}, {other.field})"
        yield from _fix(other, "      ")
    tells = [fix.tell for fix in (cause, *cause.equals) if fix.tell]
    if cause.equals or cause.tell:
        yield from (f"   To be sure: {tell}" for tell in dict.fromkeys(tells))


def _fix(fix: FixRow, indent: str) -> Iterator[str]:
    yield f"{indent}Fix: {fix.path}" + (f": {fix.value}" if fix.value else "")
    if fix.who:
        yield f"{indent}Who: {fix.who}"
