"""What a run's folder says of its newest attempt: its record, and why something failed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sfsip_nb.engine import export
from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.found import JOURNAL, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.record import Record, read
from sfsip_nb.platforms import guides
from sfsip_nb.platforms.shared import captures, naming
from sfsip_nb.runs.kept import attempts_of

_STEP = "diagnose"


def newest(folder: Path) -> Record | None:
    """The newest attempt in which a step ran; None where the folder holds none.

    It is taken from the run's journal, so that one that still runs is told as it stands, else from
    the record that is kept. Raises `InputError` for a journal or a record that cannot be read.
    """
    guide = look(folder).inputs
    if isinstance(guide, dict) and guide.get("guide") in guides.ALL:
        with closing(Journal(folder / JOURNAL)) as journal:
            if (number := journal.last_judged()) is not None:
                return export.record(journal, number, guides.ALL[guide["guide"]])
    kept = attempts_of(folder)
    return read(kept[-1] / "record.json") if kept else None


def causes(record: Record, folder: Path) -> CausesRow:
    """Why something failed: what section 06 found, or would find now."""
    if any(step.id == _STEP for step in record.steps):
        return record.causes
    checks = [check for step in record.steps for check in step.checks]
    shown = captures.signs(captures.read(folder))
    return naming.diagnose(guides.ALL[record.guide], record.inputs, [*checks, *shown])
