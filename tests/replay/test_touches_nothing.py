"""Exit 2 means that nothing was touched: no file made or changed, no testbed left running."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs import shipped
from sfsip_nb.runs import session
from sfsip_nb.testbed import registry

FILE = str(Path("parameters/genesys.testbed.yaml").resolve())


def listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of everything below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        of = path.lstat()
        found[str(path.relative_to(folder))] = (of.st_mode, of.st_size, of.st_mtime_ns)
    return found


def nothing(run: Path) -> None:
    """A folder that is not there."""


def foreign(run: Path) -> None:
    run.mkdir()
    (run / "thesis.tex").write_text("years of work")
    (run / "notes").mkdir()


def garbage(run: Path) -> None:
    run.mkdir()
    (run / "journal.sqlite3").write_bytes(b"garbage!" * 200)


def cut_short(run: Path) -> None:
    opened_before(run)
    path = run / "journal.sqlite3"
    os.truncate(path, path.stat().st_size // 2)


def another_programs(run: Path) -> None:
    run.mkdir()
    with closing(sqlite3.connect(run / "journal.sqlite3")) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")


def empty(run: Path) -> None:
    run.mkdir()
    (run / "journal.sqlite3").touch()


def without_inputs(run: Path) -> None:
    Journal(run / "journal.sqlite3").close()


def opened_before(run: Path) -> None:
    shutil.copytree(_made(run.parent / "made"), run)


def _made(run: Path) -> Path:
    session.prepare(Path(FILE), out=run).close()
    return run


def damaged_plan(run: Path) -> None:
    opened_before(run)
    (run / "plan.json").write_text('{"schema": 1, "entr')


def plan_of_another_schema(run: Path) -> None:
    opened_before(run)
    (run / "plan.json").write_text(json.dumps({"schema": 99}))


def attempt_without_a_journal(run: Path) -> None:
    (run / "attempts" / "0001-apply").mkdir(parents=True)


REPLAY = ("replay", FILE, "--out", "DIR")


@dataclass(frozen=True)
class Bad:
    """A folder, a command on it, and what it is told."""

    folder: Callable[[Path], None]
    words: tuple[str, ...]
    says: str

    def __str__(self) -> str:
        return f"{self.folder.__name__}: {' '.join(self.words[2:])}"


CASES = (
    Bad(nothing, (*REPLAY, "--fault", "genesys.no-rout"), "no fault"),
    Bad(nothing, (*REPLAY, "--only", "09"), "--only names 09"),
    Bad(nothing, (*REPLAY, "--set", "people={trunk.inbond: {done_by: Ada}}"), "names no step"),
    Bad(nothing, (*REPLAY, "--set", "sip.password=env:NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
    Bad(nothing, (*REPLAY, "--approve", "Ada"), "no saved plan"),
    Bad(nothing, (*REPLAY, "--approve", " "), "give a name"),
    Bad(nothing, (*REPLAY, "--testbed", "http://127.0.0.1:9/control/x"), "None of your testbeds"),
    Bad(nothing, ("rollback", "DIR"), "holds no journal"),
    Bad(foreign, REPLAY, "is not a run's folder: it holds notes and 1 more"),
    Bad(foreign, ("rollback", "DIR"), "holds no journal"),
    Bad(foreign, ("record", "DIR"), "holds no attempt"),
    Bad(garbage, REPLAY, "is damaged"),
    Bad(garbage, ("rollback", "DIR"), "is damaged"),
    Bad(garbage, ("record", "DIR"), "is damaged"),
    Bad(cut_short, REPLAY, "is damaged"),
    Bad(cut_short, ("rollback", "DIR"), "is damaged"),
    Bad(another_programs, REPLAY, "another program"),
    Bad(empty, ("rollback", "DIR"), "nothing to undo"),
    Bad(empty, ("record", "DIR"), "holds no attempt"),
    Bad(without_inputs, ("rollback", "DIR"), "nothing to undo"),
    Bad(opened_before, (*REPLAY, "--approve", "Ada"), "no saved plan"),
    Bad(
        opened_before,
        (*REPLAY, "--testbed", "http://127.0.0.1:9/control/x"),
        "None of your testbeds",
    ),
    Bad(
        opened_before,
        ("rollback", "DIR", "--testbed", "http://127.0.0.1:9/x"),
        "None of your testbeds",
    ),
    Bad(opened_before, ("record", "DIR", "--sign", "--key", "/nowhere/key"), "/nowhere/key"),
    Bad(damaged_plan, REPLAY, "Delete it"),
    Bad(damaged_plan, (*REPLAY, "--approve", "Ada"), "Delete it"),
    Bad(plan_of_another_schema, REPLAY, "of another version"),
    Bad(attempt_without_a_journal, REPLAY, "holds an attempt 0001-apply already"),
)


@pytest.mark.parametrize("bad", CASES, ids=str)
def test_bad_input_touches_nothing(bad: Bad, tmp_path: Path) -> None:
    run = tmp_path / "run"
    bad.folder(run)
    before = listing(tmp_path)
    testbeds = registry.entries()
    words = [str(run) if word == "DIR" else word for word in bad.words]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 2, done.stderr
    assert bad.says in done.stderr
    assert done.stderr.count("\n") == 1, "one paragraph"
    assert listing(tmp_path) == before
    assert registry.entries() == testbeds


def test_a_missing_notebook_stops_a_replay_before_anything_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebooks, testbeds = tmp_path / "notebooks", registry.entries()
    shutil.copytree(shipped.NOTEBOOKS, notebooks)
    (notebooks / "genesys" / "05-verification.ipynb").unlink()
    monkeypatch.setattr(shipped, "NOTEBOOKS", notebooks)
    run = tmp_path / "run"
    done = CliRunner().invoke(cli.app, ["replay", FILE, "--out", str(run)])
    assert done.exit_code == 2, done.stderr
    assert "lacks 05-verification.ipynb" in done.stderr
    assert not run.exists()
    assert registry.entries() == testbeds


def test_a_testbed_that_was_started_ends_where_the_run_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testbeds = registry.entries()

    def full(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Journal, "put", full)
    with pytest.raises(OSError, match="full"):
        session.prepare(Path(FILE), out=tmp_path / "run")
    assert registry.entries() == testbeds
