"""What the AI agent should say and how fast: what differs is named, what is not known is open."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict
from sfsip_nb.inputs.blocks import Expect
from sfsip_nb.platforms.shared import answering
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.sip import Speech
from sfsip_nb.sip.evidence import answers
from sfsip_nb.sip.media import turns

STEP, NUMBER = "verify.inbound", "+15551230001"
GREETING = "Hello, this is Acme."
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HEALTHY = [Speech(0.5, 2.5), Speech(5.2, 6.0), Speech(9.3, 10.0)]
"""Speech of the agent, in seconds after the answer: a greeting of 2 s, and two replies, after 0.7
and 0.8 s."""
CALLER = [Speech(3.5, 4.5), Speech(7.5, 8.5)]


def heard(agent: list[Speech] | None, caller: list[Speech] = CALLER) -> AnsweringRow:
    """The figures of a call of 12 s."""
    found = turns.answering(0.0, 12.0, caller, agent)
    return AnsweringRow.model_validate(answers.facts(found, answers.HERE))


def sides(found: AnsweringRow | None, transcript: str | None = None) -> Sides:
    placed = ObservedCall(NUMBER, "+15550100123", "mark", NOW, code=200, answering=found)
    row = None
    if transcript is not None:
        facts = {"transcript": transcript, "call_status": "completed"}
        row = SeenCall(Vantage.SYNTHFLOW, "c1", NOW, "+15550100123", NUMBER, facts)
    return Sides("Genesys Cloud", NUMBER, None, row, "+15550100123", placed)


def judged(call: Sides, **expect: Any) -> dict[str, Check]:
    found = answering.checks(STEP, call, Expect.model_validate(expect))
    return {check.id.removeprefix(f"{STEP}/"): check for check in found}


def test_nothing_is_judged_that_is_not_expected() -> None:
    assert not judged(sides(heard(HEALTHY), "bot: Anything at all."))


@pytest.mark.parametrize(
    ("transcript", "verdict"),
    [
        ("bot: Hello, this is Acme.\nhuman: Hi.", Verdict.PASS),
        ("BOT:  hello this is ACME  How can I help?\nhuman: Hi.", Verdict.PASS),
        ("bot: Hello,\nbot: this is Acme.", Verdict.PASS),
        ("human: Hi.\nbot: Hello, this is Acme.", Verdict.PASS),
        ("bot: Good morning, Globex here.\nhuman: Hi.", Verdict.FAIL),
        ("bot: I heard you.\nbot: Hello, this is Acme.", Verdict.FAIL),
        ("human: Hello, this is Acme.", Verdict.INCONCLUSIVE),
        ("", Verdict.INCONCLUSIVE),
    ],
)
def test_a_greeting_is_read_in_the_transcript(transcript: str, verdict: Verdict) -> None:
    found = judged(sides(heard(HEALTHY), transcript), greeting=GREETING)["greeting"]
    assert found.verdict is verdict
    assert found.vantage is Vantage.SYNTHFLOW


def test_another_greeting_says_whose_fault_that_may_be() -> None:
    found = judged(sides(None, "bot: Globex."), greeting=GREETING)["greeting"]
    assert found.seen == "Globex."
    assert "attached to the number" in found.reason


def test_each_phrase_is_looked_for_in_what_the_agent_said_alone() -> None:
    talk = sides(None, "bot: We are open from nine to five.\nhuman: On Sundays too?")
    found = judged(talk, contains=["Nine to FIVE", "on sundays"])
    assert [found[f"contains/{place}"].verdict for place in (1, 2)] == [Verdict.PASS, Verdict.FAIL]


def test_a_call_without_a_record_says_nothing_of_words() -> None:
    assert set(judged(sides(heard(HEALTHY)), greeting=GREETING)) == {"greeting-heard"}


@pytest.mark.parametrize(
    ("agent", "verdict", "seen"),
    [
        (HEALTHY, Verdict.PASS, "speech of 2000 ms ± 20 ms, 500 ms after the answer"),
        ([], Verdict.FAIL, "silent"),
        (None, Verdict.INCONCLUSIVE, "no audio came"),
        ([Speech(0.5, 2.1)], Verdict.FAIL, "400 ms too short"),
        ([Speech(0.5, 2.3)], Verdict.INCONCLUSIVE, "perhaps clipped"),
        ([Speech(0.5, 2.4)], Verdict.PASS, "speech of 1900 ms"),
        ([Speech(0.5, 2.5, starts="abrupt")], Verdict.FAIL, "clipped"),
        (
            [Speech(0.5, 2.5, starts="missing", start_error=0.02)],
            Verdict.INCONCLUSIVE,
            "packets missing before it",
        ),
        ([Speech(5.2, 6.0)], Verdict.INCONCLUSIVE, "the caller spoke first"),
    ],
)
def test_a_greeting_has_to_be_heard_whole(
    agent: list[Speech] | None, verdict: Verdict, seen: str
) -> None:
    found = judged(sides(heard(agent)), greeting_ms=2000)["greeting-heard"]
    assert found.verdict is verdict
    assert seen in found.seen
    assert found.vantage is Vantage.HERE


def test_a_greeting_that_the_caller_cut_off_is_not_called_clipped() -> None:
    row = heard([Speech(0.5, 1.3)], [Speech(1.1, 2.0)])
    found = judged(sides(row), greeting_ms=2000)["greeting-heard"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.seen.startswith("the caller spoke into it")


@pytest.mark.parametrize(
    ("most", "verdict"),
    [(510, Verdict.PASS), (505, Verdict.INCONCLUSIVE), (489, Verdict.FAIL)],
)
def test_a_limit_is_met_or_not_only_beyond_the_error(most: int, verdict: Verdict) -> None:
    assert judged(sides(heard(HEALTHY)), first_word_ms=most)["first-word"].verdict is verdict


def test_a_slow_reply_is_late_and_a_silent_agent_is_silent() -> None:
    slow = judged(sides(heard(HEALTHY)), response_ms=700)["response"]
    assert slow.verdict is Verdict.FAIL
    assert slow.seen == "late: 800 ms ± 20 ms (p95 of 2 replies)"
    silent = judged(sides(heard([])), first_word_ms=700, response_ms=700)
    assert silent["first-word"].verdict is Verdict.FAIL
    assert silent["response"].verdict is Verdict.INCONCLUSIVE


def test_a_call_that_nobody_answered_is_not_judged_by_ear() -> None:
    call = sides(None)
    assert call.placed is not None
    lost = replace(call, placed=replace(call.placed, code=486))
    assert not judged(lost, greeting=GREETING, first_word_ms=500, response_ms=500)
