"""The notebooks as files: where they are, what is in them, and the guide that each belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsip_nb.runs.session import GUIDES

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "notebooks"
START = FOLDER / "start.ipynb"


@dataclass(frozen=True)
class Notebook:
    """One section's notebook; `following` is the one that it has to lead to."""

    guide: str
    stem: str
    title: str
    following: Path

    def __str__(self) -> str:
        return f"{self.guide}/{self.stem}"

    @property
    def path(self) -> Path:
        return FOLDER / self.guide / f"{self.stem}.ipynb"

    @property
    def cells(self) -> list[dict[str, Any]]:
        return cells(self.path)

    @property
    def code(self) -> list[dict[str, Any]]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def steps(self) -> list[str]:
        return [step.id for step in GUIDES[self.guide].of_section(self.stem)]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def cells(path: Path) -> list[dict[str, Any]]:
    return list(read(path)["cells"])


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def is_parameters(cell: dict[str, Any]) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def _series(guide: str) -> list[Notebook]:
    sections = GUIDES[guide].sections
    paths = [FOLDER / guide / f"{section.notebook}.ipynb" for section in sections]
    return [
        Notebook(guide, section.notebook, section.title, following)
        for section, following in zip(sections, [*paths[1:], START], strict=True)
    ]


NOTEBOOKS = [notebook for guide in GUIDES for notebook in _series(guide)]
PATHS = [START, *(notebook.path for notebook in NOTEBOOKS)]
