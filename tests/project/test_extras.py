"""What a missing extra stops, and what works without any."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

import sfsip_nb
from sfsip_nb import cli
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.testbed import life
from tests.project.project_files import EXTRAS, ROOT, lock

SAMPLE = ROOT / "parameters" / "genesys.testbed.yaml"


@pytest.mark.parametrize("extra", extras.MODULES)
def test_the_modules_looked_for_are_those_that_pip_installs(extra: str) -> None:
    names = [Requirement(text).name for text in EXTRAS[extra]]
    assert extras.MODULES[extra] == tuple(name.replace("-", "_") for name in names)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("lab", ("jupyter",)),
        ("testbed", ("testbed", "start", "run")),
        ("testbed", ("replay", str(SAMPLE), "--out", "run")),
    ],
)
def test_a_command_that_needs_a_missing_extra_says_how_to_get_it(
    extra: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.start, "become", pytest.fail)
    monkeypatch.setattr(cli.testbed, "become", pytest.fail)
    missing = extras.MODULES[extra][-1]
    monkeypatch.setitem(sys.modules, missing, None)
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 2, done.output
    assert f" needs {missing}, not installed here." in done.stderr
    assert done.stderr.endswith(f"pip install 'sfsip-nb[{extra}]'\n")
    assert done.stderr.count("\n") == 1, "one paragraph"
    assert list(tmp_path.iterdir()) == [], "nothing was written"


@pytest.mark.parametrize("begin", ["open_run", "Beginning"])
def test_a_notebook_without_widgets_says_how_to_get_them(
    begin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.setenv("SFSIP_HEADLESS", "0")
    arguments = ("genesys", "01-prerequisites", {}) if begin == "open_run" else ()
    with pytest.raises(InputError, match=r"needs ipywidgets, not installed here\.") as caught:
        getattr(sfsip_nb, begin)(*arguments)
    assert str(caught.value).endswith("pip install 'sfsip-nb[lab]'")
    assert list(tmp_path.iterdir()) == [], "nothing was written"
    monkeypatch.setitem(sys.modules, "jupyterlab", None)  # VS Code does without it
    monkeypatch.delitem(sys.modules, "ipywidgets")
    sfsip_nb.Beginning()


def test_a_replay_needs_no_extra(tmp_path: Path) -> None:
    """As on a live customer, but on a testbed that an environment with all extras has started."""
    optional = {Requirement(text).name for extra in EXTRAS.values() for text in extra}
    hidden = {canonicalize_name(name).replace("-", "_") for name in optional} - {"sfsip_nb"}
    assert {"jupyterlab", "starlette", "nbval", "pytest"} <= hidden
    away = tmp_path / "away"
    away.mkdir()
    code = f"import sys\nsys.modules.update(dict.fromkeys({sorted(hidden)}))\n"
    (away / "sitecustomize.py").write_text(code)
    beside = tmp_path / "beside"
    control = life.ensure(beside).info["control"]
    words = ("--testbed", control, "--only", "01,07", "--out", str(tmp_path / "run"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sfsip_nb", "replay", str(SAMPLE), *words],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(away), str(ROOT)])},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
    finally:
        life.stop(beside)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "◐ partial: 4 pass" in done.stdout


@pytest.mark.parametrize("extra", ["lab", "testbed", "nbval"])
def test_the_lock_holds_every_extra(extra: str) -> None:
    locked = {pin.name for pin in lock()[0]}
    assert {canonicalize_name(Requirement(text).name) for text in EXTRAS[extra]} <= locked
