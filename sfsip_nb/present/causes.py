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

RULED_OUT = {"sentence": "Ruled out", "by": "By", "seen": "Seen"}
UNEXPLAINED = {"title": "Failed", "check": "Check", "seen": "Seen"}
UNTESTED = {"side": "Side", "object": "Object", "field": "Not tested"}

COLLECT = (
    "None of the known causes fits this. Look at the evidence of these checks, and send support the"
    " file that sfsip bundle makes of the run's folder."
)

AGAIN = (
    "Fix what is named above first, then verify again. Until then, the items below cannot be"
    " tested."
)


def shown(causes: CausesRow) -> Shown:
    """All of it, as section 06 and the record have it."""
    parts = [Shown(card(one, number), text(one, number)) for number, one in enumerate(causes.named)]
    if rows := unexplained(causes):
        parts.append(tables.plain_table(rows, UNEXPLAINED, "No known cause explains"))
        parts.append(tables.notice(COLLECT, "doubt"))
    if rows := untested(causes):
        parts.append(tables.notice(AGAIN, "doubt"))
        parts.append(tables.plain_table(rows, UNTESTED, "Not tested until this is fixed"))
    if rows := ruled_out(causes):
        parts.append(tables.plain_table(rows, RULED_OUT, "Ruled out by what was seen"))
    if not parts:
        parts.append(tables.notice("Nothing that was run failed, so there is no cause to name."))
    return functools.reduce(operator.add, parts)


def unexplained(causes: CausesRow) -> list[dict[str, str]]:
    """What failed and no known cause explains, under the names of `UNEXPLAINED`."""
    return [row.model_dump() for row in causes.unexplained]


def ruled_out(causes: CausesRow) -> list[dict[str, str]]:
    """The causes that something cleared, under the names of `RULED_OUT`."""
    return [
        {"sentence": row.sentence, "by": f"{row.by.title} ({row.by.check})", "seen": row.by.seen}
        for row in causes.ruled_out
    ]


def untested(causes: CausesRow) -> list[dict[str, str]]:
    """What cannot be tested until a cause is fixed, a row for each object, as in `UNTESTED`."""
    fields: dict[tuple[str, str], dict[str, None]] = {}
    for row in causes.untested:
        fields.setdefault((row.side, row.object), {})[row.field] = None
    return [
        {"side": side, "object": name, "field": "; ".join(found)}
        for (side, name), found in fields.items()
    ]


def issues(rows: Iterable[IssueRow]) -> Shown:
    """The result for each row of the guide's table."""
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
        {"cause": "Issue", "became": "Result", "because": "Why", "remedy": "Fix"},
        "Quick troubleshooting: the guide's rows",
    )


def card(cause: CauseRow, number: int) -> str:
    """One cause: what is broken, where, what shows it, what to click, who, and how to check."""
    return part("cause", *about(cause, number))


def about(cause: CauseRow, number: int) -> tuple[CauseRow, int, Markup, list[str]]:
    """What the macro `cause` draws a card from."""
    return cause, number + 1, _drawing(cause), checked_by(cause)


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
        yield f"   Or from here: run step {cause.mends} in apply mode, or follow its card"
    yield f"   Then run: {', '.join(checked_by(cause))}"
    for other in cause.equals:
        yield f"   Also possible: {other.sentence} ({other.side}, {other.object}, {other.field})"
        yield from _fix(other, "      ")
    tells = [fix.tell for fix in (cause, *cause.equals) if fix.tell]
    if cause.equals or cause.tell:
        yield from (f"   To confirm: {tell}" for tell in dict.fromkeys(tells))


def _fix(fix: FixRow, indent: str) -> Iterator[str]:
    yield f"{indent}Fix: {fix.path}" + (f": {fix.value}" if fix.value else "")
    if fix.who:
        yield f"{indent}Who: {fix.who}"
