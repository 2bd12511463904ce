"""The rehearsal's telephones and surprises on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.inputs import samples
from sfsip_nb.runs import session
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PARAMETERS
from tests.testbed.test_handsets import until


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Path]:
    """A rehearsal that was opened once; its testbed runs."""
    with closing(session.prepare(PARAMETERS, out=tmp_path / "run", keep_testbed=True)):
        yield tmp_path / "run"
    life.stop(tmp_path / "run")


def sfsip(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["testbed", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_the_phone_dials_and_the_agents_does_not_ring(rehearsal: Path) -> None:
    calling = f"Calling {samples.DID} from {samples.CALLER}.\n"
    assert sfsip("dial", rehearsal) == (0, calling, "")
    testbed = life.find(rehearsal)
    assert testbed is not None
    until(testbed, lambda look: not look["busy"])
    assert samples.CALLEE in sfsip("dial", rehearsal, samples.CALLEE)[1]
    code, _, told = sfsip("answer", rehearsal)
    assert (code, "No agent's phone is ringing." in told) == (2, True)
    assert testbed.token not in told


def test_a_surprise_is_named_by_its_number(rehearsal: Path) -> None:
    code, told, _ = sfsip("surprise", rehearsal, "--seed", "3")
    assert code == 0
    choices = [line.partition(". ")[2] for line in told.splitlines() if line.startswith("  ")]
    assert len(choices) == 5
    code, _, told = sfsip("surprise", rehearsal)
    assert (code, "A surprise is on already" in told) == (2, True)
    code, _, told = sfsip("reveal", rehearsal, "6")
    assert (code, "There is no choice 6: they are 1 to 5." in told) == (2, True)
    code, told, _ = sfsip("reveal", rehearsal, "2")
    assert code == 0
    assert f"You said: {choices[1]}. It is: " in told
    assert any(f"It is: {choice} (fault " in told for choice in choices)
    assert sfsip("surprise", rehearsal, "--off") == (0, "The surprise is off.\n", "")
    code, _, told = sfsip("reveal", rehearsal, "2")
    assert (code, "No surprise is on." in told) == (2, True)


def test_a_folder_that_holds_no_rehearsal_is_told_apart(tmp_path: Path) -> None:
    code, _, told = sfsip("dial", tmp_path)
    assert (code, "No run was opened in" in told) == (2, True)
    assert list(tmp_path.iterdir()) == []
