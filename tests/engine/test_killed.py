"""SIGKILL at every journal write: the same command goes on, and nothing is made twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.database import Database
from sfsip_nb.engine.rollback import rollback
from tests.engine.world import Platform, Things, engine, run_all

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # The idle threads that earlier tests left behind are of no use to the child.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


def killed_at(write: int, before_commit: bool) -> None:
    """From now on, this process dies at its ``write``-th journal write."""
    writing = Database.writing
    seen = 0

    @contextmanager
    def counted(self: Database) -> Any:
        nonlocal seen
        this = seen = seen + 1  # another write may be a part of this one
        with writing(self) as db:
            yield db
            if before_commit and this == write:
                os.kill(os.getpid(), signal.SIGKILL)
        if this == write:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.writing = counted  # type: ignore[method-assign]


def in_a_child(work: Callable[[], object]) -> int:
    """Run in a forked process; its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(pid, 0)[1]


def writes_of_a_whole_apply(run_dir: Path) -> int:
    count = 0
    writing = Database.writing

    @contextmanager
    def counted(self: Database) -> Any:
        nonlocal count
        count += 1
        with writing(self) as db:
            yield db

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "writing", counted)
        run_all(engine(run_dir))
    return count


@pytest.mark.parametrize("before_commit", [True, False])
def test_killed_at_any_write_the_same_command_ends_in_the_same_state(
    tmp_path: Path, before_commit: bool
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    writes = writes_of_a_whole_apply(whole)
    expected = Platform(whole / "platform.json").load()
    assert writes > 15
    for write in range(1, writes + 1):
        run_dir = tmp_path / f"{write}"
        run_dir.mkdir()

        def die(write: int = write, run_dir: Path = run_dir) -> None:
            killed_at(write, before_commit)
            run_all(engine(run_dir))

        status = in_a_child(die)
        assert os.WIFSIGNALED(status), f"write {write} was never reached"
        resumed = run_all(engine(run_dir))
        assert set(resumed.values()) == {"pass"}, (write, resumed)
        assert Platform(run_dir / "platform.json").load() == expected, write
        with sqlite3.connect(run_dir / "journal.sqlite3") as db:
            left = db.execute("SELECT count(*) FROM changes WHERE outcome IS NULL").fetchone()
            assert left == (0,), write
        db.close()


def test_what_was_found_half_done_is_said(tmp_path: Path) -> None:
    steps = engine(tmp_path).ctx.guide.steps[:1]

    def die_after_the_write() -> None:
        made = engine(tmp_path, steps=steps)
        done = made.ctx.journal.changes.ended
        made.ctx.journal.changes.ended = lambda *a: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore
        made.run("one")
        done(0, "", None, "")

    assert os.WIFSIGNALED(in_a_child(die_after_the_write))
    result = engine(tmp_path, steps=steps).run("one")
    assert result.verdict == "pass"
    assert "had taken effect; it was not done again" in result.reason


def test_a_namesake_made_meanwhile_is_not_taken_for_our_own(tmp_path: Path) -> None:
    steps = engine(tmp_path).ctx.guide.steps[:1]

    def die_before_the_write() -> None:
        made = engine(tmp_path, steps=steps)
        made.ctx.resource(Things.kind).create = lambda *a: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore
        made.run("one")

    assert os.WIFSIGNALED(in_a_child(die_before_the_write))
    theirs = {"a": {"id": "a-9", "fields": {"colour": "green"}, "marker": ""}}
    platform = Platform(tmp_path / "platform.json")
    platform.save(theirs)
    resumed = engine(tmp_path, steps=steps)
    assert resumed.run("one").verdict == "fail"
    rollback(resumed.ctx)
    assert platform.load() == theirs


def test_a_rollback_after_a_kill_takes_back_what_had_taken_effect(tmp_path: Path) -> None:
    steps = engine(tmp_path).ctx.guide.steps[:1]

    def die_after_the_write() -> None:
        made = engine(tmp_path, steps=steps)
        made.ctx.journal.changes.ended = lambda *a: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore
        made.run("one")

    assert os.WIFSIGNALED(in_a_child(die_after_the_write))
    ended = rollback(engine(tmp_path, steps=steps).ctx)
    assert ended.ok
    assert len(ended.undone) == 1
    assert Platform(tmp_path / "platform.json").load() == {}
