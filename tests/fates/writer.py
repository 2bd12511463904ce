"""One of the writers at a run, as a process: python -m tests.fates.writer ROLE DIR HOW-MANY.

It waits until all are ready, and before each step that writes, for a moment, until all are there,
so that they write at once if nobody stops them. Prints one line: ``done``, or what it was told.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sfsip_nb.engine.model import Step
from sfsip_nb.engine.rollback import rollback
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.load import load_file
from sfsip_nb.notebook.run import Run
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.session import GUIDES

PARAMETERS = Path(__file__).parents[2] / "parameters" / "genesys.testbed.yaml"
SETS = ("testbed.time_scale=600",)
_WRITING = ("01", "02", "03")
_READY_SECONDS = 30.0
_TOGETHER_SECONDS = 0.2

STEPS = [s for s in GUIDES["genesys"].steps if s.section.startswith(_WRITING)]


def _meet(folder: Path, name: str, seconds: float, all_of_them: int) -> None:
    """Wait until all have come this far, or until the seconds are over."""
    (folder / f"{name}.{os.getpid()}").touch()
    limit = time.monotonic() + seconds
    while len(list(folder.glob(f"{name}.*"))) < all_of_them and time.monotonic() < limit:
        time.sleep(0.005)


def _replay(run_dir: Path, before: Callable[[Step], None]) -> None:
    with closing(sessions.prepare(PARAMETERS, SETS, out=run_dir, keep_testbed=True)) as session:
        for step in STEPS:
            before(step)
            session.engine.run(step.id)


def _notebook(run_dir: Path, before: Callable[[Step], None]) -> None:
    values = load_file(PARAMETERS, list(SETS)).model_dump(mode="json", by_alias=True)
    with closing(Workspace("genesys", values)) as workspace:
        notebooks = {s.section: Run(workspace, s.section) for s in STEPS}
        for step in STEPS:
            before(step)
            notebooks[step.section].step(step.id)


def _rollback(run_dir: Path, before: Callable[[Step], None]) -> None:
    with closing(sessions.reopen(run_dir)) as session:
        before(STEPS[-1])
        for item in rollback(session.engine.ctx).undone:
            print("✔" if item.ok else "✖", item.what, item.result, file=sys.stderr)


def main(role: str, run_dir: Path, writers: int) -> None:
    """Write as that role does."""
    meeting = run_dir.parent / "meeting"
    meeting.mkdir(exist_ok=True)
    write = {"replay": _replay, "notebook": _notebook, "rollback": _rollback}[role]
    _meet(meeting, "ready", _READY_SECONDS, writers)

    def together(step: Step) -> None:
        if step.desired:
            _meet(meeting, step.id, _TOGETHER_SECONDS, writers)

    try:
        write(run_dir, together)
    except SfsipError as error:
        print(f"told: {error}")
    else:
        print("done")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
