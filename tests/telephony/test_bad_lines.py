"""Calls over a bad line: what is wrong with it shows in figures, and nothing else is wrong."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from sfsip_nb.inputs.impairment import Impairment, combined
from sfsip_nb.platforms.synthflow.lines import BAD_LINES, LINES, BadLine
from sfsip_nb.sip.media import g711, tones
from sfsip_nb.sip.media.packets import Rtp, build, parse
from sfsip_nb.sip.media.quality import Arrivals
from sfsip_nb.testbed.telephony.lines import MOST_WAITING, PAUSE_PACKETS, Lane, MediaLine
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Running, running

SOUND = g711.encode("PCMU", tones.sine(440, 160))
SILENCE = g711.silence("PCMU", 160)


def packet(number: int, payload: bytes = SOUND) -> bytes:
    return build(Rtp(0, False, number, number * 160, 7, payload))


async def sent_on(lane: Lane, payloads: list[bytes]) -> list[Rtp]:
    """What leaves a lane, once all of it is due."""
    came: list[bytes] = []
    for number, payload in enumerate(payloads):
        lane.take(packet(number, payload), time.time(), came.append)
    while lane.waiting:  # noqa: ASYNC110 (what is awaited has no event)
        await asyncio.sleep(0.01)
    return [read for each in came if (read := parse(each))]


def numbers(packets: list[Rtp]) -> list[int]:
    return [each.sequence for each in packets]


async def test_loss_is_as_told_and_the_seed_and_the_packets_number_decide_which() -> None:
    does = Impairment(lose_one_in=20)
    first, again, other = [
        numbers(await sent_on(Lane(does, seed), [SOUND] * 400)) for seed in ("a", "a", "b")
    ]
    assert len(first) == len(other) == 380
    assert first == again != other


async def test_jitter_moves_packets_in_time_and_not_in_order() -> None:
    began = time.monotonic()
    came = numbers(await sent_on(Lane(Impairment(jitter_ms=60), "a"), [SOUND] * 100))
    assert came == list(range(100))
    assert time.monotonic() - began > 0.03


async def test_one_in_twenty_comes_after_the_one_behind_it() -> None:
    lane = Lane(Impairment(swap_one_in=20), "a")
    came = numbers(await sent_on(lane, [SOUND] * 399))
    assert sorted(came) == list(range(399))
    assert 15 < sum(b < a for a, b in pairwise(came)) == lane.swapped <= 20


async def test_speech_is_clipped_at_its_beginning_and_its_end_and_not_in_a_short_pause() -> None:
    """Stretches of a second and of a second and a half, the latter with a pause of 100 ms."""
    pause = [SILENCE] * PAUSE_PACKETS
    said = [*pause, *[SOUND] * 50, *pause * 2, *[SOUND] * 50, *[SILENCE] * 5, *[SOUND] * 25]
    does = combined([Impairment(clip_start_ms=400), Impairment(clip_end_ms=300)])
    came = await sent_on(Lane(does, "a"), [*said, *pause * 3])
    assert len(came) == len(said) + 3 * PAUSE_PACKETS
    sounds = [place for place, each in enumerate(came) if each.payload == SOUND]
    first, second = PAUSE_PACKETS, PAUSE_PACKETS + 50 + 2 * PAUSE_PACKETS
    assert sounds[0] == first + 20
    assert [place for place in sounds if place < second][-1] == first + 50 - 16
    assert next(place for place in sounds if place >= second) == second + 20
    assert sounds[-1] == second + 80 - 16
    assert all(each.payload in (SOUND, SILENCE) for each in came)


async def test_no_more_waits_than_the_line_holds() -> None:
    lane = Lane(Impairment(delay_ms=1), "a")
    came = await sent_on(lane, [SOUND] * (MOST_WAITING + 50))
    assert len(came) == MOST_WAITING
    assert lane.lost == 50


def line_of(testbed: Running) -> MediaLine:
    """The line of the one call that stands."""
    (line,) = testbed.telephony.elements["synthflow.us"].lines.lines.values()
    return line


def shown(bad: BadLine, lane: Lane, came: Arrivals) -> None:
    """What a line did shows in the figures of the side that it leads to, and no more than that."""
    assert abs(came.lost - lane.lost) <= 1
    assert (lane.lost > 0) == (bad.does.lose_one_in > 0)
    assert (lane.clipped > 0) == bool(bad.does.clip_start_ms or bad.does.clip_end_ms)
    assert abs(came.reordered - lane.swapped) <= 1
    assert (lane.swapped > 0) == (bad.does.swap_one_in > 0)


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda bad: bad.name)
async def test_both_are_heard_over_it_and_the_caller_is_handed_over(
    world: World, bad: BadLine
) -> None:
    for fault in LINES:
        if bad.name in fault.name:
            world.set_fault(fault.name)
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        call.audio.play(1004)
        line = line_of(testbed)
        synthflow = testbed.telephony.elements["synthflow.us"].agent
        (theirs,) = (leg.audio for leg in synthflow.calls.values() if leg.state == "answered")
        assert theirs
        assert await theirs.heard(1004)
        call.audio.play(None)
        await testbed.until(lambda: theirs.packets_received > 120)
        shown(bad, line.lanes["caller"], call.audio.arrivals)
        shown(bad, line.lanes["agent"], theirs.arrivals)
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert await call.bye() == 200
        row = await testbed.row()
        assert [action["status"] for action in row["executed_actions"]] == ["success"]
        assert "human: (speaks)" in row["transcript"]
        await testbed.until(lambda: not testbed.telephony.elements["synthflow.us"].lines.lines)


async def test_a_call_over_a_good_line_has_none_in_between(world: World) -> None:
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.ok
        assert not testbed.telephony.elements["synthflow.us"].lines.lines
        await call.bye()
