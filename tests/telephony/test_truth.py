"""What is measured of the assistant's turns on real calls is what it really did."""

from __future__ import annotations

from sfsip_nb.testbed.world import World
from tests.telephony import turns
from tests.telephony.telephony_world import running

SANE_MS = 250.0
"""Beyond the shift that a busy machine puts into packets: what is further off is another moment."""


async def test_six_turns_of_three_calls_are_all_measured_and_so_are_interruptions(
    world: World,
) -> None:
    async with running(world) as testbed:
        for first in (0, 3):
            callers = [turns.number(call) for call in range(first, first + 3)]
            found = await turns.compared(testbed, callers, pairs=1)
            if not found.left_out:
                break  # Else this machine slept in a call, and somebody may have missed their cue.
    assert (found.turns, found.missed) == (6, 0)
    assert len(found.barge_ins) == found.interruptions > 0
    assert len(found.first_words) == len(found.greetings) == 3
    every = (*found.gaps, *found.barge_ins, *found.first_words, *found.greetings)
    assert max(map(abs, every)) < SANE_MS
