"""A rehearsal by hand, cell by cell on a testbed: its attempts, its faults, its record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.engine import Engine, StepResult
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.notebook.forms import Intent
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.runs import holding
from sfsip_nb.runs.session import Session
from sfsip_nb.testbed import life

Open = Callable[..., Run]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for folder in (tmp_path / "runs").iterdir():
        life.stop(folder)


@pytest.fixture
def opened(home: Path) -> Iterator[Open]:
    """Opens a notebook of a rehearsal, as a kernel of its own would."""
    with ExitStack() as stack:

        def open_one(notebook: str, **inputs: Any) -> Run:
            values = sample_values("genesys") | {"customer": "Northwind"} | inputs
            run = open_run("genesys", notebook, values)
            stack.callback(run.workspace.close)
            return run

        yield open_one


def session(run: Run) -> Session:
    """What the next cell would work on."""
    run.workspace.refresh()
    return run.workspace.open()


def attempts(run: Run) -> list[tuple[int, str]]:
    return [(row.id, row.mode) for row in session(run).journal.attempts()]


def faults_on(run: Run) -> list[str]:
    testbed = session(run).testbed
    assert testbed is not None
    found = testbed.control("GET", "/faults")
    return [fault["name"] for fault in found if fault["on"]]


def test_an_attempt_goes_on_when_its_plan_is_approved_and_its_record_holds_all_of_it(
    home: Path, opened: Open
) -> None:
    first = opened("01-prerequisites", mode="plan")
    first.step("access.platform")
    second = opened("02-genesys-configuration", mode="plan")
    second.plan()
    second.approve("Ann Engineer")
    second.step("trunk.create")
    assert attempts(second) == [(1, "apply")]
    last = opened("07-reference-and-record", mode="plan")
    assert "runs/northwind-genesys/attempts/0001-apply/record.html" in str(last.record())
    record = json.loads(
        (home / "runs/northwind-genesys/attempts/0001-apply/record.json").read_text()
    )
    assert [step["id"] for step in record["steps"]] == ["access.platform", "trunk.create"]
    assert record["plan"]["approved_by"] == "Ann Engineer"
    assert all(change["why"] for change in record["plan"]["changes"])


def test_a_name_below_a_plan_approves_no_other_one(home: Path, opened: Open) -> None:
    run = opened("02-genesys-configuration", mode="plan")
    read = run.plan()
    assert isinstance(read, Intent)
    saved = home / "runs/northwind-genesys/plan.json"

    def another() -> None:  # as a command leaves it that found something else
        plan = json.loads(saved.read_text())
        plan["entries"][0]["after"]["colour"] = "another"
        saved.write_text(json.dumps(plan | {"id": "another"}))

    another()
    read.typed["by"] = "Ann Engineer"
    with pytest.raises(InputError, match="plan has changed since"):
        run.step("trunk.create")
    assert session(run).mode == "plan"
    another()
    read.typed["by"] = "Ann Engineer"
    asked = run.plan()
    assert isinstance(asked, Intent)
    assert str(asked.shown).startswith("The plan has changed since you read it")
    assert asked.frame.object.str.startswith("genesys.trunk").any(), "the new one is shown"
    assert "by" not in asked.typed
    assert session(run).mode == "plan"
    asked.typed["by"] = "Ann Engineer"
    run.plan()
    assert session(run).mode == "apply"
    assert json.loads(saved.read_text())["approved_by"] == "Ann Engineer"


def test_code_approves_the_plan_that_its_notebook_has_shown(home: Path, opened: Open) -> None:
    run = opened("02-genesys-configuration", mode="plan", run="by-code")
    with pytest.raises(InputError, match="has not shown a plan yet"):
        run.approve("Ann Engineer")
    run.plan()
    with pytest.raises(InputError, match="give a name"):
        run.approve(" ")
    run.approve("Ann Engineer")
    plan = json.loads((home / "runs/by-code/plan.json").read_text())
    assert plan["approved_by"] == "Ann Engineer"


def test_a_step_that_a_record_overtakes_is_in_one(
    home: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfsip_nb.notebook.workspace._PATIENCE", 0.0)
    work, last = opened("01-prerequisites", mode="verify"), opened("07-reference-and-record")
    work.step("access.platform")
    carry_out, in_step = Engine.run, holding.in_step

    def recorded_during(engine: Engine, step_id: str) -> StepResult:
        with pytest.raises(InputError, match="carrying out a step"):
            last.record()
        return carry_out(engine, step_id)

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "run", recorded_during)
        work.step("access.number")

    def recorded_before(run_dir: Path, patience: float) -> AbstractContextManager[None]:
        last.record()
        return in_step(run_dir, patience)

    with monkeypatch.context() as patched:
        patched.setattr(holding, "in_step", recorded_before)
        work.step("access.synthflow")
    last.record()
    found = [
        [step["id"] for step in json.loads((folder / "record.json").read_text())["steps"]]
        for folder in sorted((home / "runs/northwind-genesys/attempts").iterdir())
    ]
    assert found == [["access.platform", "access.number"], ["access.synthflow"]]


def test_what_runs_after_the_record_belongs_to_the_next_attempt(home: Path, opened: Open) -> None:
    work = opened("01-prerequisites")
    work.step("access.platform")
    last = opened("07-reference-and-record")
    made = str(last.record())
    assert str(last.record()).split("\n(")[0] == made.split("\n(")[0], (
        "nothing new, the same record"
    )
    assert [row.id for row in session(work).journal.attempts() if row.ended] == [1]
    work.step("access.number")
    assert "0002-apply" in str(opened("07-reference-and-record").record())
    assert sorted(p.name for p in (home / "runs/northwind-genesys/attempts").iterdir()) == [
        "0001-apply",
        "0002-apply",
    ]


def test_a_record_of_nothing_is_not_made(home: Path, opened: Open) -> None:
    with pytest.raises(ValueError, match="nothing to record"):
        opened("07-reference-and-record").record()


def test_a_fault_chosen_in_the_form_is_on_until_it_is_taken_off_in_an_attempt_of_its_own(
    home: Path, opened: Open
) -> None:
    run = opened("01-prerequisites")
    run.step("access.platform")
    testbed = session(run).testbed
    assert testbed is not None
    testbed.control("PUT", "/faults/synthflow.no-options")  # somebody else's
    form = run.inputs()
    form.note("testbed.faults", ["synthflow.busy"])
    other = opened("05-verification")
    assert faults_on(other) == ["synthflow.busy", "synthflow.no-options"]
    assert "fault on: synthflow.busy" in str(other.head())
    form.note("testbed.faults", [])
    assert faults_on(run) == ["synthflow.no-options"]
    facts = [row.facts.testbed.faults for row in session(run).journal.attempts()]
    assert facts == [[], ["synthflow.busy", "synthflow.no-options"], ["synthflow.no-options"]]


def test_frames_are_empty_before_a_step_ran_and_then_follow_it(opened: Open) -> None:
    run = opened("01-prerequisites")
    assert run.steps.empty
    assert run.calls.empty
    shown = run.step("access.platform")
    assert run.steps.step.tolist() == ["access.platform"]
    assert run.checks.check.tolist() == shown.frame.check.tolist() != []
    assert run.messages.empty
    assert run.plan().frame.object.str.startswith("genesys.trunk").any()


def test_a_section_of_which_cells_were_not_run_is_partial(opened: Open) -> None:
    run = opened("01-prerequisites")
    run.step("access.platform")
    assert "◐ partial Prerequisites: 3 of 4 steps were not run" in str(run.verdict())
    head = str(run.head())
    assert "01 Prerequisites: ◐ partial" in head
    assert "Next: 01 Prerequisites" in head
    told = str(opened("07-reference-and-record").record())
    assert "◐ partial" in told
    assert "of 30 steps were not run" in told
