"""What a later step proves of a check that nothing can decide at its own step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import export
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.model import Desired, Step
from sfsip_nb.engine.rows import CallRow, CheckRow
from sfsip_nb.engine.verdicts import Check, Verdict, Weight
from tests.engine.world import Things, engine

ADVICE = Check(
    "claim/a",
    "The firewall is open",
    "open",
    "not visible",
    Verdict.INCONCLUSIVE,
    weight=Weight.ADVISORY,
    reason="Only a call shows it.",
    proved_by=("call/heard",),
)


def heard(verdict: Verdict, *evidence: str) -> Check:
    return Check("call/heard", "The agent is heard", "heard", "2 s", verdict, evidence=evidence)


def claiming(run_dir: Path, *found: Check, claim: Check = ADVICE, **inputs: Any) -> Engine:
    """A claim, and a call that has what is ``found`` in it."""
    steps = (
        Step("claim", "01", "Claim", check=lambda ctx: [claim]),
        Step("call", "01", "Call", check=lambda ctx: list(found)),
    )
    return engine(run_dir, steps=steps, **inputs)


def claimed(made: Engine, *steps: str) -> CheckRow:
    """The claim once these steps were run, as the record has it."""
    for step in steps:
        made.run(step)
    record = export.record(made.ctx.journal, made.ctx.attempt, made.ctx.guide)
    return record.steps[0].checks[0]


def test_advice_is_open_until_its_proof_and_then_says_what_proved_it(tmp_path: Path) -> None:
    made = claiming(tmp_path, heard(Verdict.PASS, "ab-ladder.svg"))
    before = claimed(made, "claim")
    assert (before.verdict, before.reason) == ("inconclusive", "Only a call shows it.")
    after = claimed(made, "call")
    assert after.verdict == "pass"
    assert after.reason == "Proved by call: The agent is heard (2 s)."
    assert after.evidence == ["ab-ladder.svg"]
    assert after.at > before.at


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "waiting", "waived"])
def test_a_proof_that_did_not_come_out_refutes_nothing_and_is_told(
    tmp_path: Path, verdict: str
) -> None:
    check = claimed(claiming(tmp_path, heard(Verdict(verdict))), "claim", "call")
    assert check.verdict == "inconclusive"
    assert check.reason == "Only a call shows it. Not proved by call: The agent is heard (2 s)."


def test_a_step_that_passed_for_something_else_proves_nothing(tmp_path: Path) -> None:
    other = replace(heard(Verdict.PASS), id="call/answered")
    check = claimed(claiming(tmp_path, other), "claim", "call")
    assert (check.verdict, check.reason) == (
        "inconclusive",
        "Only a call shows it. Not proved by call: it passed, but did not see this.",
    )


def test_all_that_it_names_has_to_hold(tmp_path: Path) -> None:
    both = replace(ADVICE, proved_by=("call/heard", "call"))
    made = claiming(tmp_path, heard(Verdict.PASS), replace(heard(Verdict.FAIL), id="x"), claim=both)
    assert claimed(made, "claim", "call").verdict == "inconclusive"
    assert claimed(claiming(tmp_path, heard(Verdict.PASS), claim=both), "claim", "call").reason == (
        "Proved by call: The agent is heard (2 s)."
    )


def test_what_was_proved_is_open_again_once_the_proof_fails(tmp_path: Path) -> None:
    assert claimed(claiming(tmp_path, heard(Verdict.PASS)), "claim", "call").verdict == "pass"
    again = claiming(tmp_path, heard(Verdict.FAIL))
    earlier = claimed(again, "claim")
    assert earlier.verdict == "pass", "as the run saw it last"
    assert earlier.reason.startswith("Proved by call at 20"), "and it says when"
    check = claimed(again, "call")
    assert check.verdict == "inconclusive"
    assert check.reason.startswith("Only a call shows it. Not proved by call: ")


def test_the_record_of_an_attempt_does_not_know_of_later_ones(tmp_path: Path) -> None:
    first = claiming(tmp_path, heard(Verdict.PASS))
    claimed(first, "claim")
    claimed(claiming(tmp_path, heard(Verdict.PASS)), "claim", "call")
    assert claimed(first).verdict == "inconclusive"


def test_a_proof_names_the_call_that_it_rests_on(tmp_path: Path) -> None:
    made = claiming(tmp_path)
    journal, attempt = made.ctx.journal, made.ctx.attempt

    def calls(ctx: Any) -> list[Check]:
        for mark in ("m1", "m2"):
            journal.dial(attempt, "call", "+15551230001", mark)
            journal.called(mark, CallRow(code=200, phrase="OK", evidence=[f"{mark}.svg"]))
        return [heard(Verdict.PASS, "m2.svg")]

    made.ctx.guide = replace(
        made.ctx.guide, steps=(made.ctx.guide.steps[0], Step("call", "01", "Call", check=calls))
    )
    assert claimed(made, "claim", "call").reason.startswith("Proved by call, call m2: ")


def test_a_waiver_ends_where_the_proof_comes(tmp_path: Path) -> None:
    waive = [{"check": "claim/a", "reason": "agreed", "by": "Ann", "until": "2999-01-01"}]
    made = claiming(tmp_path, heard(Verdict.PASS), waive=waive)
    assert claimed(made, "claim").verdict == "waived"
    assert claimed(made, "call").verdict == "pass"


def test_a_secret_that_is_written_anew_needs_a_new_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def desired(ctx: Any) -> list[Desired]:
        fields = {"secret": ctx.secrets["sip.password"]}
        proved_by = {"secret": ("call/heard",)}
        return [Desired(Things.kind, "b", fields, "It is wanted.", proved_by=proved_by)]

    def made(**inputs: Any) -> Engine:
        steps = (
            Step("claim", "01", "Claim", desired=desired),
            Step("call", "01", "Call", check=lambda ctx: [heard(Verdict.PASS)]),
        )
        return engine(tmp_path, steps=steps, **inputs)

    assert claimed(made(), "claim", "call").verdict == "pass"
    assert claimed(made(), "claim").verdict == "pass", "nothing was written since"
    monkeypatch.setenv("OTHER", "another-password-77")
    anew = made(sip={"password": "env:OTHER"})
    anew.plan(fresh=True)
    assert claimed(anew, "claim").verdict == "inconclusive"
    assert claimed(anew, "call").verdict == "pass"


def test_of_several_numbers_each_has_a_proof_of_its_own(tmp_path: Path) -> None:
    one, other = (f"+1555123000{last}" for last in "12")
    called = replace(heard(Verdict.PASS), id=f"call/heard/{one}", number=one)
    for number, verdict in ((one, "pass"), (other, "inconclusive"), ("", "pass")):
        claim = replace(ADVICE, number=number)
        assert claimed(claiming(tmp_path, called, claim=claim), "claim", "call").verdict == verdict
    deaf = replace(heard(Verdict.FAIL), id=f"call/heard/{other}", number=other)
    assert claimed(claiming(tmp_path, called, deaf), "claim", "call").verdict == "inconclusive"


def test_a_check_of_all_numbers_needs_each_of_them(tmp_path: Path) -> None:
    one, other = (f"+1555123000{last}" for last in "12")
    claim = replace(ADVICE, proved_by=(f"call/heard/{one}", f"call/heard/{other}"))
    found = [replace(heard(Verdict.PASS), id=f"call/heard/{n}", number=n) for n in (one, other)]
    part = claimed(claiming(tmp_path, found[0], claim=claim), "claim", "call")
    assert part.verdict == "inconclusive"
    assert part.reason.endswith("Not proved by call: it passed, but did not see this.")
    assert claimed(claiming(tmp_path, *found, claim=claim), "claim", "call").verdict == "pass"
