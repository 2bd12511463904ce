"""What is the same of many numbers is told once, and what differs is told of each."""

from __future__ import annotations

from dataclasses import replace

from sfsip_nb.engine.rows import ChangeRow, CheckRow, FieldRow
from sfsip_nb.engine.verdicts import Check, Verdict
from sfsip_nb.present.alike import alike, alike_changes

NUMBERS = [f"+1555123{place:04}" for place in range(98)]


def check(number: str, seen: str = "imported", verdict: Verdict = Verdict.PASS) -> CheckRow:
    made = Check(
        f"flow.inbound/number/{number}", f"{number} is imported", "imported", seen, verdict
    )
    return CheckRow.of(replace(made, number=number))


def told(checks: list[CheckRow]) -> list[tuple[str, str, str]]:
    return [(row.title, row.seen, row.verdict.value) for row in alike(checks)]


def test_numbers_that_are_alike_are_one_row() -> None:
    assert told([check(number) for number in NUMBERS]) == [
        ("Each of 98 numbers is imported", "imported (+15551230000..97)", "pass")
    ]


def test_what_differs_stands_alone() -> None:
    rows = [check(number) for number in NUMBERS]
    rows[7] = check(NUMBERS[7], "unknown to Synthflow", Verdict.FAIL)
    assert told(rows) == [
        ("Each of 97 numbers is imported", "imported (+15551230000..6, +15551230008..97)", "pass"),
        ("+15551230007 is imported", "unknown to Synthflow", "fail"),
    ]


def test_calls_that_passed_are_one_row_and_calls_that_failed_each_its_own() -> None:
    passed = [check(number, f"call {number[-2:]}") for number in NUMBERS]
    assert told(passed) == [
        ("Each of 98 numbers is imported", "e.g. call 00 (+15551230000..97)", "pass")
    ]
    failed = [check(number, f"call {number[-2:]}", Verdict.FAIL) for number in NUMBERS]
    assert len(alike(failed)) == 98


def test_a_check_of_no_number_stays_as_it_is() -> None:
    row = CheckRow.of(Check("a/b", "The trunk stands", "on", "on", Verdict.PASS))
    assert alike([row, row.model_copy(update={"id": "a/c"})])[0] is row


def change(number: str, address: str = "host") -> ChangeRow:
    return ChangeRow(
        step="number.add",
        system="synthflow",
        object=f"synthflow.number:{number}",
        change="create",
        fields=[FieldRow(field="Termination URI", before=None, after=address)],
        cannot_restore=[],
    )


def test_changes_of_like_objects_are_one() -> None:
    rows = [change(number) for number in NUMBERS]
    rows[3] = change(NUMBERS[3], "another host")
    assert [row.object for row in alike_changes(rows)] == [
        "synthflow.number:+15551230000..2, +15551230004..97",
        "synthflow.number:+15551230003",
    ]
