"""What is measured of the assistant's turns on real calls is what it really did."""

from __future__ import annotations

from sfsip_nb.testbed.world import World
from tests.telephony import turns
from tests.telephony.telephony_world import running

CALLERS = [turns.number(call) for call in range(3)]
SANE_MS = 250.0
"""Beyond the shift that a busy machine puts into packets: what is further off is another moment."""


async def test_twelve_turns_of_three_calls_are_all_measured_and_so_are_interruptions(
    world: World,
) -> None:
    async with running(world) as testbed:
        found = await turns.compared(testbed, CALLERS, pairs=2)
    assert (found.turns, found.missed) == (12, 0)
    assert len(found.barge_ins) == found.interruptions > 0
    assert len(found.first_words) == len(found.greetings) == 3
    every = (*found.gaps, *found.barge_ins, *found.first_words, *found.greetings)
    assert max(map(abs, every)) < SANE_MS
