"""How a replay is told: lines in a log, JSON for programs, and what GitHub shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfsip_nb.engine.model import Section
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import PlanRow, StepRow
from sfsip_nb.replay import github
from sfsip_nb.replay.events import (
    Approved,
    BrokeOff,
    Ended,
    Event,
    Finished,
    Started,
    Waiting,
    if_not_passed,
    in_json,
    in_lines,
)
from sfsip_nb.runs.waiting import Wait
from tests.present import record_sample as sample

SECTION = Section("05-verification", "Verification")
NASTY = "50 % of <b>it</b>, see [x](y) | a::b\nnext `line`"


def step(verdict: str) -> StepRow:
    made = sample.step(f"s.{verdict}", SECTION.notebook, f"A {verdict}: step", verdict, [])
    return StepRow.model_validate(made | {"note": NASTY})


def finished(code: int, **more: object) -> Finished:
    rows = [step("pass"), step("fail"), step("waiting")]
    made = sample.small([row.as_json() for row in rows], verdict="fail", **more)
    return Finished(made, Path("attempts/0001-apply/record.html"), code)


def events(code: int) -> list[Event]:
    open_ = (step("fail"), step("waiting"), step("blocked"))
    return [Started(SECTION), Ended(SECTION, 3.21, "fail", open_), finished(code)]


def test_in_a_log_each_section_begins_and_ends_with_what_it_leaves_open() -> None:
    said: list[str] = []
    for event in events(1):
        in_lines(said.append)(event)
    assert said[0].startswith("05 Verification: begins at ")
    assert said[1] == "05 Verification: ✖ fail, 3.2 s"
    assert [line.split(":")[0] for line in said[2:4]] == [
        "   ✖ fail s.fail",
        "   ◷ waiting s.waiting",
    ]
    assert all("\n" not in line for line in said[:4]), "one line each"
    assert said[-1] == "record: attempts/0001-apply/record.html"


WAIT = Wait("run.plan()", 7.04, "an answer\n\x1b[2J", 3.25, 150.0, "attempt 2 of 5 got 429")


def test_what_takes_long_is_one_plain_line_and_nothing_to_whom_wants_none() -> None:
    said: list[str] = []
    for how in (in_lines, in_json, if_not_passed):
        how(said.append)(Waiting(WAIT, SECTION))
    line, data = said
    assert "\n" not in line
    assert "\x1b" not in line
    assert line.startswith("   … run.plan(): 0:07 · an answer ⟨U+001B⟩")
    assert line.endswith("0:03 of at most 2:30 · attempt 2 of 5 got 429")
    told = json.loads(data)
    assert told.pop("at")
    assert told == {
        "event": "waiting",
        "section": "05-verification",
        "title": "Verification",
        "doing": "run.plan()",
        "seconds": 7.0,
        "what": WAIT.what,
        "since": 3.2,
        "most": 150.0,
        "seen": "attempt 2 of 5 got 429",
    }


@pytest.mark.parametrize(("code", "lines"), [(0, 0), (1, 2), (3, 2)])
def test_quiet_says_nothing_where_all_passed(code: int, lines: int) -> None:
    said: list[str] = []
    for event in events(code):
        if_not_passed(said.append)(event)
    assert len(said) == lines


def test_json_is_one_line_an_event() -> None:
    said: list[str] = []
    for event in [*events(1), BrokeOff("05: interrupted")]:
        in_json(said.append)(event)
    told = [json.loads(line) for line in said]
    names = ["section_started", "section_ended", "ended", "broke_off"]
    assert [one["event"] for one in told] == names
    assert all(
        one["at"].endswith("Z") and "\n" not in line for one, line in zip(told, said, strict=True)
    )
    assert told[1]["open"][0] == {
        "step": "s.fail",
        "title": "A fail: step",
        "verdict": "fail",
        "why": NASTY,
    }
    assert (told[2]["outcome"], told[2]["partial"], told[2]["told"]) == ("fail", False, [])
    assert (told[2]["exit_code"], told[2]["steps"]) == (1, {"pass": 1, "fail": 1, "waiting": 1})


def test_github_gets_a_command_for_each_failed_step_and_nothing_else_in_it() -> None:
    record: Record = finished(4, broke_off="02-b: a cell raised\nError").record
    failed, broke_off = github.commands(record)
    title, why = "s.fail%3A A fail%3A step", "50 %25 of <b>it</b>, see [x](y) | a::b%0Anext `line`"
    assert failed == f"::error title={title}::{why}"
    assert broke_off == "::error title=The replay stopped early::02-b: a cell raised%0AError"


def test_the_summary_shows_text_as_text(tmp_path: Path) -> None:
    text = github.summary(finished(1).record)
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 2, "the open steps, each on one line"
    assert r"50 \% of \<b\>it\<\/b\>\, see \[x\]\(y\) \| a\:\:b next \`line\`" in rows[0]


def test_the_summary_of_a_plan_and_of_a_part_says_what_it_is() -> None:
    left = [{"id": "t", "section": "02-b", "title": "T"}]
    part = github.summary(sample.small([], verdict="inconclusive", not_run=left))
    assert part.startswith(r"### Acme Health \& Care\, Genesys Cloud CX\: ◐ partial")
    assert r"Partial\: 1 of 1 steps was not run" in part
    plan = sample.record()["plan"]
    text = github.summary(sample.small([step("waiting").as_json()], mode="plan", plan=plan))
    assert "✎ plan" in text
    assert r"2 to create\, 0 to change\, 0 by a person\, 0 to delete" in text
    assert text.count("| create |") == 2
    assert "s.waiting" not in text


def test_github_is_told_only_where_it_is_github(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.delenv(github.ACTIONS, raising=False)
    monkeypatch.delenv(github.SUMMARY, raising=False)
    github.on_github(said.append)(finished(1))
    assert said == []
    monkeypatch.setenv(github.ACTIONS, "true")
    monkeypatch.setenv(github.SUMMARY, str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("an earlier step's\n")
    github.on_github(said.append)(finished(1))
    assert [line.partition(" ")[0] for line in said] == ["::error"]
    assert (tmp_path / "summary.md").read_text().startswith("an earlier step's\n### ")


def test_a_plan_that_was_approved_with_the_command_is_named_and_shown() -> None:
    plan = sample.record()["plan"] | {"approved_by": "Ann", "made_at": "2026-11-20T09:12:06+00:00"}
    said: list[str] = []
    for how in (in_lines, in_json, if_not_passed):
        how(said.append)(Approved(PlanRow.model_validate(plan)))
    lines, data = said
    assert lines.startswith("Approved by Ann: the plan of 2026-11-20 09:12:06 UTC. 2 to create")
    assert [line.split()[0] for line in lines.splitlines()[1:]] == ["To", "create", "create"]
    told = json.loads(data)
    assert (told["event"], told["by"], told["made_at"]) == ("approved", "Ann", plan["made_at"])
    assert [row["action"] for row in told["planned"]] == ["create", "create"]
