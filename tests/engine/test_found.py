"""A run's folder is looked at while others write there, and the look leaves nothing behind."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.found import JOURNAL, TYPED, look
from sfsip_nb.engine.journal import Journal

BEFORE, AFTER = {"key": "before" * 9_000}, {"key": "after" * 9_000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(Journal(tmp_path / JOURNAL)) as journal:
        journal.put("other", "x" * 30_000)
        journal.put(TYPED, BEFORE)
    os.utime(tmp_path / JOURNAL, (0, 0))
    return tmp_path


class Meanwhile:
    """Another notebook, which writes within the next reads of the journal's file.

    Each goes on for some of SQLite's operations before it does, and it may close the journal then.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, opened: ExitStack) -> None:
        self._folder, self._opened, self._patch = folder, opened, monkeypatch
        self._connect = sqlite3.connect

    def writes(self, times: int, operations: int, closes: bool) -> None:
        def write() -> int:
            self._patch.setattr(sqlite3, "connect", self._connect)
            journal = self._opened.enter_context(closing(Journal(self._folder / JOURNAL)))
            journal.put("other", times)
            journal.put(TYPED, AFTER)
            if closes:
                journal.close()
            if times > 1:
                self.writes(times - 1, operations, closes)
            return 0

        def connect(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = self._connect(*args, **options)
            if operations:
                connection.set_progress_handler(_once(write), operations)
            else:
                write()
            return connection

        self._patch.setattr(sqlite3, "connect", connect)


def _once(act: Callable[[], int]) -> Callable[[], int]:
    left = [act]
    return lambda: left.pop()() if left else 0


@pytest.fixture
def meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meanwhile]:
    with ExitStack() as opened:
        yield Meanwhile(folder, monkeypatch, opened)


@pytest.mark.parametrize("times", [1, 3, 99])
@pytest.mark.parametrize("operations", [0, 20])
@pytest.mark.parametrize("closes", [True, False])
def test_a_journal_that_is_written_while_it_is_read_is_read_whole(
    folder: Path, meanwhile: Meanwhile, times: int, operations: int, closes: bool
) -> None:
    meanwhile.writes(times, operations, closes)
    assert look(folder).typed == AFTER


def test_a_look_leaves_nothing_behind_and_needs_no_leave_to_write(folder: Path) -> None:
    folder.chmod(0o500)
    try:
        assert look(folder).typed == BEFORE
        assert [path.name for path in folder.iterdir()] == [JOURNAL]
    finally:
        folder.chmod(0o700)
