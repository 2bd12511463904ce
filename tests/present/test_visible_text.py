"""Text that is safe to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.present.text import shown, utc, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain +15551230001", "plain +15551230001"),
        ("\x1b[31mred\x07", "⟨U+001B⟩[31mred⟨U+0007⟩"),
        ("a\x7fb\x85c", "a⟨U+007F⟩b⟨U+0085⟩c"),
        ("user‮moc", "user⟨U+202E⟩moc"),
        ("zero​width", "zero⟨U+200B⟩width"),
        ("half\ud800", "half⟨U+D800⟩"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Zoë Müller 日本", "Zoë Müller 日本"),
    ],
)
def test_what_is_invisible_becomes_visible(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(st.text(st.characters()))
def test_nothing_invisible_is_left(text: str) -> None:
    left = {unicodedata.category(char) for char in visible(text) if char not in "\n\t"}
    assert not left & {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"}
    visible(text).encode()


@given(st.text(st.characters()))
def test_making_visible_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_nothing_is_a_dash(empty: object) -> None:
    assert shown(empty) == "–"


def test_zero_and_no_are_not_nothing() -> None:
    assert shown(0) == "0"
    assert shown(False) == "no"


def test_instants_read_as_utc() -> None:
    assert utc("2026-11-20T09:12:06.123Z") == "2026-11-20 09:12:06 UTC"
    assert utc("2026-11-20T09:12:06+00:00") == "2026-11-20 09:12:06 UTC"
    assert utc("soon") == "soon"
