"""Tables, cards and notices: rows of the record in, `Shown` (HTML and plain text) out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from sfsip_nb.engine.rows import AnsweredCard, ChangeRow, StepRow
from sfsip_nb.present import dataframe, ladders, outcome, style
from sfsip_nb.present.alike import alike, alike_changes
from sfsip_nb.present.figures import Figure
from sfsip_nb.present.html import Row, deciding, field_value, input_value, part, svg_uri
from sfsip_nb.present.text import columns, one_line, shown, visible

if TYPE_CHECKING:
    from pandas import DataFrame

STYLE = f"<style>{style.CSS}</style>"
"""Stands before every notebook output, so that each looks right alone; the page exports drop it."""


@dataclass(frozen=True)
class Stamp:
    """Where and when an output was made: in which notebook, kernel and attempt (0: none yet).

    `words` say it to a person.
    """

    notebook: str
    kernel: str
    attempt: int
    words: str

    @property
    def attributes(self) -> str:
        """What `marks` knows an output by."""
        return (
            f' data-notebook="{self.notebook}" data-kernel="{self.kernel}"'
            f' data-attempt="{self.attempt}"'
        )

    @property
    def marks(self) -> str:
        """A style sheet that marks what this notebook still shows of other kernels and attempts."""
        own = f'.sfsip[data-notebook="{self.notebook}"]'
        others = [f'{own}:not([data-kernel="{self.kernel}"])']
        others += [f'{own}[data-attempt="{number}"]' for number in range(1, self.attempt)]
        which = f":is({','.join(others)})"
        return (
            f"<style>{which}{{border-left:3px dotted var(--doubt);padding-left:12px}}"
            f'{which}>.stamp::before{{content:"From an earlier attempt or kernel. ";'
            "color:var(--doubt);font-size:13px;font-weight:600}</style>"
        )


class Shown:
    """What a notebook displays: an HTML fragment, its plain-text twin, and their stamp, if any."""

    def __init__(
        self, html: str, text: str, table: "Callable[[], DataFrame] | None" = None
    ) -> None:
        self.html = html
        self.text = text
        self.stamp: Stamp | None = None
        self.table = table

    def stamped(self, stamp: Stamp) -> "Shown":
        """Itself, with its stamp."""
        self.stamp = stamp
        return self

    @property
    def frame(self) -> "DataFrame":
        """The table that is shown, as data. Raises AttributeError where none is shown."""
        if self.table is None:
            raise AttributeError("No table is shown here, so there is no frame.")
        return self.table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        where, below = "", ""
        if self.stamp is not None:
            where, below = self.stamp.attributes, part("stamp", self.stamp.words)
        return {
            "text/html": f'{STYLE}<div class="sfsip"{where}>{self.html}{below}</div>',
            "text/plain": str(self),
        }

    def __add__(self, other: "Shown") -> "Shown":
        table = self.table or other.table
        return Shown(f"{self.html}\n{other.html}", f"{self.text}\n\n{other.text}", table)

    def __str__(self) -> str:
        return f"{self.text}\n({self.stamp.words})" if self.stamp else self.text

    def __repr__(self) -> str:
        return str(self)


def verdict_table(steps: Iterable[StepRow], title: str = "Verdicts") -> Shown:
    """One row a step: verdict, step, what decided, change."""
    rows = list(steps)
    text = columns(
        title,
        ("verdict", "step", "deciding result"),
        [
            (style.verdict(step.verdict), step.id, deciding(step).replace("\n", "; "))
            for step in rows
        ],
    )
    return Shown(part("verdict_table", rows, title), text, dataframe.table("steps", rows))


def checks_table(step: StepRow) -> Shown:
    """One row a check of one step: checked, expected, seen, verdict, evidence."""
    head = f"{one_line(step.title)}: {style.verdict(step.verdict)}"
    table = dataframe.table("checks", [step])
    if not step.checks:
        text = f"{head}\n{visible(deciding(step))}"
        return Shown(part("checks_table", step, ""), text, table)
    text = columns(
        head,
        ("verdict", "checked", "expected", "seen"),
        [
            (style.verdict(check.verdict), check.title, check.expected, check.seen)
            for check in alike(step.checks)
        ],
    )
    html = part("checks_table", step, str(style.verdict(step.verdict)))
    return Shown(html, text, table)


def plan_table(
    changes: Iterable[ChangeRow], title: str = "Plan", detail: str = "", by_people: int = 0
) -> Shown:
    """What would change, counted first: field, now, will be, and what no rollback could restore.

    `by_people` counts what persons are to do.
    """
    rows = list(changes)
    counts = outcome.counted(rows, by_people)
    lines = [f"{one_line(title)}: {counts}"]
    for change in alike_changes(rows):
        lines.append(one_line(f"{change.change} {change.object}"))
        lines.extend(
            f"  {one_line(field.field)}: {one_line(field.before)} → {one_line(field.after)}"
            for field in change.fields
        )
        if change.cannot_restore:
            lines.append(f"  Rollback cannot restore: {one_line(change.cannot_restore)}")
    if not rows:
        lines.append("Nothing to change.")
    html = part("plan", rows, counts, title, detail)
    return Shown(html, "\n".join(lines), dataframe.table("changes", rows))


def inputs_table(rows: Iterable[Row], title: str = "Inputs") -> Shown:
    """Inputs with their values; a secret as set or not set, whatever stands in its value.

    A row has the key, its `value`, `help` and `problem`, the latter two empty or not.
    """
    given = list(rows)
    told = [{"input": r["key"], "value": input_value(r), "problem": r["problem"]} for r in given]
    text = columns(
        title,
        ("input", "value"),
        [
            (row["key"], f"{input_value(row)} {'✖ ' + row['problem'] if row['problem'] else ''}")
            for row in given
        ],
    )
    return Shown(
        part("inputs_table", given, title, ""),
        text,
        lambda: dataframe.frame(told, dict.fromkeys(("input", "value", "problem"), "text")),
    )


def plain_table(rows: Iterable[Row], names: Mapping[str, str], title: str) -> Shown:
    """Any rows under the given columns (key → label); the first column heads its row."""
    made = list(rows)
    text = columns(title, list(names.values()), [[row[key] for key in names] for row in made])
    return Shown(
        part("plain_table", made, list(names.items()), title, ""),
        text,
        lambda: dataframe.frame(made, dict.fromkeys(names, "text")),
    )


def card(data: AnsweredCard) -> Shown:
    """What a person is to do: click path, exact values, why, what to look for, who did it."""
    lines = [one_line(f"{data.title} ({data.system})")]
    if data.path:
        lines.append("  " + one_line(" › ".join(data.path)))
    lines += [f"  {one_line(field.label)}: {one_line(field_value(field))}" for field in data.fields]
    for label, said in (("Why", data.why), ("Look for", data.look_for)):
        if said:
            lines.append(f"  {label}: {one_line(said)}")
    lines.append(
        f"  ✔ done by {one_line(data.answered_by)} {one_line(data.answered_at)}".rstrip(" –")
        if data.answered_by
        else f"  {style.verdict('waiting')} for a person"
    )
    return Shown(part("card", data), "\n".join(lines))


def notice(text: str, kind: str = "") -> Shown:
    """A remark beside the flow. `kind`: empty, or good, bad, doubt, wait."""
    return Shown(part("notice", text, kind), visible(text))


def pointer(what: str, where: str, words: str) -> Shown:
    """A link to something that was made: `where` relative to the notebook, `words` to read."""
    return Shown(part("pointer", what, where, words), f"{one_line(what)}: {one_line(words)}")


def stopped(title: str, why: str, problems: Iterable[Row] = (), todo: str = "") -> Shown:
    """Why a cell stopped, and what to do: an error as a card. `problems`: key and text each."""
    rows = list(problems)
    lines = [f"✖ {one_line(title)}", visible(why)]
    lines += [f"  {one_line(row['key'])}: {one_line(row['text'])}" for row in rows]
    html = part("stopped", title, why, rows, todo)
    return Shown(html, "\n".join([*lines, visible(todo)]).strip())


def waited(text: str, aside: str = "") -> Shown:
    """One line on what is, or was, waited for."""
    return Shown(part("waited", text, aside), visible(f"{text}  {aside}".strip()))


def what_changed(notes: Iterable[Row]) -> Shown:
    """The dated notes: what is no longer as the guide says."""
    names = {"text": "What changed", "heading": "Guide heading", "date": "Date", "source": "Source"}
    return plain_table(notes, names, "What changed since the guide was written")


def overall(verdict: str, sentence: str = "") -> Shown:
    """The verdict of a section or a run, as one line."""
    look = style.verdict(verdict)
    text = f"{look} {one_line(sentence)}".rstrip(" –") if sentence else str(look)
    return Shown(part("overall", verdict, sentence), text)


def folded(inner: Shown, summary: str, opened: bool = False) -> Shown:
    """Something behind a line that a click opens; on paper and in plain text it is all there."""
    made = Shown(part("folded", Markup(inner.html), summary, opened), inner.text, inner.table)
    made.stamp = inner.stamp
    return made


def figure(drawing: Figure) -> Shown:
    """A figure of ours: the way of a call, the whole run, what was heard."""
    html = part("figure", svg_uri(drawing.file), drawing.about, drawing.title)
    return Shown(html, f"[figure] {one_line(drawing.title)}: {one_line(drawing.about)}")


def ladder(svg: bytes, label: str) -> Shown:
    """A call's ladder diagram as a picture that can neither run nor fetch anything.

    Raises `ValueError` for what is no ladder.
    """
    drawn = ladders.read(svg)
    return Shown(part("figure", drawn.source, drawn.about, label), f"[figure] {shown(label)}")
