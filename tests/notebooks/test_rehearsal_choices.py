"""What is ticked in the start notebook stands in the run's inputs, and stays there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sfsip_nb.engine.found import look
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.notebook import rehearsing, start
from tests.notebooks.notebook_tools import FOLDER


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> start.Beginning:
    shutil.copytree(FOLDER, tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(start, "_by_hand", {})
    answers = {"guide": "talkdesk", "customer": "Acme", "target": "testbed"}
    monkeypatch.setattr(start.Beginning, "answers", answers)
    return start.Beginning()


def chosen(folder: Path) -> dict[str, bool]:
    notebook = next((folder / "runbook").glob("01-*.ipynb"))
    draft = Draft("talkdesk", rehearsing.given(notebook), lambda _: look(folder).typed or {})
    return {name: draft.value(f"testbed.by_hand.{name}") for name in rehearsing.CHOICES}


def test_without_a_tick_everything_is_done_for_you_and_nothing_is_written_down(
    new: start.Beginning, tmp_path: Path
) -> None:
    assert "the cards are answered for you" in str(new.notebooks())
    folder = tmp_path / "runs" / "acme-talkdesk-rehearsal"
    assert chosen(folder) == {"cards": False, "plan": False, "calls": False}
    assert not (folder / "journal.sqlite3").exists()


def test_what_was_ticked_is_kept_when_the_start_is_opened_anew(
    new: start.Beginning, tmp_path: Path
) -> None:
    start._by_hand.update(cards=True, calls=True)
    told = str(new.notebooks())
    assert "you answer the cards, the plan is approved for you, you dial" in told
    folder = tmp_path / "runs" / "acme-talkdesk-rehearsal"
    assert chosen(folder) == {"cards": True, "plan": False, "calls": True}

    start._by_hand.clear()
    assert str(new.notebooks()) == told
    start._by_hand.update(calls=False)
    assert "it is dialed for you" in str(new.notebooks())
    assert chosen(folder) == {"cards": True, "plan": False, "calls": False}
