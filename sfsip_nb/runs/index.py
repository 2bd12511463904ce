"""The run's first page: each attempt, with its record, or with why it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sfsip_nb.engine.journal import AttemptRow, Journal
from sfsip_nb.engine.record import read
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present import outcome
from sfsip_nb.present.html import environment
from sfsip_nb.runs.errors import Leak

NAME = "index.html"

_REFUSED = "unrecorded/"


@contextmanager
def recording(run_dir: Path, journal: Journal, attempt: int) -> Iterator[None]:
    """Note why an attempt's record could not be kept, and write the page, however that ends."""
    try:
        yield
    except Leak as leak:
        journal.put(f"{_REFUSED}{attempt}", str(leak))
        raise
    finally:
        write(run_dir, journal)


def write(run_dir: Path, journal: Journal) -> None:
    """Write the page anew."""
    told = list(attempts(run_dir, journal))
    customer = next((row.facts.customer for row in reversed(journal.attempts())), "")
    page = environment().get_template("index.html")
    private.write(run_dir / NAME, page.render(run=run_dir.name, customer=customer, attempts=told))


def attempts(run_dir: Path, journal: Journal) -> Iterator[dict[str, Any]]:
    """Name, times and verdict of each attempt; `why` says what became of one without a record."""
    for row in journal.attempts():
        name = f"{row.id:04}-{row.mode}"
        told = {"name": name, "kind": row.kind, "started": row.started, "ended": row.ended}
        path = run_dir / "attempts" / name / "record.json"
        if not path.is_file():
            yield told | {"verdict": "", "why": _why(journal, row)}
            continue
        try:
            yield told | {"verdict": outcome.word(read(path)), "why": ""}
        except InputError as error:
            yield told | {"verdict": "", "why": str(error)}


def _why(journal: Journal, row: AttemptRow) -> str:
    if told := journal.get(f"{_REFUSED}{row.id}"):
        return str(told)
    if row.ended is None and row.kind == "interactive":
        return (
            "It is still open in the notebooks: section 07, or sfsip record DIR, makes its record."
        )
    if row.ended is None:
        return (
            "It was never closed: it is running now, or its process was killed. What it did is in"
            " the journal, and the next attempt goes on from there."
        )
    if not journal.steps(row.id):
        return "It ended before any step had a verdict."
    if told := journal.get(f"broke_off/{row.id}"):
        return f"It broke off in {told}"
    if row.kind == "interactive":
        return "A later attempt began before its record was made."
    return "It ended before its record was written, or its folder was removed since."
