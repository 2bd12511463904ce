"""The attempt's folder: filled beside its place, searched for secrets, then moved there once."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present.record import record_html

from . import junit, sums
from .errors import Leak
from .prepared import Redacting


class Attempt:
    """`DIR/attempts/NNNN-mode`, under a hidden name until `publish`."""

    def __init__(self, run_dir: Path, name: str) -> None:
        """Make the folder. Raises InputError where there is an attempt of that name."""
        self.path = run_dir / "attempts" / name
        self._evidence = run_dir / "evidence"
        self.draft = self.path.with_name(f".{name}.partial")
        self.notebooks = self.draft / "notebooks"
        if self.path.exists() or self.draft.exists():
            raise InputError(
                "--out",
                f"{self.path.parent} holds an attempt {name} already, which this run's journal does"
                " not know, and an attempt is written once. Name another folder with --out.",
            )
        self.notebooks.mkdir(parents=True)

    def fill(self, record: Mapping[str, Any], journal: Any) -> None:
        """Write everything but the notebooks, which stand there already."""
        for notebook in sorted(self.notebooks.glob("*.ipynb")):
            from .pages import notebook_page  # nbconvert: seconds, which no kernel should wait for

            page = notebook_page(notebook)
            notebook.with_suffix(".html").write_text(page, "utf-8", "backslashreplace")
        _write_json(self.draft / "record.json", record)
        _write_json(self.draft / "journal.json", journal)
        page = record_html(record, evidence_of(record, self._evidence))
        (self.draft / "record.html").write_text(page, encoding="utf-8")
        junit.write(record, self.draft / "junit.xml")

    def publish(self, redactor: Redacting) -> Path:
        """Search every file for every known secret, write the sums, and move the folder in place.

        Raises Leak, after deleting all of it, where a secret is found.
        """
        files = sorted(path for path in self.draft.rglob("*") if path.is_file())
        leaks = [path for path in files if redactor.found_in(path.read_bytes())]
        if leaks:
            names = ", ".join(path.relative_to(self.draft).as_posix() for path in leaks)
            shutil.rmtree(self.draft)
            raise Leak(
                f"A secret stood in {names} of attempt {self.path.name}, so none of its files was"
                " kept. The journal is safe; look in the notebook of that name for what shows it."
            )
        sums.write(self.draft)
        os.rename(self.draft, self.path)
        return self.path


def evidence_of(record: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    """The content of every evidence file that the record names and that is still there."""
    found: dict[str, bytes] = {}
    for step in record["steps"]:
        names = [*step["evidence"], *(ref for c in step["checks"] for ref in c["evidence"])]
        for reference in names:
            path = folder / Path(reference).name
            if reference not in found and path.is_file():
                found[reference] = path.read_bytes()
    return found


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, default=str) + "\n", encoding="ascii")
