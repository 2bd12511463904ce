"""A run whose human steps nobody has answered yet, and the same run once they are answered."""

from __future__ import annotations

from tests.acceptance.acceptance_tools import OFFLINE, Run


def test_a_run_waits_for_people_and_goes_on_with_their_answers(run: Run) -> None:
    waits = run.replay("--set", "people={}", *OFFLINE)
    assert waits.code == 3, waits
    first = run.verdicts()
    assert {id_ for id_, verdict in first.items() if verdict == "waiting"} == {
        "access.synthflow",
        "trunk.inbound",
        "trunk.outbound",
        "trunk.acl",
        "routing.inbound",
        "routing.transfer",
    }
    assert first["trunk.create"] == first["trunk.site"] == "pass"
    assert first["number.add"] == first["transfer.action"] == "blocked"
    steps = run.steps()
    assert "access.synthflow (waiting)" in steps["number.add"]["note"]
    record = (run.attempts[-1] / "record.html").read_text(encoding="utf-8")
    assert "Copy the trunk" in record

    goes_on = run.replay(*OFFLINE)
    assert goes_on.code == 3, "what people said stays open until a call proves it"
    second = run.verdicts()
    assert set(second.values()) == {"pass", "inconclusive"}
    for id_, verdict in second.items():
        if verdict == "inconclusive":
            assert first[id_] == "waiting"
            assert "proves it" in str(run.steps()[id_]["checks"])
    assert run.steps()["trunk.create"]["change"] == "none"
    assert {person["step"] for person in run.record()["people"]} >= {"trunk.inbound", "trunk.acl"}


def test_what_a_person_does_in_a_rehearsal_is_done_by_nobody_else(run: Run) -> None:
    mine = ("--set", "testbed.by_hand={cards: true, plan: true}", *OFFLINE)
    assert run.replay(*mine).code == 3
    assert run.record()["mode"] == "plan"
    assert run.record()["plan"]["approved_by"] == ""

    waits = run.replay(*mine, "--mode", "apply", "--approve", "Ann Engineer")
    assert waits.code == 3, waits
    assert run.record()["plan"]["approved_by"] == "Ann Engineer"
    assert run.record()["people"] == [], "the simulated administrator's answers do not count"
    assert run.verdicts()["trunk.create"] == "pass"
    assert run.verdicts()["trunk.acl"] == "waiting"

    answers = "{trunk.acl: {done_by: Ann Engineer, values: {allow_all: true}}}"
    goes_on = run.replay(*mine, "--mode", "apply", "--set", f"people={answers}")
    assert goes_on.code in (1, 3), goes_on
    assert [person["done_by"] for person in run.record()["people"]] == ["Ann Engineer"]
