"""The command line: what it refuses, what it says, and its exit codes."""

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from sfsip_nb.cli.asking import confirm
from sfsip_nb.cli.common import say
from sfsip_nb.engine.model import Stranded
from sfsip_nb.engine.rows import RollbackRow, UndoneRow
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs.errors import Leak
from tests.replay.replay_sample import Run, guide


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A stand-in for the session module, to be given its functions."""
    module = types.ModuleType("sfsip_nb.runs.session")
    monkeypatch.setitem(sys.modules, "sfsip_nb.runs.session", module)
    monkeypatch.setattr("sfsip_nb.runs.session", module, raising=False)
    return module


def sfsip(*words: str) -> Result:
    return CliRunner().invoke(cli.app, words)


def prepared(session: types.ModuleType, run: Run) -> dict[str, Any]:
    asked: dict[str, Any] = {}

    def prepare(path: Path, sets: list[str], **options: Any) -> Run:
        asked.update(options, path=path, sets=sets)
        return run

    session.prepare = prepare  # type: ignore[attr-defined]
    return asked


def test_nothing_that_is_said_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("red \x1b[31m\x07 \u202e half \ud83d\n\tnext")
    assert capsys.readouterr().out == ("red ⟨U+001B⟩[31m⟨U+0007⟩ ⟨U+202E⟩ half ⟨U+D83D⟩\n\tnext\n")


def test_bad_input_is_one_paragraph_and_code_2(session: types.ModuleType) -> None:
    def prepare(*_: Any, **__: Any) -> None:
        raise InputError("numbers", "numbers holds 15551230001: put it in quotes.\x1b")

    session.prepare = prepare  # type: ignore[attr-defined]
    done = sfsip("replay", "x.yaml")
    assert done.exit_code == 2
    assert done.stderr == "numbers holds 15551230001: put it in quotes.⟨U+001B⟩\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words", [("replay",), ("replay", "x.yaml", "--nonsense"), ("nonsense",), ("new", "cisco")]
)
def test_wrong_usage_is_code_2(words: tuple[str, ...]) -> None:
    assert sfsip(*words).exit_code == 2


@pytest.mark.parametrize(
    ("only", "named"), [("2,09", "09"), ("01-03", "01-03"), ("1.5", "1.5"), ("0", "00")]
)
def test_what_is_no_section_starts_nothing(
    session: types.ModuleType, only: str, named: str
) -> None:
    done = sfsip("replay", "x.yaml", "--only", only)
    assert done.exit_code == 2
    assert f"--only names {named};" in done.stderr


def test_replay_hands_its_options_on_and_gives_the_verdicts_code(
    session: types.ModuleType, tmp_path: Path
) -> None:
    run = Run(tmp_path / "run", guide("01-a"))
    run.judge(a="fail")
    asked = prepared(session, run)
    done = sfsip(
        *("replay", "x.yaml", "--mode", "verify", "--out", "d", "--set", "a.b=1", "--set", "c=2"),
        *("--fault", "x.y", "--keep-testbed", "--approve", "Dana", "--only", "7"),
    )
    assert done.exit_code == 1
    assert asked == {
        "path": Path("x.yaml"),
        "sets": ["a.b=1", "c=2"],
        "mode": "verify",
        "out": Path("d"),
        "testbed_url": "",
        "faults": ["x.y"],
        "keep_testbed": True,
        "approve": "Dana",
        "confirm": confirm,
    }
    assert "record.html" in done.stdout


@pytest.mark.parametrize("error", [Leak("A secret stood in x."), KeyboardInterrupt()])
def test_breaking_off_is_code_4(session: types.ModuleType, error: BaseException) -> None:
    def prepare(*_: Any, **__: Any) -> None:
        raise error

    session.prepare = prepare  # type: ignore[attr-defined]
    done = sfsip("replay", "x.yaml")
    assert done.exit_code == 4
    assert done.stderr.count("\n") == 1


def test_an_interrupt_that_leaves_something_half_changed_says_so(
    session: types.ModuleType,
) -> None:
    def prepare(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt from Stranded("The number may ring nowhere.", "Put it back.")

    session.prepare = prepare  # type: ignore[attr-defined]
    done = sfsip("replay", "x.yaml")
    assert done.exit_code == 4
    assert done.stderr == "Interrupted. The number may ring nowhere. Put it back.\n"


def test_record_shows_and_checks_the_attempts(session: types.ModuleType, tmp_path: Path) -> None:
    run = Run(tmp_path / "run", guide("01-a"))
    run.judge(a="pass")
    prepared(session, run)
    assert sfsip("replay", "x.yaml", "--only", "07").exit_code == 0

    shown = sfsip("record", str(run.run_dir))
    assert shown.exit_code == 0
    assert "✔ pass" in shown.stdout
    assert "record.html" in shown.stdout
    attempt = run.run_dir / "attempts" / "0001-apply"
    for folder in (run.run_dir, attempt):
        checked = sfsip("record", str(folder), "--check")
        assert (checked.exit_code, checked.stdout) == (0, "0001-apply: as written\n")
    (attempt / "record.json").write_text("{}")
    (attempt / "SHA256SUMS.txt").write_text("")
    checked = sfsip("record", str(run.run_dir), "--check")
    assert checked.exit_code == 1
    assert checked.stdout == "0001-apply: changed: record.json; added: SHA256SUMS.txt\n"
    (attempt / "SHA256SUMS").unlink()
    assert "missing: SHA256SUMS" in sfsip("record", str(run.run_dir), "--check").stdout


def test_a_folder_without_attempts_is_bad_input(tmp_path: Path) -> None:
    assert sfsip("record", str(tmp_path), "--check").exit_code == 2


class Opened(types.SimpleNamespace):
    """A run opened for its rollback, of which only the command's part is looked at."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def opened(live: bool) -> Opened:
    ctx = types.SimpleNamespace(live=live, parameters=types.SimpleNamespace(customer="Acme"))
    engine = types.SimpleNamespace(ctx=ctx)
    names = dict.fromkeys(("journal", "guide", "run_dir", "redactor", "attempt"))
    return Opened(engine=engine, **names)


def rolled_back(ok: bool, differences: list[str]) -> RollbackRow:
    undone = [UndoneRow(what="create of trunk", result="deleted", ok=ok)]
    well = ok and not differences
    return RollbackRow(at="", by="", differences=differences, ok=well, undone=undone)


@pytest.fixture
def approvals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who approved each rollback that was carried out."""
    names: list[str] = []

    def undo(ctx: Any, by: str) -> RollbackRow:
        names.append(by)
        return rolled_back(True, [])

    monkeypatch.setattr("sfsip_nb.engine.rollback.rollback", undo)
    monkeypatch.setattr("sfsip_nb.engine.rollback.outlook", lambda ctx: ["delete the trunk"])
    monkeypatch.setattr("sfsip_nb.runs.kept.keep", lambda *args: Path("attempts/0002-rollback"))
    return names


@pytest.mark.parametrize(
    ("ok", "differences", "code"), [(True, [], 0), (False, [], 1), (True, ["a trunk is there"], 1)]
)
def test_rollback_says_what_became_of_each_change_and_what_is_not_as_before(
    session: types.ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    approvals: list[str],
    ok: bool,
    differences: list[str],
    code: int,
) -> None:
    run = opened(live=False)
    session.reopen = lambda folder, **_: run  # type: ignore[attr-defined]
    ended = rolled_back(ok, differences)
    monkeypatch.setattr("sfsip_nb.engine.rollback.rollback", lambda ctx, by: ended)
    done = sfsip("rollback", "DIR")
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[0][2:]) == (code, "create of trunk: deleted")
    assert [line for line in lines if "Not as before" in line] == [
        f"✖ Not as before: {what}" for what in differences
    ]
    assert "attempts/0002-rollback/record.html" in lines[-1]
    assert run.closed == 1


def test_a_live_customers_rollback_is_shown_and_waits_for_a_name(
    session: types.ModuleType, approvals: list[str]
) -> None:
    session.reopen = lambda folder, **_: opened(live=True)  # type: ignore[attr-defined]
    waits = sfsip("rollback", "DIR")
    assert waits.exit_code == 3
    assert "delete the trunk" in waits.stdout
    assert approvals == []
    assert sfsip("rollback", "DIR", "--approve", "Ann").exit_code == 0
    assert approvals == ["Ann"]


def test_new_writes_a_file_and_never_over_one(tmp_path: Path) -> None:
    target = str(tmp_path / "acme.yaml")
    assert sfsip("new", "genesys", target).exit_code == 0
    first = Path(target).read_text()
    assert "target: live" in first
    assert sfsip("new", "genesys", target).exit_code == 2
    assert Path(target).read_text() == first


def test_faults_are_listed_by_where_they_lie_and_with_their_rows() -> None:
    done = sfsip("testbed", "faults")
    assert done.exit_code == 0
    set_up, calls, account, conditions = done.stdout.strip().split("\n\n")
    assert "genesys.proxy-port" in set_up
    assert re.search(r"synthflow\.rtp-blackhole .* One-way or no audio$", calls, re.M)
    assert "synthflow.bad-key" in account
    assert "genesys.rate-limit" in conditions


def test_a_call_is_refused_where_the_file_does_not_allow_it(tmp_path: Path) -> None:
    path = tmp_path / "genesys.yaml"
    sfsip("new", "genesys", str(path))
    done = sfsip("probe", "call", "sip:911@127.0.0.1", "--parameters", str(path))
    assert done.exit_code == 2


def test_sigterm_ends_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    old = signal.getsignal(signal.SIGTERM)

    def app() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(cli, "app", app)
    try:
        with pytest.raises(KeyboardInterrupt):
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, old)
