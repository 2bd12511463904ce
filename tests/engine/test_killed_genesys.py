"""SIGKILL while the Genesys guide is applied to the testbed: resumed, nothing is made twice."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed import life
from tests.engine.test_killed import in_a_child, killed_at

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # The idle threads that earlier tests left behind are of no use to the child.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]

PARAMETERS = Path(__file__).parents[2] / "parameters" / "genesys.testbed.yaml"

# The steps that write, and those that they need; calls are another test's matter.
APPLIED = ("01", "02", "03")

EVERY = int(os.environ.get("SFSIP_KILL_EVERY", "20"))
"""Kill at every n-th write; 1 takes some minutes and tries them all."""


def apply(run_dir: Path) -> dict[str, str]:
    """Apply in a child; its verdicts."""
    answer = run_dir / "verdicts.json"
    answer.unlink(missing_ok=True)
    assert in_a_child(lambda: answer.write_text(json.dumps(apply_here(run_dir)))) == 0
    verdicts: dict[str, str] = json.loads(answer.read_text())
    return verdicts


def apply_here(run_dir: Path) -> dict[str, str]:
    session = sessions.prepare(
        PARAMETERS, ["testbed.time_scale=600"], out=run_dir, keep_testbed=True
    )
    try:
        engine = session.engine
        return {
            step.id: engine.run(step.id).verdict.value
            for step in session.guide.steps
            if step.section.startswith(APPLIED)
        }
    finally:
        session.close()


def made(testbed: life.RunningTestbed) -> dict[str, Any]:
    """What stands on both platforms, without the ids and times that differ between runs."""
    state = testbed.control("GET", "/state")
    return {
        f"{system}/{kind}": sorted(
            str(
                o.get("name")
                or o.get("phone_number")
                or o.get("phone")
                or o.get("startPhoneNumber")
            )
            for o in objects.values()
        )
        for system in ("genesys", "synthflow")
        for kind, objects in state[system].items()
    }


def test_a_killed_apply_is_resumed_by_the_same_command(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    testbed = life.ensure(whole, time_scale=600)
    verdicts = apply(whole)
    # What a person did waits for the calls that prove it; all else has passed.
    assert set(verdicts.values()) == {"pass", "inconclusive"}, verdicts
    expected = made(testbed)
    writes = 4 * len(verdicts)
    life.stop(whole)
    write = 1
    while True:
        run_dir = tmp_path / str(write)
        testbed = life.ensure(run_dir, time_scale=600)
        try:

            def die(write: int = write, run_dir: Path = run_dir) -> None:
                killed_at(write, before_commit=write % 2 == 0)
                apply_here(run_dir)

            status = in_a_child(die)
            if not os.WIFSIGNALED(status):
                assert write > writes / 2, "the apply ended before it was killed"
                break
            assert apply(run_dir) == verdicts, write
            assert made(testbed) == expected, write
        finally:
            life.stop(run_dir)
        write += EVERY
