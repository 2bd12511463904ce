"""A contact center that the package knows nothing of runs from plan to rollback.

The folder beside this file is what an installed package would be on the path: the platform
`sfsip_echo`, and the entry point by which it is found.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.testbed import life

HERE = Path(__file__).parent
SFSIP = Path(sys.executable).with_name("sfsip")


@dataclass(frozen=True)
class Site:
    """A folder with Echo installed, and one run in it."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def command(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(self.folder), str(HERE.parents[1])])
        return subprocess.run(
            [*map(str, words)],
            env={**os.environ, "PYTHONPATH": path},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
        )

    def replay(self, *words: str) -> dict[str, Any]:
        """Replay the sample; the record."""
        done = self.command(
            SFSIP, "replay", "echo.yaml", "--out", self.run, "--keep-testbed", *words
        )
        records = sorted(self.run.glob("attempts/*/record.json"))
        assert records, done.stdout + done.stderr
        return dict(json.loads(records[-1].read_text(encoding="utf-8")))

    def testbed(self, path: str) -> Any:
        testbed = life.find(self.run)
        assert testbed is not None
        return testbed.control("GET", path)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(shutil.copytree(HERE, tmp_path / "site", ignore=shutil.ignore_patterns("test_*")))
    (made.folder / "echo.yaml").write_text("target: testbed\necho: {}\n", encoding="utf-8")
    yield made
    life.stop(made.run)


def verdicts(record: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["verdict"] for step in record["steps"]}


def test_it_plans_applies_verifies_records_and_rolls_back(site: Site) -> None:
    done = site.command(sys.executable, "-m", "sfsip_echo.make_notebooks")
    assert done.returncode == 0, done.stderr

    planned = site.replay("--mode", "plan", "--only", "02")
    assert {s["id"]: s["change"] for s in planned["steps"]}["trunk.create"] == "create"
    assert site.testbed("/writes") == []

    applied = site.replay()
    assert set(verdicts(applied).values()) == {"pass"}, verdicts(applied)
    assert (applied["guide"], applied["verdict"]) == ("echo", "pass")
    (trunk,) = site.testbed("/state")["echo"]["trunks"].values()
    assert (trunk["open"], trunk["server"]) == (True, "sip.us.synthflow.ai:32681")
    assert trunk["_password"].startswith("secret:")
    assert len(site.testbed("/calls")["echo"]) == 1

    verified = site.replay("--mode", "verify", "--only", "05")
    assert verdicts(verified) == {"verify.inbound": "pass"}
    assert len(site.testbed("/calls")["echo"]) == 2

    deaf = site.replay("--mode", "verify", "--only", "05", "--fault", "echo.lost-audio")
    assert verdicts(deaf) == {"verify.inbound": "fail"}

    undone = site.command(SFSIP, "rollback", site.run)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert site.testbed("/state")["echo"]["trunks"] == {}


def test_a_live_run_refuses_its_sample_and_says_whose_key_is_missing(site: Site) -> None:
    live = site.folder / "live.yaml"
    assert site.command(SFSIP, "new", "echo", live, "--no-questions").returncode == 0
    text = live.read_text(encoding="utf-8")
    live.write_text(text.replace('host: ""', 'host: "sbc.echo-testbed.example"'), encoding="utf-8")
    done = site.command(SFSIP, "replay", live)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "'sbc.echo-testbed.example', a value of the testbed customer" in said
    assert "ECHO_API_KEY" in said
