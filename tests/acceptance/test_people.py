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
