"""An attempt made by hand in the notebooks is kept like a replayed one."""

import json
import platform
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.runs import attempts, holding, sums
from sfsip_nb.runs.kept import attempts_of, keep_interactive, outcome, summary
from tests.present import record_sample as sample
from tests.replay.replay_sample import Run, guide

INCONCLUSIVE = Verdict.INCONCLUSIVE


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


def test_a_record_is_not_made_while_a_step_is_running(tmp_path: Path) -> None:
    run = Run(tmp_path, guide("01-a", "02-b"), kind="interactive")
    with closing(run.journal()) as journal:
        row = journal.step_begins(run.attempt, "01-a.step")
        journal.step_ends(row, "pass", "none", [], "")
        with holding.in_step(tmp_path), holding.in_step(tmp_path):  # two notebooks at once
            with pytest.raises(InputError, match="carrying out a step"):
                keep_interactive(journal, run.guide, tmp_path, run.redactor)
            assert journal.attempt(run.attempt).ended is None
        assert keep_interactive(journal, run.guide, tmp_path, run.redactor) is not None
        with holding.in_step(tmp_path):  # there is nothing left to record, so nothing to wait for
            assert keep_interactive(journal, run.guide, tmp_path, run.redactor) is None


def test_a_record_that_waits_for_a_step_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, guide("01-a", "02-b"), kind="interactive")
    with closing(run.journal()) as journal, ExitStack() as step:
        row = journal.step_begins(run.attempt, "01-a.step")
        journal.step_ends(row, "pass", "none", [], "")
        step.enter_context(holding.in_step(tmp_path))
        row = journal.step_begins(run.attempt, "02-b.step")

        def meanwhile(seconds: float) -> None:
            journal.step_ends(row, "fail", "none", [], "")
            step.close()

        monkeypatch.setattr(holding, "time", SimpleNamespace(monotonic=float, sleep=meanwhile))
        kept = keep_interactive(journal, run.guide, tmp_path, run.redactor, patience=60)
    assert kept is not None
    record = Record.model_validate_json((kept / "record.json").read_bytes())
    assert [(step.id, step.verdict) for step in record.steps] == [
        ("01-a.step", "pass"),
        ("02-b.step", "fail"),
    ]


def test_no_step_begins_while_a_record_is_being_made(tmp_path: Path) -> None:
    refused = pytest.raises(InputError, match=r"record .* is being made")
    with holding.between_steps(tmp_path), refused, holding.in_step(tmp_path):
        pass
    with holding.in_step(tmp_path):
        pass


def test_an_attempt_names_who_ran_it_and_from_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = from_namespace("genesys", {"target": "testbed"})

    def nobody() -> str:
        raise OSError("no user name")

    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        for user, said in ((lambda: "robin", "robin"), (nobody, "")):
            monkeypatch.setattr("getpass.getuser", user)
            number = attempts.begin(journal, "replay", inputs, None)
            by = journal.attempt(number).facts.operator
            assert by is not None
            assert (by.user, by.host) == (said, platform.node())


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


def cause(sentence: str) -> dict[str, Any]:
    about = dict.fromkeys(("id", "side", "object", "field", "path", "value", "who"), "x")
    return {"named": [{**about, "sentence": sentence, "proof": [], "explains": ["a/a"]}]}


def test_an_outcome_names_what_needs_a_look_and_counts_the_rest() -> None:
    lines = outcome(
        record("apply", {"a": "fail", "b": "blocked", "c": "waiting", "d": "pass"})
    ).splitlines()
    assert lines[0] == "✖ fail: 1 fail, 1 blocked, 1 waiting, 1 pass"
    assert [line.split()[2] for line in lines[2:]] == ["a", "c"]
    assert "The call is answered: 486" in lines[2]


CARD = {"step": "trunk.acl", "title": "“Allow All” is off", "path": ["Admin", "Trunks"]}


def planned(*steps: dict[str, Any], verdict: str = "blocked") -> Record:
    """The record of a plan with two changes and a card, and the steps that wait for them."""
    found = [
        sample.check("trunk.create/genesys.trunk", "The trunk", "waiting", seen="not there"),
        sample.check("trunk.create/person", "Look at it", "waiting", seen="no answer yet"),
    ]
    waits = sample.step("trunk.create", "02-a", "Trunk", "waiting", found)
    follows = sample.step("number.add", "03-a", "Number", "blocked", [], note="First: trunk.create")
    plan = sample.record()["plan"] | {"cards": [CARD]}
    return sample.small([waits, follows, *steps], mode="plan", plan=plan, verdict=verdict)


def test_an_outcome_ends_with_the_causes() -> None:
    lines = outcome(record("verify", {"a": "fail"}, causes=cause("The port is 5060.\n")))
    assert lines.splitlines()[-1] == "Cause: The port is 5060."


def test_a_plan_is_told_as_one() -> None:
    lines = outcome(planned()).splitlines()
    assert lines[0] == "✎ plan: 2 to create, 0 to change, 1 by a person, 0 to delete."
    assert [line.split()[0] for line in lines[1:]] == ["To", "create", "create", "by"]
    assert "“Allow All” is off" in lines[-1]
    assert "number.add" not in "".join(lines), "it follows from the plan"


def test_what_has_to_be_seen_to_before_a_plan_is_named() -> None:
    taken = sample.check("access.number/owner", "The number is free", "waiting", seen="in use")
    more = sample.step("access.number", "01-a", "Numbers", "waiting", [taken])
    first, second = outcome(planned(more)).split("Fix these first")
    assert first.startswith("✎ plan: ")
    assert "The number is free: in use" in second
    assert "trunk.create" not in second


def test_a_plan_in_which_something_failed_is_a_fail() -> None:
    bad = sample.step("access.platform", "01-a", "Token", "fail", [], note="refused")
    lines = outcome(planned(bad, verdict="fail")).splitlines()
    assert lines[0] == "✖ fail: 1 waiting, 1 blocked, 1 fail"
    assert lines[1] == "2 to create, 0 to change, 1 by a person, 0 to delete."


LEFT = [{"id": name, "section": "02-b", "title": name} for name in "bc"]


def test_an_attempt_with_steps_not_run_is_partial() -> None:
    data = record("apply", {"a": "pass"}, not_run=LEFT).model_copy(update={"verdict": INCONCLUSIVE})
    assert outcome(data).splitlines() == [
        "◐ partial: 1 pass, 2 not run",
        "Partial: 2 of 3 steps were not run (02-b).",
    ]


def test_what_failed_in_a_partial_attempt_leads() -> None:
    lines = outcome(record("apply", {"a": "fail"}, not_run=LEFT)).splitlines()
    assert lines[0] == "✖ fail: 1 fail, 2 not run"
    assert lines[1] == "Partial: 2 of 3 steps were not run (02-b)."


def test_a_partial_record_says_so_when_it_is_shown(tmp_path: Path) -> None:
    data = record("apply", {"a": "pass"}, not_run=LEFT).as_json() | {"verdict": "inconclusive"}
    (tmp_path / "record.json").write_text(json.dumps(data))
    shown = summary(tmp_path).text
    assert shown.startswith("◐ partial")
    assert "2 of 3 steps were not run" in shown


@pytest.mark.parametrize(("left", "partial"), [([], False), (LEFT, True)])
def test_an_earlier_record_is_partial_by_what_it_did_not_run(
    left: list[dict[str, str]], partial: bool
) -> None:
    data = record("apply", {"a": "pass"}, not_run=left).as_json()
    assert "partial" not in data
    assert Record.model_validate(data).partial is partial


def test_an_attempt_that_broke_off_says_so(tmp_path: Path) -> None:
    data = record("apply", {"a": "pass"}, broke_off="02-b: interrupted")
    (tmp_path / "record.json").write_text(json.dumps(data.as_json()))
    assert "Stopped early in 02-b: interrupted" in summary(tmp_path).text


def test_an_alert_is_in_the_log_too() -> None:
    data = record("apply", {"a": "inconclusive"}, alerts=["The number may\nring nowhere."])
    assert "Fix this at once: The number may ring nowhere." in outcome(data).splitlines()
