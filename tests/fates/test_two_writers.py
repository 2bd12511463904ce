"""Two at one run at once, each in a process of its own: nothing is made twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs.load import load_file
from sfsip_nb.testbed import life
from tests.fates import judging
from tests.fates.writer import PARAMETERS, SETS

_PROJECT = Path(__file__).parents[2]
_WRITER = (sys.executable, "-m", "tests.fates.writer")
_PATIENCE = 150.0
"""More than the minute for which a cell waits while another writer is at the run."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


class Home:
    """A folder with a run whose testbed is up, where commands and notebooks find each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_dir = folder / "runs" / load_file(PARAMETERS, list(SETS)).run_name
        self.testbed = life.ensure(self.run_dir, time_scale=600)
        self.before = self.state

    @property
    def state(self) -> judging.State:
        return dict(self.testbed.control("GET", "/state"))

    def made(self) -> Counter[str]:
        """The requests that made something, by path."""
        writes: list[dict[str, Any]] = self.testbed.control("GET", "/writes")
        return Counter(
            _ID.sub("…", w["path"]) for w in writes if w["method"] == "POST" and w["status"] < 300
        )

    def write(self, *roles: str) -> list[str]:
        """Let writers loose at the same time; the last line that each of them says."""
        for mark in (self.folder / "runs" / "meeting").glob("*"):
            mark.unlink()
        said = []
        with ExitStack() as stack:
            processes = [stack.enter_context(self._writer(role, len(roles))) for role in roles]
            for process in processes:
                stack.callback(process.kill)
            for process in processes:
                out, err = process.communicate(timeout=_PATIENCE)
                assert process.returncode == 0, err
                said.append(out.strip().rpartition("\n")[2])
        return said

    def _writer(self, role: str, writers: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*_WRITER, role, str(self.run_dir), str(writers)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(_PROJECT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    life.stop(made.run_dir)


ALONE = Counter(
    {
        "/api/v2/telephony/providers/edges/trunkbasesettings": 1,
        "/api/v2/telephony/providers/edges/sites/…/outboundroutes": 1,
        "/api/v2/architect/ivrs": 2,
        "/synthflow/us/v2/custom-numbers": 1,
        "/synthflow/us/v2/actions": 1,
        "/synthflow/us/v2/actions/attach": 1,
    }
)
"""What one writer makes."""


@pytest.mark.parametrize("roles", [("notebook", "replay"), ("replay", "replay")], ids="-".join)
def test_two_who_apply_make_nothing_twice(home: Home, roles: tuple[str, str]) -> None:
    said = home.write(*roles)
    assert "done" in said, said
    assert all(line == "done" or line.startswith("told: ") for line in said), said
    assert home.made() == ALONE, said
    assert judging.twice(home.state) == []


def test_a_replay_and_a_rollback_leave_nothing_that_a_rollback_does_not_take(home: Home) -> None:
    assert home.write("replay") == ["done"]
    said = home.write("replay", "rollback")
    assert "done" in said, said
    assert judging.twice(home.state) == []
    assert home.write("rollback") == ["done"]
    assert judging.differences(home.before, home.state) == []
