"""Where every run begins: a new one for a customer, and what the others wait for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sfsip_nb.engine.found import JOURNAL, look
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs import private, samples
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import live_values, parameters_cell, sample_values
from sfsip_nb.inputs.opened import from_file
from sfsip_nb.inputs.schema import named
from sfsip_nb.notebook import forms, rehearsing, surprises
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.following import Following
from sfsip_nb.platforms import guides
from sfsip_nb.present import status, tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import parameters_file, person, places
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.status import RUNBOOK, status_of
from sfsip_nb.runs.todo import cell_of

_answers = {"guide": next(iter(sessions.GUIDES)), "customer": "", "target": "live"}
"""What was answered in this kernel: a cell that is run again asks nothing twice."""

_by_hand: dict[str, bool] = {}
"""What was ticked, or unticked again, of what a person does in a rehearsal."""


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
            folder = begin(guide, customer, self.answers["target"])
            found = status_of(folder, self.answers)
            _followed.follow()
            shown = status.runs([found] if found else [])
            if self.answers["target"] != "testbed":
                return shown
            notebook = folder / RUNBOOK / f"{guide.sections[0].notebook}.ipynb"
            holds = rehearsing.keep(guide, folder, notebook, _by_hand)
            return shown + tables.notice(rehearsing.told(holds))

    def rehearsal(self) -> Displayed:
        """What a person does themselves, where it is a rehearsal that begins."""
        return Displayed(
            lambda: rehearsing.controls(_by_hand),
            "In a rehearsal everything is done for you, unless testbed.by_hand says otherwise.",
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if person.is_there():
            from sfsip_nb.notebook.questions import questions

            titles = {name: guide.title for name, guide in sessions.GUIDES.items()}
            display(questions(self.answers, titles))
        else:
            display(tables.notice("A person answers three questions here."))


class Displayed:
    """Controls where a person is there to use them, else a sentence."""

    def __init__(self, controls: Callable[[], Any], otherwise: str) -> None:
        self._controls, self._otherwise = controls, otherwise

    def _ipython_display_(self) -> None:
        from IPython.display import display

        shown = self._controls() if person.is_there() else tables.notice(self._otherwise)
        display(shown)


def begin(guide: Guide, customer: str, target: str) -> Path:
    """Copy a guide's notebooks for one customer into its run's folder; returns the run's folder.

    A copy differs from the notebook in its parameters cell and in its way back to the start, and
    its code is folded, under a line that says what it does.
    What is there already is left as it is; a run that a replay has opened keeps its inputs. Raises
    InputError for a name that no customer has.
    """
    values = live_values(guide.name) if target == "live" else sample_values(guide.name)
    name = named(customer, "", guide.name) + ("" if target == "live" else "-rehearsal")
    folder = _runs() / name
    if file := parameters_file.of_run(folder):
        return begin_from(file)
    given = {"target": target, "customer": customer, "run": name}
    return _with_notebooks(folder, guide, _restored(folder) or values | given)


def begin_from(file: Path) -> Path:
    """A run's notebooks with the inputs of a parameters file; returns the run's folder.

    In notebooks that are there already the parameters cell alone is written anew. Raises InputError
    for a file that no form can mend.
    """
    name, values = from_file(file)
    run = named(values["customer"], values["run"], name)
    folder = _with_notebooks(_runs() / run, sessions.GUIDES[name], values, anew=True)
    parameters_file.noted(folder, file)
    return folder


def _restored(folder: Path) -> dict[str, Any]:
    """The inputs that a run was last opened with, for its notebooks; empty where it never was.

    Without the account that places its test calls, and the yes to it: no file of a run's folder
    says where a password answers a challenge, nor who pays.
    """
    match look(folder).inputs:
        case {"guide": str(guide), "values": {"customer": str(customer)} as values}:
            name = "" if named(customer, "", guide) == folder.name else folder.name
            match values.get("test_calls"):
                case dict(calls):
                    kept = {k: v for k, v in calls.items() if k not in ("caller", "approved")}
                    values = {**values, "test_calls": kept}
            return {**values, "run": name, "mode": ""}
    return {}


def _with_notebooks(
    folder: Path, guide: Guide, values: Mapping[str, Any], anew: bool = False
) -> Path:
    """Copy a guide's notebooks into a run's folder, where they lack; returns the run's folder.

    With `anew`, those that are there get the parameters cell too. Raises InputError for inputs that
    open no run.
    """
    Draft(guide.name, values)
    kept = guides.notebooks(guide.name, places.home() / "notebooks")
    private.folder(folder / RUNBOOK)
    for section in guide.sections:
        copy = folder / RUNBOOK / f"{section.notebook}.ipynb"
        there = copy.exists()
        if there and not anew:
            continue
        made = json.loads((copy if there else kept / copy.name).read_text(encoding="utf-8"))
        for cell in made["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                cell["source"] = parameters_cell(guide.name, values)
            if not there or "parameters" in cell["metadata"].get("tags", []):
                _made_own(cell, guide)
        private.write(copy, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    return folder


def _made_own(cell: dict[str, Any], guide: Guide) -> None:
    """Make a cell one of a run's own notebook: its way back, and no code in sight.

    JupyterLab shows the first line of what is folded, so that it says what the cell does.
    """
    source = _OWN.get(cell["id"], "".join(cell["source"])).replace(*_BACK)
    if cell["cell_type"] == "code":
        titles = {cell_of(step.id): step.title for step in guide.steps}
        cell["metadata"]["jupyter"] = {"source_hidden": True}
        source = f"# {titles.get(cell['id'], cell['id'].replace('-', ' ').capitalize())}\n{source}"
    cell["source"] = source.splitlines(keepends=True)


_OWN = {
    "about-parameters": "The inputs this run started with are in the next cell, folded. Entries in "
    "the form of section 01 override them. [All runs](../start.ipynb)"
}
"""What a run's own notebooks say in place of what those for all say, by the cell's id."""

_BACK = "](../start.ipynb)", "](../../../notebooks/start.ipynb)"


def overview(root: Path | None = None) -> Shown:
    """Every run that is kept: its sections with their verdicts, and what to do next."""
    return _followed.output("overview", lambda: _overview(root or _runs()))


def _overview(root: Path) -> Shown:
    with errors_shown(_runs()):
        folders = sorted(root.glob("*/"))
        for folder in folders if person.is_there() else ():
            _opened_by_hand(folder)
        found = [run for folder in folders if (run := status_of(folder, {}))]
        return status.runs(found) if found else tables.notice("No run yet.")


def practice() -> Displayed:
    """Something to break in a rehearsal, for the person to find out what."""
    return Displayed(
        lambda: surprises.practice(_runs()),
        "In JupyterLab a button here breaks something; sfsip testbed surprise DIR does the same.",
    )


def _opened_by_hand(folder: Path) -> None:
    """Give a run that a replay alone has opened its notebooks, which the overview leads to."""
    if (folder / RUNBOOK).exists():
        return
    with suppress(InputError, KeyError):  # it is listed all the same
        values = _restored(folder)
        if values.get("customer", samples.CUSTOMER) != samples.CUSTOMER:
            _with_notebooks(folder, sessions.GUIDES[look(folder).inputs["guide"]], values)


def _runs() -> Path:
    return places.home() / "runs"


_followed = Following(lambda: _runs().glob(f"*/{JOURNAL}"))
"""Any notebook of any run changes the overview."""
