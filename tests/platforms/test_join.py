"""What records of a call are worth: a missing one proves nothing while it may still be late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.dialing import MARK_HEADER as MARK
from sfsip_nb.engine.joining import Wanted, match
from sfsip_nb.engine.verdicts import Vantage, step_verdict
from sfsip_nb.platforms.shared.join import Sides, joined
from sfsip_nb.platforms.shared.testcall import ObservedCall

STEP, CALLER, NUMBER = "verify.inbound", "+15550100123", "+15551230001"
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def call(side: Vantage, over: bool = True, after: float = 0, from_: str = CALLER) -> SeenCall:
    return SeenCall(side, side, AT + timedelta(seconds=after), from_, NUMBER, over=over)


THERE, HERE = call(Vantage.PLATFORM), call(Vantage.SYNTHFLOW)
REWRITTEN = call(Vantage.SYNTHFLOW, from_="+15551230099")
HALF_THERE, HALF_HERE = call(Vantage.PLATFORM, False), call(Vantage.SYNTHFLOW, False)


@pytest.mark.parametrize(
    ("there", "here", "verdicts", "words"),
    [
        (THERE, HERE, {"platform": "pass", "synthflow": "pass", "joined": "pass"}, ""),
        (THERE, REWRITTEN, {"platform": "pass", "synthflow": "pass", "joined": "pass"}, ""),
        (None, None, {"call": "waiting"}, "dial while it watches"),
        (THERE, None, {"platform": "pass", "synthflow": "fail"}, "never reached the agent"),
        (None, HERE, {"platform": "inconclusive", "synthflow": "pass"}, "run this cell again"),
        (
            None,
            REWRITTEN,
            {"platform": "inconclusive", "synthflow": "inconclusive"},
            "It came from +15551230099. If that was you",
        ),
        (
            HALF_THERE,
            None,
            {"platform": "inconclusive", "synthflow": "inconclusive"},
            "Whether the call ended before",
        ),
        (
            THERE,
            HALF_HERE,
            {"platform": "pass", "synthflow": "inconclusive", "joined": "pass"},
            "its record is late",
        ),
        (
            THERE,
            call(Vantage.SYNTHFLOW, after=300),
            {"platform": "pass", "synthflow": "pass", "joined": "inconclusive"},
            "Another call came in between",
        ),
    ],
)
def test_only_what_is_there_proves_anything(
    there: SeenCall | None, here: SeenCall | None, verdicts: dict[str, str], words: str
) -> None:
    found = joined(STEP, Sides("Genesys Cloud", NUMBER, there, here, CALLER))
    assert {c.id.removeprefix(f"{STEP}/"): c.verdict.value for c in found} == verdicts
    assert words in " ".join(c.reason for c in found)
    assert (step_verdict(found) == "pass") == (not words)


def test_a_call_that_we_placed_and_nobody_recorded_asks_no_person_to_dial() -> None:
    placed = ObservedCall(NUMBER, CALLER, "mark", AT)
    found = joined(STEP, Sides("Talkdesk", NUMBER, None, None, CALLER, placed))
    assert {c.verdict.value for c in found} == {"inconclusive"}


def of(there: list[SeenCall], here: list[SeenCall], **known: Any) -> Sides:
    """The sides of a call as they are found among these records."""
    seen = match(there, here, Wanted(CALLER, **known))
    return Sides("Genesys Cloud", NUMBER, seen.there, seen.here, CALLER, match=seen)


def told(sides: Sides) -> tuple[str, str, str]:
    (check,) = (c for c in joined(STEP, sides) if c.id == f"{STEP}/joined")
    return check.verdict.value, check.seen, check.reason


def test_it_is_said_by_which_id_two_records_are_one() -> None:
    there = replace(THERE, keys={"x-inin-cnv": "c-1"})
    here = replace(call(Vantage.SYNTHFLOW, after=90), keys={"x-inin-cnv": "c-1", MARK: "m-1"})
    verdict, seen, _ = told(of([there], [here], keys={MARK: "m-1"}))
    assert verdict == "pass"
    assert seen == f"by x-inin-cnv c-1, Synthflow's by {MARK} m-1, 90.0 s apart"


def test_it_is_said_that_two_records_are_one_by_number_and_time_and_with_which_margin() -> None:
    ended = AT + timedelta(seconds=9)
    there, here = (replace(each, ended=ended) for each in (THERE, HERE))
    verdict, seen, _ = told(of([there], [here]))
    assert verdict == "pass"
    assert seen == "by number, direction and time, 0.0 s apart (at most 20 s), 9 s and 9 s long"


def test_calls_that_nothing_tells_apart_are_named_and_none_is_judged() -> None:
    rival = replace(HERE, id="rival")
    sides = of([THERE], [HERE, rival])
    verdict, seen, why = told(sides)
    assert verdict == "inconclusive"
    assert HERE.id in seen
    assert "rival" in seen
    assert "no ID in either record tells them apart" in why
    assert sides.whole.synthflow is None
    verdicts = {c.id: c.verdict.value for c in joined(STEP, sides)}
    assert verdicts[f"{STEP}/synthflow"] == "inconclusive", "not a call that never arrived"


def test_none_of_several_calls_that_ended_arrived_where_synthflow_has_none() -> None:
    sides = of([THERE, replace(THERE, id="rival")], [])
    verdicts = {c.id: c.verdict.value for c in joined(STEP, sides)}
    assert verdicts[f"{STEP}/synthflow"] == "fail"


def test_half_a_record_is_not_judged() -> None:
    whole = Sides("Talkdesk", NUMBER, THERE, HALF_HERE, CALLER).whole
    assert (whole.platform, whole.synthflow) == (THERE, None)


def test_a_call_that_may_be_somebody_elses_is_not_judged() -> None:
    assert Sides("Talkdesk", NUMBER, None, REWRITTEN, CALLER).whole.synthflow is None
    assert Sides("Talkdesk", NUMBER, None, HERE, CALLER).whole.synthflow is HERE
    assert Sides("Talkdesk", NUMBER, None, REWRITTEN, "").whole.synthflow is REWRITTEN, (
        "no caller is known"
    )


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+15551230001", "+15551230001"),
        ("15551230001", "+15551230001"),
        ("tel:+15551230001", "+15551230001"),
        ("sip:+15551230001@host.example;user=phone", "+15551230001"),
        ('"Acme" <sip:+15551230001@host.example>', "+15551230001"),
        ("+1 (555) 123-0001", "+15551230001"),
        ("sip:7e57bed0-6e00-4000-8000-000000000001@host.example", ""),
        ("sip:agent12345@192.0.2.17", ""),
        ("anonymous", ""),
        ("", ""),
    ],
)
def test_only_a_number_is_read_as_one(written: str, number: str) -> None:
    assert calls.digits(written) == number
