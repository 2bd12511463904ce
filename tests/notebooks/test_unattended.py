"""Whether a person is there, what is refused without one, and where a single notebook's run is."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.people import check_id
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import ExposedSecret, InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.notebook import forms, widgets
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.run import open_run
from sfsip_nb.notebook.unattended import NotPassed, stop_unless_passed
from sfsip_nb.present.tables import notice
from sfsip_nb.runs import person, places
from sfsip_nb.runs.session import GUIDES
from tests.present import record_sample as sample

LITERAL = "Tr0ub4dor-and-3"
SECTION = "03-synthflow-configuration"
STEPS = GUIDES["genesys"].of_section(SECTION)


# -- whether a person is there ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "request_", "there"),
    [
        ("", {"allow_stdin": True}, True),
        ("", {"allow_stdin": False}, False),
        ("", {}, True),
        ("1", {"allow_stdin": True}, False),
        ("0", {"allow_stdin": False}, True),
    ],
)
def test_who_runs_the_cell_says_whether_somebody_is_there(
    monkeypatch: pytest.MonkeyPatch, variable: str, request_: dict[str, bool], there: bool
) -> None:
    shell = types.SimpleNamespace(get_parent=lambda: {"content": request_})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setenv(person.HEADLESS, variable)
    assert person.is_there() is there


def test_without_a_kernel_somebody_has_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(person.HEADLESS, raising=False)
    assert person.is_there()


# -- what a verdict refuses ---------------------------------------------------------------------


def ran(verdict: str, *, only_word: bool = False) -> list[StepRow]:
    """The section's steps, all passed but the first."""
    rows = []
    for number, step in enumerate(STEPS):
        said = verdict if number == 0 else "pass"
        name = check_id(step.id) if only_word else f"{step.id}/x"
        made = sample.step(
            step.id, SECTION, step.title, said, [sample.check(name, "A check", said)]
        )
        rows.append(StepRow.model_validate(made))
    return rows


def refused(rows: list[StepRow], whole: bool = False, **inputs: Any) -> str:
    """What is raised; empty where nothing is."""
    parameters = from_namespace("genesys", sample_values("genesys") | inputs)
    try:
        stop_unless_passed(notice("shown"), "Synthflow", STEPS, rows, parameters, whole)
    except NotPassed as stop:
        return str(stop)
    return ""


@pytest.mark.parametrize("verdict", ["pass", "skipped", "waived"])
def test_what_leaves_nothing_open_is_not_refused(verdict: str) -> None:
    assert refused(ran(verdict)) == ""


@pytest.mark.parametrize("verdict", ["fail", "blocked", "waiting", "inconclusive"])
def test_what_is_open_is_refused_the_reason_first(verdict: str) -> None:
    first, rest = refused(ran(verdict)).splitlines()
    assert f"{verdict}: {STEPS[0].id} ({STEPS[0].title}): " in first
    assert "set on_open to report" in rest
    assert refused(ran(verdict), on_open="report") == ""
    assert bool(refused(ran(verdict), mode="plan")) is (verdict == "fail")


def test_a_step_that_did_not_run_is_open() -> None:
    first, rest = refused(ran("pass")[:-1]).splitlines()
    assert first == "1 step not run"
    assert f"Also open: {STEPS[-1].id} not run." in rest


def test_what_only_a_later_call_proves_is_refused_at_the_end() -> None:
    rows = ran("inconclusive", only_word=True)
    assert refused(rows) == ""
    assert STEPS[0].id in refused(rows, whole=True)


# -- inputs that are wrong ------------------------------------------------------------------------


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(person.HEADLESS, "1")
    return tmp_path


def test_all_that_is_wrong_stops_the_first_call_before_anything_is_there(alone: Path) -> None:
    inputs = sample_values("genesys") | {"mode": "aply", "numbers": ["5551"]}
    with pytest.raises(InputError, match=r"(?s)2 inputs.*'aply'.*numbers") as stopped:
        open_run("genesys", "01-prerequisites", inputs)
    assert stopped.value._render_traceback_() == [str(stopped.value)], "a tool's log has it"
    assert list(alone.iterdir()) == []


def test_a_log_has_the_words_of_the_card(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    with pytest.raises(InputError) as stopped, errors_shown(alone):
        raise InputError("x", "x is wrong. Mend it.")
    assert stopped.value._render_traceback_() == ["x is wrong. Mend it."]


@pytest.mark.parametrize("literal", [LITERAL, LITERAL * 200, 4711])
def test_a_secret_in_a_notebook_stops_a_person_too_and_is_not_repeated(literal: Any) -> None:
    inputs = sample_values("genesys")
    inputs["sip"] = inputs["sip"] | {"password": literal}
    with pytest.raises(ExposedSecret) as stopped:
        Draft("genesys", inputs)
    assert "delete this output notebook and change the secret" in str(stopped.value)
    assert str(literal) not in str(stopped.value)


def test_values_that_no_control_can_show_leave_it_blank() -> None:
    inputs = sample_values("genesys") | {"mode": "aply", "keep_media": "maybe", "numbers": 7}
    inputs["test_calls"] = inputs["test_calls"] | {"max": "many"}
    addresses = inputs["synthflow"]["signalling_addresses"] | {"confirmed_on": "yesterday"}
    inputs["synthflow"] = inputs["synthflow"] | {"signalling_addresses": addresses}
    form = forms.Form(Draft("genesys", inputs))
    sheet = widgets.Sheet(form)
    assert sheet.controls["mode"].value == "aply"
    assert sheet.controls["keep_media"].value is False
    assert sheet.controls["numbers"].value == ""
    assert sheet.controls["test_calls.max"].value == 0
    assert sheet.controls["synthflow.signalling_addresses.confirmed_on"].value is None
    wrong = {"mode", "keep_media", "numbers", "test_calls.max"}
    assert wrong <= set(form.draft.problems())


# -- where a run is -------------------------------------------------------------------------------


def test_a_run_is_beside_the_runbook_and_not_beside_anybodys_notebooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(places.RUN_DIR, raising=False)
    inner = tmp_path / "theirs" / "work"
    (inner / "deep").mkdir(parents=True)
    (tmp_path / "theirs" / "notebooks").mkdir()
    monkeypatch.chdir(inner / "deep")
    assert places.home() == inner / "deep"
    ours = tmp_path / "notebooks" / "genesys"
    ours.mkdir(parents=True)
    (ours / "01-prerequisites.ipynb").touch()
    assert places.folder_of("acme") == tmp_path / "runs" / "acme"


def test_a_run_is_where_the_environment_says_unless_something_else_is_there(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alone / "photos").mkdir()
    (alone / "photos" / "beach.jpg").touch()
    monkeypatch.setenv(places.RUN_DIR, str(alone / "photos"))
    with pytest.raises(InputError, match=r"beach\.jpg"):
        open_run("genesys", "01-prerequisites", sample_values("genesys"))
    assert [path.name for path in (alone / "photos").iterdir()] == ["beach.jpg"]
