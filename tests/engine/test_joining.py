"""Which records are of one call: by an id, else by number and time, else nobody knows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.dialing import MARK_HEADER
from sfsip_nb.engine.joining import CallMatch, Wanted, match
from sfsip_nb.engine.verdicts import Vantage

CALLER, NUMBER = "+15550100123", "+15551230001"
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
CONVERSATION = "x-inin-cnv"


def record(
    side: Vantage, id: str, at: float = 0, lasts: float = 10, from_: str = CALLER, **keys: str
) -> SeenCall:
    began = AT + timedelta(seconds=at)
    ended = began + timedelta(seconds=lasts)
    direction = "inbound"
    return SeenCall(side, id, began, from_, NUMBER, ended=ended, direction=direction, keys=keys)


def there(id: str, at: float = 0, lasts: float = 10, from_: str = CALLER) -> SeenCall:
    return record(Vantage.PLATFORM, id, at, lasts, from_, **{CONVERSATION: id})


def here(
    id: str, at: float = 0, lasts: float = 10, from_: str = CALLER, *, of: str = "", mark: str = ""
) -> SeenCall:
    keys = {CONVERSATION: of, MARK_HEADER: mark}
    return record(Vantage.SYNTHFLOW, id, at, lasts, from_, **{n: v for n, v in keys.items() if v})


def ids(found: CallMatch) -> tuple[str, str, list[str]]:
    """What was taken of each side, and what could not be told apart."""
    one, other = (call.id if call else "" for call in (found.there, found.here))
    return one, other, sorted(call.id for call in found.rivals)


def newest_first(*found: SeenCall) -> list[SeenCall]:
    return sorted(found, key=lambda call: call.started, reverse=True)


def test_an_id_that_both_have_decides_against_every_time() -> None:
    theirs = newest_first(there("a", 0), there("b", 1))
    ours = newest_first(here("of a", 1.5, of="a"), here("of b", 0.5, of="b"))
    assert ids(match(theirs, ours, Wanted(CALLER))) == ("b", "of b", [])
    assert match(theirs, ours, Wanted(CALLER)).by == CONVERSATION


def test_an_id_joins_records_whose_clocks_are_far_apart() -> None:
    found = match([there("a")], [here("of a", 300, of="a")], Wanted(CALLER))
    assert found.joined
    assert not match([there("a")], [here("whose", 300)], Wanted(CALLER)).joined


def test_our_mark_finds_our_call_and_its_id_the_other_sides() -> None:
    theirs = newest_first(there("a", 0), there("b", 1))
    ours = newest_first(here("of a", 0.5, of="a", mark="mine"), here("of b", 1.5, of="b"))
    found = match(theirs, ours, Wanted(CALLER, {MARK_HEADER: "mine"}, AT))
    assert ids(found) == ("a", "of a", [])
    assert (found.by, found.own) == (CONVERSATION, MARK_HEADER)


def test_another_test_call_of_ours_is_never_taken_nor_what_belongs_to_it() -> None:
    theirs, ours = [there("a")], [here("of a", of="a", mark="another")]
    assert ids(match(theirs, ours, Wanted(CALLER, {MARK_HEADER: "mine"}, AT))) == ("", "", [])
    assert ids(match(theirs, ours, Wanted(CALLER))) == ("", "", [])


def test_two_calls_without_an_id_are_both_named_and_neither_is_taken() -> None:
    theirs, ours = newest_first(there("a"), there("b", 2)), newest_first(here("x"), here("y", 2))
    every = ["a", "b", "x", "y"]
    assert ids(match(theirs, ours, Wanted(CALLER, {MARK_HEADER: "mine"}, AT))) == ("", "", every)
    assert ids(match(theirs, ours, Wanted(CALLER))) == ("", "", every)
    assert ids(match([], ours, Wanted(CALLER))) == ("", "", ["x", "y"])
    assert ids(match(theirs, [here("x")], Wanted(CALLER))) == ("", "x", ["a", "b"])
    assert ids(match([there("a")], ours, Wanted(CALLER))) == ("a", "", ["x", "y"])


def test_a_call_that_we_placed_is_not_told_from_another_by_what_joins_each_of_them() -> None:
    theirs = newest_first(there("a"), there("b", 2))
    ours = newest_first(here("of a", of="a"), here("of b", 2, of="b"))
    placed = Wanted(CALLER, {MARK_HEADER: "lost on the way"}, AT)
    assert match(theirs, ours, placed).rivals
    assert ids(match(theirs, ours, Wanted(CALLER))) == ("b", "of b", [])


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (there("other", 1, lasts=40), Wanted(CALLER, placed=AT, lasted=timedelta(seconds=10))),
        (there("other", -9), Wanted(CALLER, placed=AT)),
        (replace(there("other", 1), direction="outbound"), Wanted(CALLER, direction="inbound")),
        (there("other", 1, from_="+15550100999"), Wanted(CALLER)),
    ],
    ids=["length", "before it was placed", "direction", "caller"],
)
def test_what_is_known_of_a_call_tells_it_from_another(other: SeenCall, wanted: Wanted) -> None:
    theirs = newest_first(there("a"), other)
    assert ids(match(theirs, [here("x")], wanted)) == ("a", "x", [])


@pytest.mark.parametrize(
    "other",
    [here("other", 1, from_="+15550100999"), here("other", 1, lasts=40), here("other", of="b")],
    ids=["caller", "longer than the whole call", "of another call"],
)
def test_what_is_known_of_the_whole_call_tells_its_part_from_another(other: SeenCall) -> None:
    theirs = newest_first(there("a"), there("b", 0, from_="+15550100999"))
    assert ids(match(theirs, newest_first(here("x"), other), Wanted(CALLER))) == ("a", "x", [])


def test_a_rewritten_caller_and_a_lost_hang_up_hide_no_call() -> None:
    odd = here("x", 0.5, lasts=60, from_="+15551230099")
    assert ids(match([there("a")], [odd], Wanted(CALLER))) == ("a", "x", [])


def test_another_id_tells_calls_apart_once_that_kind_of_id_has_joined_some() -> None:
    theirs, ours = [there("a")], [here("x", of="b")]
    assert ids(match(theirs, ours, Wanted(CALLER)))[:2] == ("a", "x")
    proven = Wanted(CALLER, proven=frozenset({CONVERSATION}))
    assert ids(match(theirs, ours, proven))[:2] == ("a", "")
    mine = replace(proven, keys={MARK_HEADER: "mine"}, placed=AT)
    late = [here("x", of="b", mark="mine")]
    assert ids(match(theirs, late, mine))[:2] == ("", "x"), "its own record is late"


# Two hundred calls at once, all of one number.

COUNT = 200
TRUTH = {f"s{n}": f"g{n}" for n in range(COUNT)}


def crowd(seed: int, *, marked: bool, named: bool) -> tuple[list[SeenCall], list[SeenCall]]:
    """Records of calls that begin within ten seconds, in an order of their own on each side."""
    chance = random.Random(seed)
    theirs, ours = [], []
    for n in range(COUNT):
        at, lasts = chance.uniform(0, 10), chance.uniform(3, 90)
        theirs.append(there(f"g{n}", at + chance.uniform(-1, 1), lasts))
        of, mark = f"g{n}" if named else "", f"m{n}" if marked else ""
        ours.append(here(f"s{n}", at + chance.uniform(-1, 1), lasts - 1, of=of, mark=mark))
    return newest_first(*theirs), newest_first(*ours)


def every(theirs: list[SeenCall], ours: list[SeenCall], marked: bool) -> Iterator[CallMatch]:
    """Each of the calls, looked for as if it were the only one."""
    by_id = {call.id: call for call in theirs}
    for n in range(COUNT):
        whole = by_id[f"g{n}"]
        keys = {MARK_HEADER: f"m{n}"} if marked else {MARK_HEADER: "lost"}
        yield match(theirs, ours, Wanted(CALLER, keys, whole.started, whole.lasted))


@pytest.mark.parametrize("seed", range(2))
def test_of_200_calls_at_once_that_carry_ids_none_is_taken_for_another(seed: int) -> None:
    theirs, ours = crowd(seed, marked=True, named=True)
    found = [ids(each) for each in every(theirs, ours, True)]
    assert found == [(f"g{n}", f"s{n}", []) for n in range(COUNT)]


@pytest.mark.parametrize("seed", range(2))
def test_of_200_calls_at_once_whose_marks_are_lost_none_is_taken_for_another(seed: int) -> None:
    theirs, ours = crowd(seed, marked=False, named=True)
    found = list(every(theirs, ours, False))
    taken = [m for m in found if m.there and m.here]
    assert all(TRUTH[m.here.id] == m.there.id for m in taken if m.there and m.here)
    assert all(m.rivals for m in found if m not in taken)


@pytest.mark.parametrize("seed", range(2))
def test_of_200_calls_at_once_without_ids_none_is_said_to_be_one(seed: int) -> None:
    found = list(every(*crowd(seed, marked=False, named=False), False))
    assert not [m for m in found if m.joined and not m.rivals]


@pytest.mark.parametrize("seed", range(2))
def test_late_records_of_200_calls_at_once_lead_to_no_wrong_one(seed: int) -> None:
    theirs, ours = crowd(seed, marked=True, named=True)
    chance = random.Random(seed)
    proven = frozenset({CONVERSATION})
    for n in range(COUNT):
        kept = [[c for c in side if chance.random() < 0.5] for side in (theirs, ours)]
        wanted = Wanted(CALLER, {MARK_HEADER: f"m{n}"}, AT, proven=proven)
        found = match(kept[0], kept[1], wanted)
        if found.joined and not found.rivals:
            assert found.there
            assert found.here
            assert (found.there.id, found.here.id) == (f"g{n}", f"s{n}")
