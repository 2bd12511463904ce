"""What differs from the attempt before: in the journal, in the record, and on its page."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.engine import comparison, export
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.present.record import record_html
from tests.present import record_sample as sample
from tests.present.html_page import Page
from tests.replay.replay_sample import guide


def attempt(**more: Any) -> Record:
    protocol = sample.check("trunk.create/protocol", "Protocol", "pass", expected="udp", seen="udp")
    answered = sample.check("verify.inbound/answered", "Answered", "pass", seen="200 OK")
    steps = [
        sample.step("trunk.create", "02", "Trunk", "pass", [protocol]),
        sample.step("verify.inbound", "05", "Call", "pass", [answered]),
    ]
    return sample.small(steps, inputs={"sip": {"transport": "udp"}}, **more)


def changed(record: Record, check: str, **seen: Any) -> Record:
    """The record with one check as seen, and its step's verdict."""
    data = record.as_json()
    for step in data["steps"]:
        for row in step["checks"]:
            if row["id"] == check:
                row |= seen
                step["verdict"] = row["verdict"]
    return Record.model_validate(data)


def cause(identity: str) -> dict[str, Any]:
    about = dict.fromkeys(("side", "object", "field", "path", "value", "who"), "x")
    return about | {
        "id": identity,
        "sentence": f"{identity} is wrong.",
        "proof": [],
        "explains": [],
    }


def test_the_same_twice_differs_in_nothing() -> None:
    told = comparison.compared(attempt(), attempt(attempt=2))
    assert (told.steps, told.checks, told.inputs) == ([], [], [])
    assert (told.causes_new, told.causes_cured) == ([], [])


def test_what_turned_is_told_with_what_was_seen_then_and_now() -> None:
    bad = changed(attempt(), "verify.inbound/answered", verdict="fail", seen="486 Busy Here")
    told = comparison.compared(attempt(), bad)
    assert [(row.id, row.before, row.after) for row in told.steps] == [
        ("verify.inbound", "fail", "pass")
    ]
    [row] = told.checks
    assert (row.seen_before, row.seen_after, row.wanted) == ("486 Busy Here", "200 OK", False)


def test_another_value_that_should_be_is_told_though_both_passed() -> None:
    tls = changed(attempt(), "trunk.create/protocol", expected="tls", seen="tls")
    tls = tls.model_copy(update={"inputs": {"sip": {"transport": "tls"}}})
    told = comparison.compared(tls, attempt())
    assert [(row.id, row.wanted) for row in told.checks] == [("trunk.create/protocol", True)]
    assert [(row.field, row.before, row.after) for row in told.inputs] == [
        ("sip.transport", "udp", "tls")
    ]


def test_another_call_seen_elsewise_is_no_difference() -> None:
    later = changed(attempt(), "verify.inbound/answered", seen="200 OK after 2 s")
    assert comparison.compared(later, attempt()).checks == []


def test_the_mark_that_each_call_has_for_itself_is_no_difference() -> None:
    more = {"expected": "sfsip-12", "basis": ["call"]}
    one, two = (
        changed(attempt(), "verify.inbound/answered", **more | {"expected": mark})
        for mark in ("sfsip-12", "sfsip-34")
    )
    assert comparison.compared(two, one).checks == []


def test_causes_come_and_go() -> None:
    now, then = (attempt(causes={"named": [cause(c) for c in ids]}) for ids in ("ab", "bc"))
    told = comparison.compared(now, then)
    assert told.causes_new == ["a is wrong."]
    assert told.causes_cured == ["c is wrong."]


def test_a_step_of_one_attempt_alone_was_not_run_in_the_other() -> None:
    alone = sample.small([sample.step("trunk.create", "02", "Trunk", "pass", [])])
    told = comparison.compared(attempt(), alone)
    assert [(row.id, row.before, row.after) for row in told.steps] == [
        ("verify.inbound", "not run", "pass")
    ]


def judged(journal: Journal, verdict: str) -> int:
    number = journal.begin("apply", "replay", AttemptFacts(customer="Acme", run="acme"))
    check = CheckRow.model_validate(sample.check("01-a.step/a", "Answered", verdict, seen=verdict))
    journal.step_ends(journal.step_begins(number, "01-a.step"), verdict, "none", [check], "")
    return number


@pytest.fixture
def journal(tmp_path: Any) -> Any:
    made = Journal(tmp_path / "journal.sqlite3")
    yield made
    made.close()


def test_it_is_held_against_the_last_attempt_in_which_something_was_judged(journal: Any) -> None:
    first = judged(journal, "fail")
    journal.begin("apply", "replay", AttemptFacts())  # one that was killed at once
    last = judged(journal, "pass")
    one, three = (export.record(journal, number, guide("01-a")) for number in (first, last))
    assert "compared" in one.as_json()
    assert one.compared is None
    assert three.compared is not None
    assert three.compared.attempt == first
    assert [(row.before, row.after) for row in three.compared.steps] == [("fail", "pass")]
    page = Page(record_html(three, {})).text
    assert "With attempt 0001-apply of" in page
    assert "Checks that failed or no longer fail" in page
    assert "This is the first attempt of the run" in Page(record_html(one, {})).text


def test_an_early_record_says_nothing_of_it() -> None:
    assert "Compared with the attempt before" not in sample.page(sample.record(), {})
