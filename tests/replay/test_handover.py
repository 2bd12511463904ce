"""An attempt as one file: record, evidence and sums, which hold where it is unpacked."""

from __future__ import annotations

import json
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.verdicts import Basis
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.runs import handover, sums
from sfsip_nb.runs.errors import Leak
from sfsip_nb.runs.kept import keep
from tests.present import record_sample as sample
from tests.replay.replay_sample import Run, guide

NAME = "0123456789ab-reply.txt"


@pytest.fixture
def attempt(tmp_path: Path) -> Path:
    """A kept attempt of a run with one file of evidence."""
    folder = tmp_path / "acme"
    run = Run(folder, guide("01-a"), kind="interactive")
    (folder / "evidence").mkdir()
    (folder / "evidence" / NAME).write_text("the platform's words")
    digest = dict(sums._digests(folder / "evidence"))[NAME]
    check = CheckRow.model_validate(sample.check("01-a.step/a", "A", "pass", evidence=[NAME]))
    with closing(run.journal()) as journal:
        journal.keep_evidence(run.attempt, "01-a.step", Basis.FILE, NAME, "Reply", digest)
        row = journal.step_begins(run.attempt, "01-a.step")
        journal.step_ends(row, "pass", "none", [check], "")
        journal.put("parameters", {"guide": "genesys", "values": {"target": "testbed"}})
        return keep(journal, run.guide, folder, run.redactor, run.attempt)


def test_it_holds_all_of_it_and_can_be_checked_where_it_is_unpacked(
    attempt: Path, tmp_path: Path
) -> None:
    made = handover.write(attempt, tmp_path / "acme.zip", Redactor())
    assert made.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(made) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "there")
    assert names[0] == "acme/READ-ME-FIRST.txt"
    assert f"acme/evidence/{NAME}" in names
    assert {"acme/attempts/0001-apply/record.html", "acme/attempts/0001-apply/SHA256SUMS"} < {
        *names
    }
    there = tmp_path / "there" / "acme" / "attempts" / "0001-apply"
    assert not sums.check(there)
    command = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=there, check=False).returncode == 0
    (there.parent.parent / "evidence" / NAME).write_text("better words")
    assert sums.check(there).changed == (f"evidence/{NAME}",)


def test_the_same_attempt_gives_the_same_bytes(attempt: Path, tmp_path: Path) -> None:
    one, two = (
        handover.write(attempt, tmp_path / name, Redactor()).read_bytes() for name in ("a", "b")
    )
    assert one == two


def test_a_secret_in_any_file_hands_nothing_over(attempt: Path, tmp_path: Path) -> None:
    with pytest.raises(Leak, match=f"evidence/{NAME}, so a.zip was not written"):
        handover.write(attempt, tmp_path / "a.zip", Redactor(["the platform's words"]))
    assert not (tmp_path / "a.zip").exists()


def test_the_command_writes_it_beside_the_run(attempt: Path, tmp_path: Path) -> None:
    run = attempt.parent.parent
    done = CliRunner().invoke(cli.app, ["record", str(run), "--zip"])
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "acme-0001-apply.zip").is_file()
    out = tmp_path / "other.zip"
    done = CliRunner().invoke(cli.app, ["record", str(attempt), "--zip", "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    assert out.is_file()


def test_what_was_changed_since_is_not_handed_over(attempt: Path, tmp_path: Path) -> None:
    page = attempt / "record.json"
    page.write_text(json.dumps(json.loads(page.read_text()) | {"customer": "Somebody else"}))
    done = CliRunner().invoke(cli.app, ["record", str(attempt.parent.parent), "--zip"])
    assert done.exit_code == 1
    assert "not packed: changed: record.json" in done.stdout
    assert not (tmp_path / "acme-0001-apply.zip").exists()


def test_an_attempt_without_its_run_cannot_be_searched_for_secrets(
    attempt: Path, tmp_path: Path
) -> None:
    alone = attempt.rename(tmp_path / "0001-apply")
    done = CliRunner().invoke(cli.app, ["record", str(alone), "--zip"])
    assert done.exit_code == 2
    assert "is not in a run's folder" in done.stderr
