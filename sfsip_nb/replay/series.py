"""The series: a guide's notebooks one after the other, then the record, then the exit code."""

import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from sfsip_nb.engine import export
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.verdicts import exit_code
from sfsip_nb.platforms import guides
from sfsip_nb.replay.kernels import CELL_TIMEOUT, Kernels, run_notebook
from sfsip_nb.runs.errors import NotebookError
from sfsip_nb.runs.folder import Attempt
from sfsip_nb.runs.kept import outcome
from sfsip_nb.runs.prepared import Prepared

BROKE_OFF = 4
OPEN = 3

Say = Callable[[str], None]


def replay(
    prepared: Prepared,
    notebooks: Path,
    say: Say,
    only: Collection[str] = (),
    cell_timeout: int = CELL_TIMEOUT,
) -> int:
    """Run the notebooks, leave the attempt's folder, answer the exit code (README).

    `notebooks` holds a folder a guide; a guide that is not there brings its own. `only` are section
    numbers such as `02`. One line goes to `say` as each notebook ends, then the outcome, then where
    the record is. The attempt is closed whatever happens. Raises Leak, and InputError where the
    folder holds an attempt of that name.
    """
    try:
        attempt = Attempt(prepared.run_dir, prepared.attempt_name)
        folder = guides.notebooks(prepared.guide.name, notebooks)
        broke_off = _run(prepared, folder, attempt, say, only, cell_timeout)
    finally:
        prepared.close()
    clean = prepared.redactor.data
    journal = Journal(prepared.run_dir / "journal.sqlite3", clean)
    try:
        if broke_off:
            journal.put(f"broke_off/{prepared.attempt}", broke_off)
        record = export.record(journal, prepared.attempt, prepared.guide).through(clean)
        attempt.fill(record, clean(export.everything(journal)))
    finally:
        journal.close()
    page = attempt.publish(prepared.redactor) / "record.html"
    say(outcome(record))
    say(f"record: {page}")
    if broke_off:
        return BROKE_OFF
    verdicts = [step.verdict for step in record.steps]
    return exit_code(verdicts) if verdicts else OPEN


def _run(
    prepared: Prepared,
    folder: Path,
    attempt: Attempt,
    say: Say,
    only: Collection[str],
    cell_timeout: int,
) -> str:
    """Run each chosen notebook; answers why the series broke off, or an empty text."""
    chosen = [s for s in prepared.guide.sections if not only or s.notebook[:2] in only]
    values = prepared.parameters.model_dump(mode="json", by_alias=True)
    kernels = Kernels(prepared.env)
    try:
        for section in chosen:
            began, name = time.monotonic(), f"{section.notebook}.ipynb"
            take = partial(kernels.take, another=section is not chosen[-1])
            source, target = folder / name, attempt.notebooks / name
            run_notebook(source, target, values, take, prepared.redactor, cell_timeout)
            say(f"{section.notebook[:2]} {section.title}: {time.monotonic() - began:.1f} s")
    except NotebookError as error:
        why = f"{section.notebook}: {error}"
    except KeyboardInterrupt:
        why = f"{section.notebook}: interrupted"
    else:
        return ""
    finally:
        kernels.close()
    say(f"Stopped early in {why}. Run the same command to continue.")
    return why
