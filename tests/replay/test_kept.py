"""An attempt made by hand in the notebooks is kept like a replayed one."""

import json
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.record import Record
from sfsip_nb.runs import sums
from sfsip_nb.runs.kept import attempts_of, keep_interactive, outcome, summary
from tests.present import record_sample as sample
from tests.replay.replay_sample import Run, guide


@pytest.mark.parametrize("kind", ["interactive", "replay", "rollback"])
def test_only_what_a_person_did_is_kept_later(tmp_path: Path, kind: str) -> None:
    run = Run(tmp_path, guide("01-a"), kind=kind)
    run.judge(a="pass")
    journal = run.journal()
    kept = keep_interactive(journal, run.guide, tmp_path, run.redactor)
    again = keep_interactive(journal, run.guide, tmp_path, run.redactor)
    ended = journal.attempts()[-1].ended
    journal.close()
    assert again is None
    if kind == "interactive":
        assert kept == tmp_path / "attempts" / "0001-apply"
        assert not sums.check(kept)
        assert ended
    else:
        assert kept is None
        assert not ended


def test_attempts_come_in_order_and_drafts_are_none(tmp_path: Path) -> None:
    for name in ("0010-apply", "0002-plan", ".0011-apply.partial"):
        (tmp_path / "attempts" / name).mkdir(parents=True)
    assert [path.name for path in attempts_of(tmp_path)] == ["0002-plan", "0010-apply"]


def record(mode: str, verdicts: dict[str, str], **more: Any) -> Record:
    steps = [
        sample.step(
            name,
            "01-a",
            name,
            verdict,
            [sample.check(f"{name}/a", "The call is answered", verdict, seen="486")],
        )
        for name, verdict in verdicts.items()
    ]
    return sample.small(steps, verdict="fail", mode=mode, **more)


def test_an_outcome_names_what_needs_a_look_and_counts_the_rest() -> None:
    lines = outcome(
        record("apply", {"a": "fail", "b": "blocked", "c": "waiting", "d": "pass"})
    ).splitlines()
    assert lines[0] == "✖ fail: 1 fail, 1 blocked, 1 waiting, 1 pass"
    assert [line.split()[2] for line in lines[2:]] == ["a", "c"]
    assert "The call is answered: 486" in lines[2]


def test_after_a_plan_what_waits_for_its_apply_is_only_counted() -> None:
    assert "\n" not in outcome(record("plan", {"a": "waiting", "b": "blocked"}))


def test_what_did_not_run_is_counted() -> None:
    missing = [{"id": name, "section": "01-a", "title": name} for name in "bc"]
    data = record("apply", {"a": "pass"}, not_run=missing)
    assert outcome(data).endswith(": 1 pass, 2 not run")


def test_an_attempt_that_broke_off_says_so(tmp_path: Path) -> None:
    data = record("apply", {"a": "pass"}, broke_off="02-b: interrupted")
    (tmp_path / "record.json").write_text(json.dumps(data.as_json()))
    assert "Stopped early in 02-b: interrupted" in summary(tmp_path).text
