"""The run's first page: every attempt, and why one has no record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.runs import index
from sfsip_nb.runs.errors import Leak
from sfsip_nb.runs.folder import Attempt
from sfsip_nb.runs.kept import keep
from tests.present.hostile import HOSTILE
from tests.present.html_page import Page
from tests.replay.replay_sample import SECRET, Run, guide


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite3")) as made:
        yield made


def begun(journal: Journal, kind: str = "replay", judged: bool = True, ended: bool = True) -> int:
    number = journal.begin("apply", kind, AttemptFacts(customer="Acme & Sons"))
    if judged:
        journal.step_ends(journal.step_begins(number, "01-a.step"), "pass", "none", [], "")
    if ended:
        journal.end(number)
    return number


def whys(run_dir: Path, journal: Journal) -> dict[str, str]:
    return {row["name"]: row["why"] for row in index.attempts(run_dir, journal)}


def test_each_attempt_without_a_record_says_why(tmp_path: Path, journal: Journal) -> None:
    begun(journal, ended=False)
    begun(journal, judged=False)
    journal.put(f"broke_off/{begun(journal)}", "02-b: interrupted")
    begun(journal)
    begun(journal, kind="interactive")
    begun(journal, kind="interactive", ended=False)
    told = whys(tmp_path, journal)
    for number, part in enumerate(
        (
            "its process was killed",
            "before any step had a verdict",
            "It broke off in 02-b: interrupted",
            "before its record was written",
            "A later attempt began",
            "still open in the notebooks",
        ),
        1,
    ):
        assert part in told[f"{number:04}-apply"]


def test_one_whose_files_held_a_secret_says_so_and_not_the_secret(tmp_path: Path) -> None:
    run = Run(tmp_path, guide("01-a"))
    run.judge(a="pass")
    with closing(run.journal()) as journal:
        attempt = Attempt(tmp_path, run.attempt_name)
        (attempt.notebooks / "x.txt").write_text(SECRET, encoding="utf-8")
        with pytest.raises(Leak), index.recording(tmp_path, journal, run.attempt):
            attempt.publish(run.redactor)
        assert "A secret stood in notebooks/x.txt" in whys(tmp_path, journal)["0001-apply"]
    page = (tmp_path / index.NAME).read_text(encoding="utf-8")
    assert "A secret stood in notebooks/x.txt" in page
    assert SECRET not in Page(page).text


def test_the_page_leads_to_each_record_and_is_written_with_it(tmp_path: Path) -> None:
    run = Run(tmp_path, guide("01-a"), kind="interactive")
    run.judge(a="pass")
    with closing(run.journal()) as journal:
        keep(journal, run.guide, tmp_path, run.redactor, run.attempt)
    page = Page((tmp_path / index.NAME).read_text(encoding="utf-8"))
    assert ("href", "attempts/0001-apply/record.html") in page.attributes
    assert "No record." not in page.text
    assert "script" not in page.tags


def test_a_record_that_cannot_be_read_is_told(tmp_path: Path, journal: Journal) -> None:
    begun(journal)
    (tmp_path / "attempts" / "0001-apply").mkdir(parents=True)
    (tmp_path / "attempts" / "0001-apply" / "record.json").write_text("{")
    assert "is no record that this version can read" in whys(tmp_path, journal)["0001-apply"]


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_stays_text(tmp_path: Path, journal: Journal, kind: str) -> None:
    number = journal.begin("apply", "replay", AttemptFacts(customer=HOSTILE[kind]))
    journal.step_ends(journal.step_begins(number, "01-a.step"), "pass", "none", [], "")
    journal.put(f"broke_off/{number}", HOSTILE[kind])
    journal.end(number)
    index.write(tmp_path, journal)
    page = Page((tmp_path / index.NAME).read_text(encoding="utf-8"))
    assert not {"script", "img", "iframe", "link"} & set(page.tags)
    assert [name for name, _ in page.attributes if name.startswith("on")] == []


def test_the_command_names_them_below_the_newest_record(tmp_path: Path) -> None:
    run = Run(tmp_path, guide("01-a"), kind="interactive")
    run.judge(a="pass")
    with closing(run.journal()) as journal:
        keep(journal, run.guide, tmp_path, run.redactor, run.attempt)
        begun(journal, judged=False)
        journal.put("parameters", {"guide": "genesys", "values": {"target": "testbed"}})
    done = CliRunner().invoke(cli.app, ["record", str(tmp_path)])
    assert done.exit_code == 0, done.stderr
    assert "0002-apply: no record. It ended before any step had a verdict." in done.stdout
