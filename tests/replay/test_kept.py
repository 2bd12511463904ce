"""An attempt made by hand in the notebooks is kept like a replayed one."""

from pathlib import Path

import pytest

from sfsip_nb.replay import sums
from sfsip_nb.replay.kept import attempts_of, keep_interactive
from tests.replay.replay_sample import Run, guide


@pytest.mark.parametrize("kind", ["interactive", "replay", "rollback"])
def test_only_what_a_person_did_is_kept_later(tmp_path: Path, kind: str) -> None:
    run = Run(tmp_path, guide("01-a"), kind=kind)
    run.judge(a="pass")
    journal = run.journal()
    kept = keep_interactive(journal, run.guide, tmp_path, run.redactor)
    again = keep_interactive(journal, run.guide, tmp_path, run.redactor)
    ended = journal.attempts()[-1]["ended"]
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
