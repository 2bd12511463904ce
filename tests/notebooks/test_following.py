"""Outputs that follow: shown anew when something changed, also while no cell runs."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.load import CELL
from sfsip_nb.notebook import following, queued, start
from sfsip_nb.notebook.following import Following
from sfsip_nb.platforms import guides
from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import person
from tests.notebooks.notebook_tools import PROJECT, cells, is_parameters, source


class Screen:
    """What a notebook shows."""

    def __init__(self) -> None:
        self.outputs: list[str] = []
        self.updated = asyncio.Event()

    def display(self, made: Shown, **_: Any) -> Screen:
        self.outputs.append(made.text)
        return self

    def update(self, made: Shown) -> None:
        self.outputs.append(made.text)
        self.updated.set()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    made = Screen()
    monkeypatch.setattr("IPython.display.display", made.display)
    monkeypatch.setattr(following, "_EACH", 0.01)
    return made


async def test_a_journal_that_another_process_writes_shows_the_outputs_anew(
    tmp_path: Path, screen: Screen
) -> None:
    journal = tmp_path / "journal.sqlite"
    text = ["one"]
    followed = Following(lambda: [journal])
    followed.output("head", lambda: tables.notice(text[0]))._ipython_display_()
    assert screen.outputs == ["one"]
    await asyncio.sleep(0)
    text[0] = "two"
    journal.with_name("journal.sqlite-wal").write_bytes(b"written")
    await screen.updated.wait()
    followed.end()
    text[0] = "three"
    journal.write_bytes(b"written")
    followed.follow()
    assert screen.outputs == ["one", "two"], "a run that was opened anew has its own"


def test_what_has_not_changed_is_not_shown_anew(screen: Screen) -> None:
    text = ["one"]
    followed = Following(list)
    followed.output("head", lambda: tables.notice(text[0]))._ipython_display_()
    followed.follow()
    text[0] = "two"
    followed.follow()
    assert screen.outputs == ["one", "two"]


async def test_nobody_there_nobody_watches(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(person.HEADLESS, "1")
    before = asyncio.all_tasks()
    Following(list).output("head", lambda: tables.notice("one"))._ipython_display_()
    assert asyncio.all_tasks() == before


def asked(cell: str, at: datetime, **content: Any) -> dict[str, Any]:
    return {"metadata": {"cellId": cell}, "header": {"date": at}, "content": content}


def test_the_cells_of_one_run_all_are_held_by_the_one_that_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime.now(UTC)

    def sent(cell: str, seconds: float) -> queued.Sent | None:
        message = asked(cell, now + timedelta(seconds=seconds), allow_stdin=True)
        monkeypatch.setattr(person, "request", lambda: message)
        return queued.sent()

    look = sent("look", 0)
    assert look is not None
    stop = queued.Stop(look, SfsipError("No answer."), look)
    for cell, seconds, held in (
        ("plan", 0.1, True),
        ("record", 0.25, True),
        ("verdict", 0.4, True),
        ("look", 0.5, False),
        ("plan", 9, False),
    ):
        other = sent(cell, seconds)
        assert other is not None
        assert stop.holds(other) is held, (cell, seconds)
        if held:
            stop = replace(stop, last=other)


@pytest.mark.parametrize(
    "message",
    [
        {},
        asked("vscode-notebook-cell:/x#1", datetime.now(UTC), allow_stdin=True),
        asked("look", datetime.now(UTC), allow_stdin=False),
        {"header": {"date": datetime.now(UTC)}, "content": {}},
    ],
    ids=["no kernel", "one cell at a time", "nobody there", "no id"],
)
def test_elsewhere_a_stop_is_an_error(
    message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "request", lambda: message)
    assert queued.sent() is None


def test_missing_inputs_are_told_as_they_stand_and_not_as_they_stood() -> None:
    sent = queued.Sent("look", datetime.now(UTC))
    assert queued.Stop(sent, InputError(CELL, "Fill in 16 inputs"), sent).why == ""
    assert queued.Stop(sent, SfsipError("No answer.\nMore."), sent).why == "No answer."


def test_a_run_that_is_begun_is_in_the_overview_below_at_once(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECT / "notebooks", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    start.overview()._ipython_display_()
    assert screen.outputs == ["No run yet."]
    monkeypatch.setattr(
        start.Beginning,
        "answers",
        {"guide": "genesys", "customer": "Northwind", "target": "testbed"},
    )
    start.Beginning().notebooks()
    assert screen.outputs[-1].startswith("northwind-genesys-rehearsal: ")


def test_a_runs_own_notebooks_show_no_code_and_still_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECT / "notebooks", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    folder = start.begin(guides.ALL["genesys"], "Northwind", "testbed") / "runbook"
    for path in folder.glob("*.ipynb"):
        kept = {
            cell["id"]: source(cell) for cell in cells(PROJECT / "notebooks/genesys" / path.name)
        }
        for cell in cells(path):
            if cell["cell_type"] == "code":
                first, rest = source(cell).split("\n", 1)
                assert cell["metadata"]["jupyter"] == {"source_hidden": True}
                assert first.startswith("# ")
                assert is_parameters(cell) or rest == kept[cell["id"]]
    assert source(cells(folder / "05-verification.ipynb")[6]).startswith("# Inbound call\n")
