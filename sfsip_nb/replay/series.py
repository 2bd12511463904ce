"""The series: a guide's notebooks one after the other, then the record, then the exit code."""

import math
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from sfsip_nb.engine import export
from sfsip_nb.engine.hosts import Unreachable
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Section
from sfsip_nb.engine.verdicts import DONE, exit_code, worst
from sfsip_nb.platforms import guides
from sfsip_nb.replay.events import (
    Approved,
    BrokeOff,
    Ended,
    Finished,
    Hosts,
    Started,
    Tell,
    Waiting,
)
from sfsip_nb.replay.kernels import CELL_TIMEOUT, Kernels, run_notebook
from sfsip_nb.runs import index
from sfsip_nb.runs.errors import NotebookError
from sfsip_nb.runs.folder import Attempt
from sfsip_nb.runs.prepared import Prepared
from sfsip_nb.runs.waiting import Wait, seldom

BROKE_OFF = 4


def replay(
    prepared: Prepared,
    notebooks: Path,
    tell: Tell,
    only: Collection[str] = (),
    cell_timeout: int = CELL_TIMEOUT,
    limit: float = math.inf,
) -> int:
    """Run the notebooks, leave the attempt's folder, answer the exit code (README).

    `notebooks` holds a folder a guide; a guide that is not there brings its own. `only` are section
    numbers such as `02`. Each event goes to `tell` as it happens. After `limit` seconds the cell
    that runs is interrupted, and the series breaks off. The attempt is closed whatever happens.
    Raises Leak, and InputError where the folder holds an attempt of that name.
    """
    try:
        attempt = Attempt(prepared.run_dir, prepared.attempt_name)
        folder = guides.notebooks(prepared.guide.name, notebooks)
        _tell_approved(prepared, tell)
        until = time.monotonic() + limit
        broke_off = _run(prepared, folder, attempt, tell, only, cell_timeout, until)
    finally:
        prepared.close()
    clean = prepared.redactor.data
    journal = Journal(prepared.run_dir / "journal.sqlite3", clean)
    try:
        if broke_off:
            journal.put(f"broke_off/{prepared.attempt}", broke_off)
        with index.recording(prepared.run_dir, journal, prepared.attempt):
            record = export.record(journal, prepared.attempt, prepared.guide).through(clean)
            attempt.fill(record, clean(export.everything(journal)))
            page = attempt.publish(prepared.redactor) / "record.html"
    finally:
        journal.close()
    code = BROKE_OFF if broke_off else exit_code([record.verdict])
    tell(Finished(record, page, code))
    return code


def _tell_approved(prepared: Prepared, tell: Tell) -> None:
    """Show the plan that was approved with the command: it may be a newer one than was read."""
    with closing(Journal(prepared.run_dir / "journal.sqlite3", prepared.redactor.data)) as journal:
        if plan := export.plan_of(journal, prepared.attempt):
            tell(Approved(plan))


def _run(
    prepared: Prepared,
    folder: Path,
    attempt: Attempt,
    tell: Tell,
    only: Collection[str],
    cell_timeout: int,
    until: float,
) -> str:
    """Run each chosen notebook; answers why the series broke off, or an empty text."""
    chosen = [s for s in prepared.guide.sections if not only or s.notebook[:2] in only]
    if chosen and (lost := _lost(prepared, chosen[0], tell)):
        return lost
    values = prepared.parameters.model_dump(mode="json", by_alias=True)
    kernels = Kernels(prepared.env)
    drawing = ThreadPoolExecutor(1)  # a page each, while the next notebook's calls are waited for
    try:
        for section in chosen:
            tell(Started(section))
            began, name = time.monotonic(), f"{section.notebook}.ipynb"
            take = partial(kernels.take, another=section is not chosen[-1])
            source, target = folder / name, attempt.notebooks / name
            show = seldom(partial(_waiting, tell, section))
            run_notebook(source, target, values, take, prepared.redactor, show, cell_timeout, until)
            drawing.submit(attempt.draw, target)
            tell(_ended(prepared, section, time.monotonic() - began))
    except NotebookError as error:
        why = f"{section.notebook}: {error}"
    except KeyboardInterrupt:
        why = f"{section.notebook}: interrupted"
    else:
        return ""
    finally:
        kernels.close()
        drawing.shutdown()
    tell(BrokeOff(why))
    return why


def _lost(prepared: Prepared, first: Section, tell: Tell) -> str:
    """Why the series does not begin: a host that cannot be reached; mostly an empty text."""
    try:
        prepared.reach()
    except Unreachable as error:
        tell(Hosts(error.hosts))
        why = f"{first.notebook}: {str(error).rstrip('.')}"
    except KeyboardInterrupt:
        why = f"{first.notebook}: interrupted"
    else:
        return ""
    tell(BrokeOff(why))
    return why


def _waiting(tell: Tell, section: Section, wait: Wait) -> None:
    tell(Waiting(wait, section))


def _ended(prepared: Prepared, section: Section, seconds: float) -> Ended:
    """How a section ended, as the journal has it."""
    with closing(Journal(prepared.run_dir / "journal.sqlite3", prepared.redactor.data)) as journal:
        rows = journal.steps(prepared.attempt)
    own = prepared.guide.of_section(section.notebook)
    ran = [rows[step.id].titled(step.section, step.title) for step in own if step.id in rows]
    verdict = worst(row.verdict for row in ran).value if ran else ""
    return Ended(section, seconds, verdict, tuple(row for row in ran if row.verdict not in DONE))
