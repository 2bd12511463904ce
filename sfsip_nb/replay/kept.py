"""Attempts that are kept: where they are and what they say."""

import json
from pathlib import Path

from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown

from . import sums


def attempts_of(folder: Path) -> list[Path]:
    """The attempts of a run's folder in order; the folder itself where it is an attempt."""
    if (folder / "record.json").is_file() or (folder / sums.NAME).is_file():
        return [folder]
    return sorted(
        path for path in folder.glob("attempts/*") if path.is_dir() and path.name[:1] != "."
    )


def summary(attempt: Path) -> Shown:
    """Where the record is, its verdict and its steps."""
    data = json.loads((attempt / "record.json").read_text(encoding="utf-8"))
    head = tables.overall(data["verdict"], str(attempt / "record.html"))
    return head + tables.verdict_table(data["steps"], f"Attempt {attempt.name}")
