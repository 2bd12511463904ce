"""Where every run begins: a new one for a customer, and what the others wait for."""

from __future__ import annotations

import json
from pathlib import Path

from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs import private
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.generate import live_values, parameters_cell, sample_values
from sfsip_nb.inputs.schema import named
from sfsip_nb.notebook import forms
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.following import Following
from sfsip_nb.platforms import guides
from sfsip_nb.present import standing, tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import person, places
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.status import RUNBOOK, status_of
from sfsip_nb.runs.todo import cell_of

_answers = {"guide": next(iter(sessions.GUIDES)), "customer": "", "target": "live"}
"""What was answered in this kernel: a cell that is run again asks nothing twice."""


class Beginning:
    """Three questions, and the run's own notebooks once they are answered."""

    answers = _answers

    def __init__(self) -> None:
        with errors_shown(_runs()):
            forms.ready()

    def notebooks(self) -> Shown:
        """Write the run's notebooks, unless they are there, and show the way to them."""
        customer = self.answers["customer"].strip()
        if not customer:
            return tables.notice(
                "Type the customer's name above, then run this cell again. Nothing has been"
                " created yet."
            )
        with errors_shown(_runs()):
            guide = sessions.GUIDES[self.answers["guide"]]
            found = status_of(begin(guide, customer, self.answers["target"]), self.answers)
            _followed.follow()
            return standing.runs([found] if found else [])

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if person.is_there():
            from sfsip_nb.notebook.widgets import questions

            titles = {name: guide.title for name, guide in sessions.GUIDES.items()}
            display(questions(self.answers, titles))  # type: ignore[no-untyped-call]
        else:
            display(tables.notice("A person answers three questions here."))  # type: ignore[no-untyped-call]


def begin(guide: Guide, customer: str, target: str) -> Path:
    """Copy a guide's notebooks for one customer into its run's folder; returns the run's folder.

    A copy differs from the notebook in its parameters cell and in its way back to the start, and
    its code is folded, under a line that says what it does.
    What is there already is left as it is. Raises InputError for a name that no customer has.
    """
    values = live_values(guide.name) if target == "live" else sample_values(guide.name)
    name = named(customer, "", guide.name) + ("" if target == "live" else "-rehearsal")
    values |= {"target": target, "customer": customer, "run": name}
    Draft(guide.name, values)
    folder = _runs() / name / RUNBOOK
    private.folder(folder)
    kept = guides.notebooks(guide.name, places.home() / "notebooks")
    titles = {cell_of(step.id): step.title for step in guide.steps}
    for section in guide.sections:
        copy = folder / f"{section.notebook}.ipynb"
        if copy.exists():
            continue
        made = json.loads((kept / copy.name).read_text(encoding="utf-8"))
        for cell in made["cells"]:
            source = "".join(cell["source"])
            if "parameters" in cell["metadata"].get("tags", []):
                source = parameters_cell(guide.name, values)
            if cell["id"] in _OWN:
                source = _OWN[cell["id"]]
            if cell["cell_type"] == "code":
                # JupyterLab shows the first line of what is folded: on a shared screen, no code.
                cell["metadata"]["jupyter"] = {"source_hidden": True}
                source = f"# {titles.get(cell['id']) or _words(cell['id'])}\n{source}"
            cell["source"] = source.replace(*_BACK).splitlines(keepends=True)
        private.write(copy, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    return folder.parent


def _words(id_: str) -> str:
    return id_.replace("-", " ").capitalize()


_OWN = {
    "about-parameters": "The inputs that this run started with are in the next cell, folded; what "
    "is typed into the form of section 01 stands over them. [All runs](../start.ipynb)"
}
"""What a run's own notebooks say in place of what those for all say, by the cell's id."""

_BACK = "](../start.ipynb)", "](../../../notebooks/start.ipynb)"


def overview(root: Path | None = None) -> Shown:
    """Every run that is kept: its sections with their verdicts, and what to do next."""
    return _followed.output("overview", lambda: _overview(root or _runs()))


def _overview(root: Path) -> Shown:
    with errors_shown(_runs()):
        found = [run for folder in sorted(root.glob("*/")) if (run := status_of(folder, {}))]
        return standing.runs(found) if found else tables.notice("No run yet.")


def _runs() -> Path:
    return places.home() / "runs"


_followed = Following(lambda: _runs().glob(f"*/{JOURNAL}"))
"""Any notebook of any run changes the overview."""
