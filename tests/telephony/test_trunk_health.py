"""The edge's OPTIONS to a trunk's SIP server, as a trunk's health shows it."""

from __future__ import annotations

import pytest

from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import running


@pytest.mark.parametrize(
    ("port", "fault", "trouble"),
    [
        (32681, "", ""),
        (5060, "", "No response"),
        (32681, "synthflow.no-options", "No response"),
    ],
)
async def test_options_are_answered_or_not(
    world: World, port: int, fault: str, trouble: str
) -> None:
    if fault:
        world.set_fault(fault)
    async with running(world):
        assert await world.pings["genesys"]("sip.us.synthflow.ai", port, "udp") == trouble
