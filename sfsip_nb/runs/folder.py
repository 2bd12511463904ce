"""The attempt's folder: filled beside its place, searched for secrets, then moved there once."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sfsip_nb.engine.held import hold, is_held
from sfsip_nb.engine.record import Record
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present.record import record_html
from sfsip_nb.runs import junit, sums
from sfsip_nb.runs.archive import leaking
from sfsip_nb.runs.errors import Leak
from sfsip_nb.runs.prepared import Redacting

FOLDER = "attempts"
_PARTIAL = ".partial"


class Attempt:
    """`DIR/attempts/NNNN-mode`, under a hidden name until `publish`."""

    _held: int | None = None

    def __init__(self, run_dir: Path, name: str) -> None:
        """Make the folder. Raises InputError where there is an attempt of that name."""
        refuse_taken(run_dir, name)
        self.path = run_dir / FOLDER / name
        self._evidence = run_dir / "evidence"
        self.draft = _draft(self.path)
        if self.draft.exists():  # of a process that was killed
            shutil.rmtree(self.draft)
        self.notebooks = private.folder(self.draft / "notebooks")
        self._held = hold(self.draft)

    def __del__(self) -> None:
        if self._held is not None:
            os.close(self._held)

    def draw(self, notebook: Path) -> None:
        """Write the page of a notebook that has ended."""
        from sfsip_nb.runs.pages import notebook_page  # nbconvert: half a second

        page = notebook_page(notebook)
        private.write(notebook.with_suffix(".html"), page.encode("utf-8", "backslashreplace"))

    def fill(self, record: Record, journal: Any) -> None:
        """Write everything but the notebooks, which stand there already, and pages that do too."""
        for notebook in sorted(self.notebooks.glob("*.ipynb")):
            if not notebook.with_suffix(".html").exists():
                self.draw(notebook)
        _write_json(self.draft / "record.json", record.as_json())
        _write_json(self.draft / "journal.json", journal)
        page = record_html(record, evidence_of(record, self._evidence))
        private.write(self.draft / "record.html", page)
        junit.write(record, self.draft / "junit.xml")

    def publish(self, redactor: Redacting) -> Path:
        """Search every file for every known secret, write the sums, and move the folder in place.

        Raises Leak, after deleting all of it, where a secret is found.
        """
        files = sorted(path for path in self.draft.rglob("*") if path.is_file())
        named = ((p.relative_to(self.draft).as_posix(), p.read_bytes()) for p in files)
        if leaks := leaking(named, redactor):
            shutil.rmtree(self.draft)
            raise Leak(
                f"A secret stood in {', '.join(leaks)} of attempt {self.path.name}, so none of its"
                " files was kept. The journal is safe; look in the notebook of that name for what"
                " shows the secret."
            )
        sums.write(self.draft)
        os.rename(self.draft, self.path)
        return self.path


def refuse_taken(run_dir: Path, name: str) -> None:
    """Raises InputError where the run's folder holds an attempt of that name already."""
    path = run_dir / FOLDER / name
    if path.exists():
        raise InputError(
            "--out",
            f"{path.parent} holds an attempt {name} already, which this run's journal does not"
            " know, and an attempt is written once. Name another folder with --out.",
        )
    if is_held(_draft(path)):
        raise InputError(
            "--out",
            f"Another sfsip command is writing attempt {name} of {run_dir} at this moment. Wait"
            " until it has ended, then run this one again.",
        )


def sweep(run_dir: Path) -> None:
    """Remove what is left of attempts whose process was killed while it wrote them."""
    for draft in (run_dir / FOLDER).glob(f".*{_PARTIAL}"):
        if not is_held(draft):
            shutil.rmtree(draft)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}{_PARTIAL}")


def evidence_of(record: Record, folder: Path) -> dict[str, bytes]:
    """The content of every evidence file that the record names and that is still there."""
    found: dict[str, bytes] = {}
    for step in record.steps:
        names = [*step.evidence, *(ref for c in step.checks for ref in c.evidence)]
        for reference in names:
            path = folder / Path(reference).name
            if reference not in found and path.is_file():
                found[reference] = path.read_bytes()
    return found


_INDENTED = 4
"""A record is a step is a check: what lies deeper stands on one line, which json writes faster."""


def _write_json(path: Path, data: Any) -> None:
    with private.opened(path, "w", encoding="ascii") as file:
        file.writelines(_json(data, 0))
        file.write("\n")


def _json(data: Any, depth: int) -> Iterator[str]:
    """JSON in pieces: the whole text of ten thousand numbers is not needed at once."""
    if depth == _INDENTED or not isinstance(data, dict | list) or not data:
        yield json.dumps(data, default=str)
        return
    named = isinstance(data, dict)
    before = "{" if named else "["
    for item in data:
        yield f"{before}\n{' ' * (depth + 1)}"
        if named:
            yield f"{json.dumps(item)}: "
        yield from _json(data[item] if named else item, depth + 1)
        before = ","
    yield f"\n{' ' * depth}{'}' if named else ']'}"
