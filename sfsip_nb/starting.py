"""Where every run begins: a new one for a customer, and what the others wait for."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from sfsip_nb import session as sessions
from sfsip_nb.inputs.generate import live_values, parameters_cell, sample_values
from sfsip_nb.inputs.schema import named
from sfsip_nb.present import tables
from sfsip_nb.present.forms import HEADLESS
from sfsip_nb.present.tables import Shown
from sfsip_nb.runbook import export
from sfsip_nb.runbook.journal import Journal
from sfsip_nb.runbook.model import Guide
from sfsip_nb.runbook.verdicts import Verdict, worst

RUNBOOK = "runbook"
"""The folder of a run that holds its own copies of the notebooks."""


class Beginning:
    """Three questions, and the run's own notebooks once they are answered."""

    def __init__(self) -> None:
        self.answers = {"guide": next(iter(sessions.GUIDES)), "customer": "", "target": "live"}

    def notebooks(self) -> Shown:
        """Write the run's notebooks, unless they are there, and show the way to them."""
        customer = self.answers["customer"].strip()
        if not customer:
            return tables.notice(
                "Type the customer's name above, then run this cell again. Nothing is made yet."
            )
        guide = sessions.GUIDES[self.answers["guide"]]
        stand = _stand(begin(guide, customer, self.answers["target"]))
        return tables.runs([stand] if stand else [])

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if os.environ.get(HEADLESS) != "1":
            from sfsip_nb.present.widgets import questions

            titles = {name: guide.title for name, guide in sessions.GUIDES.items()}
            display(questions(self.answers, titles))  # type: ignore[no-untyped-call]
        else:
            display(tables.notice("A person answers three questions here."))  # type: ignore[no-untyped-call]


def begin(guide: Guide, customer: str, target: str) -> Path:
    """Copy a guide's notebooks for one customer into its run's folder; returns the run's folder.

    A copy differs from the notebook only in its parameters cell and in its way back to the start.
    What is there already is left as it is.
    """
    home = sessions.home()
    values = live_values(guide.name) if target == "live" else sample_values(guide.name)
    name = named(customer, "", guide.name) + ("" if target == "live" else "-rehearsal")
    values |= {"target": target, "customer": customer, "run": name}
    folder = home / "runs" / name / RUNBOOK
    folder.mkdir(parents=True, exist_ok=True)
    for section in guide.sections:
        copy = folder / f"{section.notebook}.ipynb"
        if copy.exists():
            continue
        made = json.loads((home / "notebooks" / guide.name / copy.name).read_text(encoding="utf-8"))
        for cell in made["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                source = parameters_cell(guide.name, values)
            else:
                source = "".join(cell["source"]).replace(*_BACK)
            cell["source"] = source.splitlines(keepends=True)
        copy.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder.parent


_BACK = "](../start.ipynb)", "](../../../notebooks/start.ipynb)"


def overview(root: Path | None = None) -> Shown:
    """Every run that is kept: its sections with their verdicts, and what to do next."""
    folders = sorted(path.parent for path in (root or _runs()).glob("*/journal.sqlite3"))
    folders += sorted(
        path.parent for path in (root or _runs()).glob(f"*/{RUNBOOK}") if path.parent not in folders
    )
    shown = [stand for folder in folders if (stand := _stand(folder))]
    return tables.runs(shown) if shown else tables.notice("No run yet.")


def _runs() -> Path:
    return sessions.home() / "runs"


def _stand(folder: Path) -> dict[str, Any] | None:
    """Where one run stands, as `tables.runs` wants it; None where that cannot be told."""
    kept, data = _read(folder)
    notebooks = sorted((folder / RUNBOOK).glob("*.ipynb"))
    guide = sessions.GUIDES.get(kept.get("guide") or _guide_of(notebooks))
    if guide is None:
        return None
    place = folder / RUNBOOK if notebooks else sessions.home() / "notebooks" / guide.name
    steps = data.get("steps", [])
    sections = []
    for number, section in enumerate(guide.sections, 1):
        own = [step for step in steps if step["section"] == section.notebook]
        all_of_it = guide.of_section(section.notebook)
        verdict = worst(Verdict(step["verdict"]) for step in own).value if own else ""
        sections.append(
            {
                "title": f"{number:02d} {section.title}",
                "href": os.path.relpath(place / f"{section.notebook}.ipynb", Path.cwd()),
                "verdict": verdict,
                "open": [step for step in own if step["verdict"] in _OPEN],
                "steps": f"{len(own)} of {len(all_of_it)} steps" if all_of_it else "",
            }
        )
    return {
        "run": folder.name,
        "guide": guide.title,
        "customer": data.get("customer", ""),
        "attempt": f"attempt {data['attempt']} ({data['mode']})" if data else "not begun",
        "verdict": data.get("verdict", ""),
        "sections": sections,
        "next": next((s for s in sections if s["open"] or (s["steps"] and not s["verdict"])), None),
    }


_OPEN = {v.value for v in Verdict} - {
    Verdict.PASS.value,
    Verdict.SKIPPED.value,
    Verdict.WAIVED.value,
}


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a run was last opened with, and its last attempt as the record tells it."""
    if not (folder / "journal.sqlite3").exists():
        return {}, {}
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        kept = journal.get("parameters", {})
        guide, attempts = sessions.GUIDES.get(kept.get("guide", "")), journal.attempts()
        if guide is None or not attempts:
            return kept, {}
        return kept, export.record(journal, attempts[-1]["id"], guide)


def _guide_of(notebooks: list[Path]) -> str:
    """The guide whose sections these notebooks are."""
    names = {path.stem for path in notebooks}
    return next(
        (g.name for g in sessions.GUIDES.values() if {s.notebook for s in g.sections} <= names), ""
    )
