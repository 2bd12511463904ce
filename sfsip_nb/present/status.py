"""Where a run stands, as `runs.status` gives it: the bar of a notebook, and the list of runs."""

from collections.abc import Iterable

from sfsip_nb.present import style
from sfsip_nb.present.html import Row, part
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import columns, one_line
from sfsip_nb.sip.shown import counted

_MOST = 5
"""How many things to do the bar names."""


def bar(run: Row) -> Shown:
    """The run, its sections with their verdicts, and what to do first, or next."""
    lines = [f"{one_line(run['run'])}: {one_line(run['customer'])}, {one_line(run['guide'])}"]
    on = f", fault on: {one_line(run['faults'])}" if run["faults"] else ""
    lines.append(f"{run['target'].upper()}, {one_line(run['attempt'])}{on}")
    lines += [
        f"{'▶' if section['here'] else ' '} {one_line(section['title'])}: {_outcome(section)}"
        for section in run["sections"]
    ]
    todo, left = run["todo"][:_MOST], len(run["todo"]) - _MOST
    count = f"{counted(len(run['todo']), 'thing')} to do" if todo else ""
    if todo:
        lines.append(f"{count}:")
        lines += [f"  {one_line(item['what'])}: {one_line(item['why'])}" for item in todo]
        lines += [f"  and {left} more"] if left > 0 else []
    else:
        following = f"{run['next']['title']}. " if run["next"] else ""
        lines.append(f"Next: {one_line(following + run['needed'])}")
    return Shown(part("bar", run, todo, max(left, 0), count), "\n".join(lines))


def _outcome(section: Row) -> str:
    """A section's verdict; of one without steps, its record."""
    if not section["steps"]:
        record = section["record"]
        return f"record {one_line(record['words'])}" if record else "no record yet"
    if section["causes"]:
        return f"{style.verdict('fail').glyph} {counted(section['causes'], 'cause')} named"
    before = f" ({section['before']})" if section["before"] else ""
    return f"{style.verdict(section['verdict'])}{before}"


def runs(stands: Iterable[Row]) -> Shown:
    """Where each run stands: its sections with their verdicts and links, and what comes next."""
    data = list(stands)
    text = "\n\n".join(
        columns(
            f"{run['run']}: {run['customer'] or ''} {run['attempt']}, {run['begun']}".rstrip(", "),
            ("verdict", "section", "steps"),
            [
                (_outcome(section), section["title"], section["steps"])
                for section in run["sections"]
            ],
        )
        for run in data
    )
    return Shown(part("runs", data), text)
