"""Levels: how loud each direction was and when, as a listener would have heard it."""

import asyncio
from datetime import UTC, datetime

import pytest

from sfsip_nb.sip.media.levels import FLOOR, LONGEST_S, STEP_S, Meter, told
from tests.sip.impair import Ends, Way

AT = 1_795_000_000.0


def metered(*windows: tuple[float, float]) -> Meter:
    """A meter that took windows of 100 ms: the level, and the second in which each ended."""
    meter = Meter()
    for level, end in windows:
        meter.add([level] * 5, AT + end)
    return meter


async def test_each_direction_is_measured_by_itself() -> None:
    ends = await Ends.talk()
    start = datetime.now(UTC)
    ends.a.play(1004)
    ends.b.play(None)
    await asyncio.sleep(0.8)
    ends.b.sender.muted = True
    await asyncio.sleep(0.6)
    ends.close()
    end = datetime.now(UTC)
    assert ends.b.levels_heard(start, end).count(-15) > 20
    assert ends.a.levels_sent(start, end).count(-15) > 20
    assert set(ends.a.levels_heard(start, end)) == {FLOOR, None}
    for left in (ends.a.levels_heard(start, end), ends.b.levels_sent(start, end)):
        assert left.count(FLOOR) > 20
        assert left[-10:] == [None] * 10


async def test_what_is_lost_on_the_way_was_sent_and_not_heard() -> None:
    ends = await Ends.talk(to_b=Way(blocked=True))
    start = datetime.now(UTC)
    ends.a.play(1004)
    await asyncio.sleep(0.5)
    ends.close()
    end = datetime.now(UTC)
    assert -15 in ends.a.levels_sent(start, end)
    assert set(ends.b.levels_heard(start, end)) == {None}


def test_a_short_break_is_bridged_and_a_long_one_is_a_gap() -> None:
    meter = metered((-20, 0.1), (-30, 0.25), (-40, 0.6))
    assert meter.between(AT, AT + 0.6) == [-20] * 5 + [-30] * 5 + [None] * 15 + [-40] * 5


def test_what_comes_late_stands_after_what_came_before() -> None:
    meter = metered((-20, 0.1), (-30, 0.1), (-40, 0.1))
    assert meter.between(AT, AT + 0.3) == [-20] * 5 + [-30] * 5 + [-40] * 5


def test_comfort_noise_is_silence_until_sound_comes_again() -> None:
    meter = metered((-20, 0.1))
    meter.hush(AT + 0.12)
    assert meter.between(AT, AT + 1.0) == [-20] * 5 + [FLOOR] * 45
    meter.add([-30] * 5, AT + 1.0)
    assert meter.between(AT, AT + 2.0) == [-20] * 5 + [FLOOR] * 40 + [-30] * 5 + [None] * 50


def test_levels_end_with_the_last_sound_unless_it_is_long_ago() -> None:
    meter = metered((-20, 0.1))
    assert meter.between(AT, AT + 0.2) == [-20] * 5
    assert meter.between(AT, AT + 0.4) == [-20] * 5 + [None] * 15
    assert meter.between(AT - 0.2, AT + 0.1) == [None] * 10 + [-20] * 5


def test_a_level_is_a_whole_number_between_silence_and_full_scale() -> None:
    assert metered((-float("inf"), 0.1)).between(AT, AT + 0.1) == [FLOOR] * 5
    assert metered((0.4, 0.1)).between(AT, AT + 0.1) == [0] * 5


@pytest.mark.parametrize("silent_for", [0.0, 1e6])
def test_a_meter_is_bounded(silent_for: float) -> None:
    meter = Meter()
    for second in range(300):
        meter.add([-20] * 50, AT + second + 1 + silent_for * second)
    assert len(meter.between(AT, AT + 1e9)) == round(LONGEST_S / STEP_S)
    assert len(meter._levels) == round(LONGEST_S / STEP_S)


def test_nothing_heard_is_missing_and_not_silence() -> None:
    assert Meter().between(AT, AT + 0.1) == [None] * 5


def test_levels_are_told_in_words() -> None:
    assert told([-20] * 50 + [FLOOR] * 25 + [None] * 100) == (
        "1.0 s of sound, 0.5 s of silence, 2.0 s without packets"
    )
    assert told([None] * 2 + [-20] * 50) == "1.0 s of sound"
