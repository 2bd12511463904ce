"""The numbers that the AI agent answers: alone, as ranges, with their assistant, from CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.inputs import ranges, samples
from sfsip_nb.inputs.answered import as_line
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import from_namespace, load_file
from sfsip_nb.inputs.schema import Parameters

FIRST, SECOND = "+15551230001", "+15551230002"


def parameters(numbers: Any, **test_calls: Any) -> Parameters:
    values = sample_values("genesys")
    values["test_calls"] |= test_calls
    return from_namespace("genesys", values | {"numbers": numbers})


def wrong(numbers: Any) -> str:
    with pytest.raises(InputError) as caught:
        parameters(numbers)
    return str(caught.value)


def test_a_number_is_answered_by_its_own_assistant_or_by_the_usual_one() -> None:
    made = parameters([FIRST, {"number": SECOND, "assistant": "Billing", "label": "Bills"}])
    assert made.numbers == (FIRST, SECOND)
    assert made.assistants == {samples.SYNTHFLOW_ASSISTANT_NAME: (FIRST,), "Billing": (SECOND,)}
    assert made.assistant_of(SECOND) == "Billing"


def test_what_was_written_is_what_is_kept() -> None:
    written = [FIRST, {"number": "+15551231000..99", "assistant": "Billing"}]
    kept = parameters(written).model_dump(mode="json", by_alias=True)["numbers"]
    assert kept == written
    assert parameters(kept).assistants["Billing"][-1] == "+15551231099"


def test_one_line_of_a_form_says_the_same() -> None:
    entry = {"number": SECOND, "assistant": 'Bills, "EU"', "label": "Front"}
    assert as_line(entry) == '+15551230002, "Bills, ""EU""", Front'
    assert parameters([as_line(entry)]).answered == parameters([entry]).answered


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("+15551231000..99", "+15551231000", "+15551231099", 100),
        ("+15551231098 .. 101", "+15551231098", "+15551231101", 4),
        ("+15551231000..+15551231001", "+15551231000", "+15551231001", 2),
    ],
)
def test_a_range_is_its_numbers(text: str, first: str, last: str, count: int) -> None:
    numbers = parameters([text]).numbers
    assert (numbers[0], numbers[-1], len(numbers)) == (first, last, count)


@given(st.sets(st.integers(10**10, 10**10 + 300), min_size=1))
def test_ranges_hold_the_numbers_that_they_were_made_of(numbers: set[int]) -> None:
    texts = ranges.compact(f"+{number}" for number in numbers)
    assert [n for text in texts for n in ranges.expand(text)] == [f"+{n}" for n in sorted(numbers)]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (["+15551231099..00"], "whose end does not come after its beginning"),
        (["+15551230000..51240000"], f"more than {ranges.MOST:,} numbers"),
        ([FIRST, "+15551230000..5"], f"names {FIRST} more than once"),
        ([FIRST, "+1555123000x"], "entry 2 is wrong"),
        ([FIRST, ""], "entry 2 has no number"),
        (["911"], "never called: 911"),
        ([f"{FIRST}, a, b, c"], "more than a number, an assistant and a label"),
        ([{"number": FIRST, "assistent": "Sales"}], "Did you mean assistant?"),
        ([7], "must be text"),
        ([], "is an empty list"),
    ],
)
def test_a_wrong_entry_is_named(numbers: Any, words: str) -> None:
    assert words in wrong(numbers)


def csv(folder: Path, text: str, name: str = "numbers.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8-sig")
    return str(folder / name)


def test_a_csv_file_holds_the_numbers(tmp_path: Path) -> None:
    text = f"Number;Label;Assistant\n{FIRST};Desk;\n\n+15551231000..9;Branches;Billing\n"
    made = parameters(csv(tmp_path, text))
    assert len(made.numbers) == 11
    assert made.assistants["Billing"][0] == "+15551231000"
    assert made.each_number[0].label == "Desk"


def test_the_path_of_a_csv_file_counts_from_the_parameters_file(tmp_path: Path) -> None:
    csv(tmp_path, f"number\n{SECOND}\n")
    (tmp_path / "run.yaml").write_text("target: testbed\ngenesys: {}\nnumbers: numbers.csv\n")
    made = load_file(tmp_path / "run.yaml")
    assert made.numbers == (SECOND,)
    assert made.model_dump(mode="json", by_alias=True)["numbers"] == [SECOND], "not the path"


def test_a_tilde_in_the_path_of_a_csv_file_is_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home := tmp_path / "home").mkdir()
    csv(home, f"number\n{SECOND}\n")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    (tmp_path / "run.yaml").write_text("target: testbed\ngenesys: {}\nnumbers: ~/numbers.csv\n")
    assert load_file(tmp_path / "run.yaml").numbers == (SECOND,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"number,assistant\n{FIRST},\n15551230002,\n", "line 3 is wrong: '15551230002'"),
        (f"number\n{FIRST},Sales\n", "line 2 has more values than the first line"),
        ("number\n" + "x\n" * 9, "So do 4 more lines"),
        (f"number,who\n{FIRST},Ann\n", "must name its columns"),
        (f"{FIRST}\n", "must name its columns"),
        (f"number,label\n{FIRST},{'x' * 300}\n", "line 2 has a label that cannot be used"),
        ("number\n", "is an empty list"),
    ],
)
def test_a_bad_line_of_a_csv_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    assert words in wrong(csv(tmp_path, text))


def test_a_csv_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in wrong([str(tmp_path / "none.csv")])
    (tmp_path / "folder.csv").mkdir()
    assert "not a regular file" in wrong(str(tmp_path / "folder.csv"))
    (tmp_path / "latin.csv").write_bytes("number,label\n+15551230001,Zürich\n".encode("latin-1"))
    assert "not UTF-8" in wrong(str(tmp_path / "latin.csv"))


def test_a_form_takes_ranges_assistants_and_a_file_one_a_line(tmp_path: Path) -> None:
    draft = Draft("genesys", sample_values("genesys"))
    draft.note("numbers", [FIRST, f"{SECOND}, Billing"])
    assert draft.checked.valid().assistants["Billing"] == (SECOND,)
    draft.note("numbers", [csv(tmp_path, f"number\n{FIRST}\nx\n")])
    assert "line 3" in draft.problems()["numbers"]
    assert draft.loose().numbers == ()


def test_calls_may_go_to_ranges_too() -> None:
    made = parameters([FIRST], destinations=["+15551231000..2", FIRST])
    assert made.test_calls.destinations[:2] == ["+15551231000", "+15551231001"]
