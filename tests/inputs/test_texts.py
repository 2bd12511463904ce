"""Texts in JSON-like data: what is passed through, and what comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.engine.shape import wellformed
from sfsip_nb.inputs import texts
from sfsip_nb.inputs.redaction import MASK
from sfsip_nb.inputs.secrets import Redactor

SECRET = "3VXQ-unlikely-7KWP"
ROWS: list[Any] = [
    {"number": f"+1555{row:07}", "checks": [{"seen": "on"}] * 60} for row in range(70)
]
DATA = st.recursive(
    st.text() | st.none() | st.integers() | st.just(f"a {SECRET} b"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(SECRET), inner),
    max_leaves=30,
)


def plainly(value: Any, each: Any) -> Any:
    """What `texts.through` does, without its shortcuts."""
    if isinstance(value, dict):
        return {plainly(key, each): plainly(item, each) for key, item in value.items()}
    if isinstance(value, list):
        return [plainly(item, each) for item in value]
    return each(value) if isinstance(value, str) else value


@given(DATA)
def test_every_text_is_passed_through_however_short_the_way(data: Any) -> None:
    redactor = Redactor([SECRET])
    assert redactor.data(data) == plainly(data, redactor.text)


def test_data_without_a_secret_is_the_same_and_not_a_copy() -> None:
    redactor = Redactor([SECRET])
    assert redactor.data(ROWS) is ROWS
    assert wellformed(ROWS) is ROWS


@pytest.mark.parametrize("place", [0, 69])
def test_one_secret_in_many_rows_is_found_and_the_other_rows_stay(place: int) -> None:
    rows = [*ROWS[:place], ROWS[place] | {"note": f"it is {SECRET}"}, *ROWS[place + 1 :]]
    cleaned = Redactor([SECRET]).data(rows)
    assert cleaned[place]["note"] == f"it is {MASK}"
    assert [new is old for new, old in zip(cleaned, rows, strict=True)].count(False) == 1
    assert rows[place]["note"] == f"it is {SECRET}", "what was given stays"


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"a": ["x\ud83d", "fine"]}, {"a": ["x\ufffd", "fine"]}),
        ({"\ude00": 1}, {"\ufffd": 1}),
        (["\ud83d\ude00", "ä"], ["\U0001f600", "ä"]),
    ],
)
def test_half_a_surrogate_pair_is_replaced_wherever_it_stands(given_: Any, told: Any) -> None:
    assert wellformed(given_) == told


def test_what_is_no_json_is_gone_through() -> None:
    data = {"a": {1, 2}, "b": b"x", "c": (SECRET, object)}
    assert texts.through(data, lambda _: True, lambda value: value) is data
    assert Redactor([SECRET]).data(data)["c"] == (MASK, object)
