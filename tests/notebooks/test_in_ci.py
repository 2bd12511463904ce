"""The lines that the README gives for CI, as they stand there; each on the first section alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsip_nb.testbed import life
from tests.notebooks.notebook_tools import FOLDER, PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## In CI") : README.index("## A run's folder")]
FIRST = "01-prerequisites.ipynb"
PATIENCE = 150.0


def block(kind: str, word: str) -> str:
    """The one code block of that kind in the section in which a word stands."""
    blocks = re.findall(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)
    [found] = [text for text in blocks if word in text]
    return str(found)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """As a checkout is, with one notebook, and a customer who is the testbed's."""
    (tmp_path / "notebooks" / "genesys").mkdir(parents=True)
    shutil.copy(FOLDER / "genesys" / FIRST, tmp_path / "notebooks" / "genesys")
    shutil.copytree(PROJECT / "parameters", tmp_path / "parameters")
    shutil.copy(PROJECT / "parameters" / "genesys.testbed.yaml", tmp_path / "acme.yaml")
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("sfsip", "papermill", "pytest"):  # the tools of whichever Python runs this
        start = {"sfsip": "from sfsip_nb.cli import main; main()"}.get(name)
        how = f"-c '{start}'" if start else f"-m {name}"
        only = " --only 01" if name == "sfsip" else ""
        (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} {how} "$@"{only}\n')
        (tools / name).chmod(0o755)
    yield tmp_path
    for run in (tmp_path / "runs").glob("*"):
        life.stop(run)


def shell(lines: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    path = f"export PATH={checkout / '.venv' / 'bin'}:$PATH\n"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", path + lines],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_replay(checkout: Path) -> None:
    done = shell(block("bash", "sfsip replay"), checkout)
    assert re.search(r"01 Prerequisites: ✔ pass, [\d.]+ s\n", done.stdout), done.stdout
    assert (checkout / "runs" / "nightly" / "attempts" / "0001-apply" / "junit.xml").is_file()


def test_papermill(checkout: Path) -> None:
    done = shell(block("bash", "papermill"), checkout)
    assert done.returncode == 0, done.stdout
    assert (checkout / "out" / FIRST).is_file()
    assert (checkout / "runs" / "testbed-customer-genesys").is_dir(), "beside the notebooks"


def test_nbval(checkout: Path) -> None:
    done = shell(block("bash", "nbval"), checkout)
    assert done.returncode == 0, done.stdout


def test_github_actions(checkout: Path) -> None:
    job = yaml.safe_load(block("yaml", "runs-on"))["jobs"]["verify"]
    wanted = (PROJECT / "parameters" / "genesys.example.yaml").read_text(encoding="utf-8")
    assert {f"env:{name}" for name in job["env"]} == set(re.findall(r'"(env:\w+)"', wanted))
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[0] == "pip install -e ."
    done = shell("export GITHUB_STEP_SUMMARY=summary.md GITHUB_ACTIONS=true\n" + runs[1], checkout)
    assert "01 Prerequisites: " in done.stdout
    assert (checkout / "summary.md").read_text().startswith("### Testbed Customer")
    kept = next(s["with"]["path"] for s in job["steps"] if "upload-artifact" in s.get("uses", ""))
    assert (checkout / kept / "0001-verify" / "record.html").is_file()


def test_cron(checkout: Path) -> None:
    line = block("crontab", "sfsip")
    schedule, command = line.split()[:5], line.split(maxsplit=5)[5]
    assert schedule == ["17", "4", "*", "*", "*"]
    done = shell(command.replace("/srv/sfsip", str(checkout)), checkout)
    assert "begins at" not in done.stdout
    assert (checkout / "runs" / "acme" / "attempts" / "0001-verify").is_dir()


def test_airflow(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operator's execute() calls, without Airflow (apache-airflow-providers-papermill)."""
    import papermill

    given: dict[str, Any] = {}
    module = types.ModuleType("airflow.providers.papermill.operators.papermill")
    module.PapermillOperator = given.update  # type: ignore[attr-defined]
    parts = module.__name__.split(".")
    for depth in range(1, len(parts)):
        name = ".".join(parts[:depth])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(block("python", "PapermillOperator").replace("/srv/sfsip", str(checkout)), {})

    (checkout / "out").mkdir()
    monkeypatch.chdir(checkout)
    done = papermill.execute_notebook(
        given["input_nb"],
        given["output_nb"],
        parameters=given["parameters"],
        progress_bar=False,
        report_mode=True,
        kernel_name=None,
        language=None,
        engine_name=None,
    )
    assert "✔ pass" in str([cell.get("outputs") for cell in done["cells"]][-2:])
    assert Path(given["output_nb"]).is_file()
