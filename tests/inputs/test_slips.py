"""What a mistyped name or number may have been meant to be."""

from __future__ import annotations

import pytest

from sfsip_nb.inputs.slips import near, one_digit_off, plain

POOL = {f"+155512300{n:02}" for n in range(100)}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("+15551240001", "+15551230001"),  # one wrong digit
        ("+15515230001", "+15551230001"),  # two that changed places
        ("+1555123001", "+15551230001"),  # one left out
        ("+155512230001", "+15551230001"),  # one too many
    ],
)
def test_a_slip_of_the_hand_leads_back_to_the_number(typed: str, meant: str) -> None:
    assert meant in one_digit_off(typed, POOL.__contains__)


def test_a_number_that_is_far_from_all_has_no_neighbor() -> None:
    assert one_digit_off("+442071838750", POOL.__contains__) == []
    assert len(one_digit_off("+15551230", POOL.__contains__)) <= 3


@pytest.mark.parametrize(
    "other", ["acme main site", "Acme  Main\u00a0Site", " Acme Main Site ", "ACME MAIN SITE"]
)
def test_capitals_and_spaces_make_no_other_name(other: str) -> None:
    assert plain(other) == plain("Acme Main Site")


def test_letters_make_another_name_and_the_nearest_are_told() -> None:
    assert plain("Café") == plain("Cafe\u0301") != plain("Cafe")
    assert near("Suport", ["Sales", "Support", "Acme Support"]) == ["Support", "Acme Support"]
    assert near("Zürich", ["Sales", "Support"]) == []
