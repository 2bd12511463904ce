"""Plan, apply, verify, people, ownership and waivers, on a platform in a file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import plan as plans
from sfsip_nb.engine.broken import InternalError
from sfsip_nb.engine.model import Card, Desired, Refused, Step
from sfsip_nb.engine.rollback import rollback
from sfsip_nb.engine.verdicts import Check, Verdict, Weight, exit_code, step_verdict
from sfsip_nb.inputs.errors import InputError
from tests.engine.world import STEPS, Platform, Things, engine, run_all

ALL_PASS = {"one": "pass", "two": "pass", "three": "pass", "four": "pass"}


def platform(run_dir: Path) -> Platform:
    return Platform(run_dir / "platform.json")


def spoil(run_dir: Path, key: str = "a", **fields: Any) -> None:
    objects = platform(run_dir).load()
    objects[key]["fields"] |= fields
    platform(run_dir).save(objects)


def foreign(run_dir: Path, **fields: Any) -> None:
    platform(run_dir).save({"a": {"id": "a-0", "fields": fields, "marker": "by hand"}})


def test_a_plan_writes_nothing_and_waits_for_approval(tmp_path: Path) -> None:
    made = engine(tmp_path, "plan")
    assert run_all(made)["one"] == "waiting"
    assert platform(tmp_path).load() == {}
    saved = json.loads((tmp_path / "plan.json").read_text()) if made.plan() else {}
    assert [(e["step"], e["op"]) for e in saved["entries"]] == [
        ("one", "create"),
        ("two", "create"),
        ("four", "update"),
    ]


def test_apply_makes_it_so_and_a_second_apply_changes_nothing(tmp_path: Path) -> None:
    assert run_all(engine(tmp_path)) == ALL_PASS
    first = platform(tmp_path).load()
    again = engine(tmp_path)
    assert {again.run(s.id).change for s in again.ctx.guide.steps} == {"none"}
    assert platform(tmp_path).load() == first


def test_verify_names_the_field_expected_and_seen(tmp_path: Path) -> None:
    run_all(engine(tmp_path, steps=STEPS[:2]))
    spoil(tmp_path, colour="green")
    result = engine(tmp_path, "verify", STEPS[:2]).run("one")
    assert result.verdict is Verdict.FAIL
    [check] = [c for c in result.checks if c.verdict is Verdict.FAIL]
    assert (check.title, check.expected, check.seen) == ("colour", "red", "green")


def test_apply_of_an_older_plan_stops_where_something_moved_and_goes_no_further(
    tmp_path: Path,
) -> None:
    run_all(engine(tmp_path, steps=STEPS[:1]))
    engine(tmp_path, "plan", STEPS[:2]).plan()
    spoil(tmp_path, colour="green")
    made = engine(tmp_path, steps=STEPS[:2])
    result = made.run("one")
    assert result.verdict is Verdict.FAIL
    assert [(c.title, c.expected, c.seen) for c in result.checks] == [
        ("colour", "red (as planned)", "green")
    ]
    unneeding = (STEPS[0], replace(STEPS[1], needs=()))
    assert engine(tmp_path, steps=unneeding).run("two").verdict is Verdict.BLOCKED
    assert "b" not in platform(tmp_path).load()


def test_a_fresh_plan_mends_the_drift(tmp_path: Path) -> None:
    run_all(engine(tmp_path, steps=STEPS[:1]))
    spoil(tmp_path, colour="green")
    engine(tmp_path, "plan", STEPS[:1]).plan()
    assert engine(tmp_path, steps=STEPS[:1]).run("one").change == "update"
    assert platform(tmp_path).load()["a"]["fields"]["colour"] == "red"


def test_on_live_nothing_is_written_before_a_person_approves(tmp_path: Path) -> None:
    made = engine(tmp_path, live=True)
    assert made.run("one").verdict is Verdict.WAITING
    assert platform(tmp_path).load() == {}
    made.plan()
    made.approve("Ann")
    assert made.run("one").verdict is Verdict.PASS
    with pytest.raises(ValueError, match="name"):
        made.approve("  ")


def test_changed_inputs_need_a_new_plan_and_a_new_approval(tmp_path: Path) -> None:
    first = engine(tmp_path, live=True)
    with pytest.raises(InputError, match="no saved plan"):
        first.approve("Ann")
    first.plan()
    first.approve("Ann")
    other = engine(tmp_path, live=True, customer="Another Customer")
    assert not other.plan().approved_by


def test_only_the_plan_that_was_read_is_approved(tmp_path: Path) -> None:
    foreign(tmp_path, colour="red", size=1)
    reader = engine(tmp_path, "plan", STEPS[:1], live=True, adopt=["toy.thing:a"])
    read = reader.plan().digest(reader.ctx)
    spoil(tmp_path, colour="green")  # a colleague's, which no one has read of
    unread = engine(tmp_path, "plan", STEPS[:1], live=True, adopt=["toy.thing:a"]).plan()
    assert [entry.op for entry in unread.changes] == ["update"]
    with pytest.raises(InputError, match=r"plan has changed since .* Nothing was approved"):
        reader.approve("Ann", read)
    made = engine(tmp_path, steps=STEPS[:1], live=True, adopt=["toy.thing:a"])
    assert made.run("one").verdict is Verdict.WAITING
    assert platform(tmp_path).load()["a"]["fields"]["colour"] == "green"
    assert reader.approve("Ann", unread.digest(reader.ctx)).id == unread.id


def test_a_plan_made_anew_that_says_the_same_is_the_one_that_was_read(tmp_path: Path) -> None:
    first = engine(tmp_path, "plan", live=True)
    read = first.plan().digest(first.ctx)
    again = first.plan()
    approved = first.approve("Ann", read)
    assert (approved.id, approved.approved_by) == (again.id, "Ann")


def test_what_somebody_else_made_is_changed_only_when_adopted(tmp_path: Path) -> None:
    foreign(tmp_path, colour="green", size=1)
    result = engine(tmp_path).run("one")
    assert result.verdict is Verdict.WAITING
    assert 'add "toy.thing:a" to adopt' in result.checks[0].reason
    assert platform(tmp_path).load()["a"]["fields"]["colour"] == "green"
    assert engine(tmp_path, adopt=["toy.thing:a"]).run("one").change == "update"


def test_what_is_as_wanted_already_needs_no_adoption(tmp_path: Path) -> None:
    foreign(tmp_path, colour="red", size=1)
    assert engine(tmp_path).run("one").verdict is Verdict.PASS


def test_rollback_takes_back_what_the_run_made_and_only_that(tmp_path: Path) -> None:
    foreign(tmp_path, colour="green", size=1)
    before = platform(tmp_path).load()
    made = engine(tmp_path, adopt=["toy.thing:a"])
    run_all(made)
    assert platform(tmp_path).load() != before
    assert rollback(made.ctx).ok
    assert platform(tmp_path).load() == before
    ended = rollback(made.ctx)
    assert (ended.undone, ended.differences, ended.ok) == ([], [], True)


def test_rollback_leaves_alone_what_somebody_changed_since(tmp_path: Path) -> None:
    foreign(tmp_path, colour="green", size=1)
    made = engine(tmp_path, steps=STEPS[:1], adopt=["toy.thing:a"])
    run_all(made)
    spoil(tmp_path, colour="black")
    ended = rollback(made.ctx)
    [result] = ended.undone
    assert not result.ok
    assert ended.differences == ["toy.thing “a” has colour: black; before: green"]
    assert "colour" in result.result
    assert platform(tmp_path).load()["a"]["fields"]["colour"] == "black"


def test_rollback_does_not_delete_what_was_made_anew_by_hand_under_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Things, "marked", False)
    made = engine(tmp_path, steps=STEPS[:1])
    run_all(made)
    spoil(tmp_path, colour="black")
    assert not rollback(made.ctx).ok
    assert platform(tmp_path).load()["a"]["fields"]["colour"] == "black"


def test_a_changed_secret_is_written_again_and_stands_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(engine(tmp_path))
    monkeypatch.setenv("OTHER", "another-password-77")
    made = engine(tmp_path, sip={"password": "env:OTHER"})
    made.plan(fresh=True)
    assert made.run("two").change == "update"
    assert platform(tmp_path).load()["b"]["fields"]["secret"] == "another-password-77"
    for file in tmp_path.iterdir():
        if file.name != "platform.json":
            assert b"another-password-77" not in file.read_bytes()


def test_a_step_waits_for_what_it_needs_and_says_so(tmp_path: Path) -> None:
    result = engine(tmp_path).run("four")
    assert result.verdict is Verdict.BLOCKED
    assert result.reason == "First: two (not run yet), three (not run yet)."


def test_without_an_answer_a_human_step_waits_and_blocks_what_follows(tmp_path: Path) -> None:
    verdicts = run_all(engine(tmp_path, people={}))
    assert verdicts["three"] == "waiting"
    assert verdicts["four"] == "blocked"
    assert exit_code(Verdict(v) for v in verdicts.values()) == 3
    assert run_all(engine(tmp_path))["four"] == "pass"


def test_what_a_person_did_is_open_until_its_proof_and_again_when_the_proof_fails(
    tmp_path: Path,
) -> None:
    def card(ctx: Any) -> Card:
        return Card("said", "toy", "Do it", ("There",), "why", "what", proved_by="proof")

    def proof(ctx: Any) -> list[Check]:
        verdict = Verdict.FAIL if (tmp_path / "broken").exists() else Verdict.PASS
        return [Check("proof/c", "t", "e", "s", verdict)]

    steps = (
        Step("said", "01", "Said", card=card),
        Step("proof", "01", "Proof", needs=("said",), check=proof),
    )
    answers = {"said": {"done_by": "Ann", "done_at": "2026-11-20"}}
    made = engine(tmp_path, steps=steps, people=answers)
    assert made.run("said").verdict is Verdict.INCONCLUSIVE
    assert made.run("proof").verdict is Verdict.PASS
    assert made.ctx.journal.verdict("said") == "pass"
    (tmp_path / "broken").touch()
    made.run("proof")
    assert made.ctx.journal.verdict("said") == "inconclusive"


def test_an_answer_without_the_value_asked_for_still_waits(tmp_path: Path) -> None:
    made = engine(tmp_path, people={"three": {"done_by": "Ann", "done_at": "2026-11-20"}})
    result = made.run("three")
    assert result.verdict is Verdict.WAITING
    assert "The word" in result.checks[0].seen


def test_evidence_that_cannot_be_read_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    answer = {"done_by": "Ann", "done_at": "2026-11-20", "values": {"word": "yes"}}
    made = engine(tmp_path, people={"three": answer | {"evidence": ["nowhere.png"]}})
    result = made.run("three")
    assert result.verdict is Verdict.FAIL
    assert "nowhere.png" in result.checks[0].seen
    assert "three" not in made.ctx.journal.people()


def test_a_waiver_counts_until_its_day_and_then_lapses(tmp_path: Path) -> None:
    foreign(tmp_path, colour="green", size=1)
    waiver = {"check": "one/colour", "reason": "agreed", "by": "Ann"}

    def verdict(until: date) -> Verdict:
        waive = [waiver | {"until": until.isoformat()}]
        return engine(tmp_path, "verify", STEPS[:1], waive=waive).run("one").verdict

    assert verdict(date(2999, 1, 1)) is Verdict.PASS
    assert verdict(date(2000, 1, 1)) is Verdict.FAIL


def test_what_the_runbook_refuses_is_a_failed_check_with_advice(tmp_path: Path) -> None:
    def refuse(ctx: object) -> list[Check]:
        raise Refused("There is no such flow.", "Build it.")

    result = engine(tmp_path, steps=(Step("s", "01", "S", check=refuse),)).run("s")
    assert result.verdict is Verdict.FAIL
    assert result.checks[0].seen == "There is no such flow."
    assert result.checks[0].reason == "Build it."


def test_a_fault_of_our_own_breaks_off_without_telling_a_secret(tmp_path: Path) -> None:
    def fault(ctx: Any) -> list[Check]:
        raise RuntimeError(f"boom {ctx.secrets['sip.password'].reveal()}")

    made = engine(tmp_path, steps=(Step("s", "01", "S", check=fault),))
    secret = made.ctx.secrets["sip.password"].reveal()
    with pytest.raises(InternalError) as caught:
        made.run("s")
    assert "boom" in str(caught.value)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
    assert made.ctx.journal.verdict("s") == "inconclusive"


def test_two_wanted_objects_of_one_step_may_be_one_object(tmp_path: Path) -> None:
    def desired(ctx: object) -> list[Desired]:
        return [
            Desired(Things.kind, "a", {"x": 1}, "It is wanted."),
            Desired(Things.kind, "c", {"x": 2}, "It is wanted."),
        ]

    made = engine(tmp_path, steps=(Step("s", "01", "S", desired=desired),))
    assert made.run("s").verdict is Verdict.PASS
    assert set(platform(tmp_path).load()) == {"a", "c"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pass fail waiting", "fail"),
        ("pass waiting inconclusive", "waiting"),
        ("pass inconclusive", "inconclusive"),
        ("pass waived", "pass"),
        ("skipped", "skipped"),
        ("", "skipped"),
    ],
)
def test_a_step_takes_its_worst_required_check(words: str, expected: str) -> None:
    def check(verdict: str, weight: Weight = Weight.REQUIRED) -> Check:
        return Check("i", "t", "e", "s", Verdict(verdict), weight=weight)

    checks = [check(word) for word in words.split()]
    assert step_verdict([*checks, check("fail", Weight.ADVISORY)]) == expected


def test_the_plan_is_what_was_saved(tmp_path: Path) -> None:
    made = engine(tmp_path)
    plan = made.plan()
    assert plans.read(plans.path_of(made.ctx)) == plan
    assert made.plan().id == plan.id
