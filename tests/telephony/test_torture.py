"""The torture messages, fired at every server of the testbed, which then carries a call."""

from __future__ import annotations

import re

import pytest

from sfsip_nb.sip import Transport, UserAgent
from sfsip_nb.testbed.world import World
from tests.sip.test_reading import OPTIONS
from tests.sip.test_torture import data
from tests.sip.test_torture_servers import ANSWERS, ON_A_STREAM, shoot
from tests.telephony.telephony_world import Running, running

REFUSED = (400, 406, 415, 416, 420, 481, 501, 505)
"""What the message decides alone; what a server makes of the others is its own affair."""


def servers(testbed: Running) -> dict[str, UserAgent]:
    telephony = testbed.telephony
    return {
        "edge": telephony.centers["genesys"].agent,
        "session border controller": telephony.centers["talkdesk"].agent,
        "telephone network": telephony.network.agent,
        "Synthflow": telephony.elements["synthflow.us"].agent,
    }


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_testbed_answers_as_the_rfc_says_and_carries_a_call(
    world: World, transport: Transport
) -> None:
    messages = {name: data(name) for name in ANSWERS}

    async with running(world) as testbed:
        expected = ANSWERS if transport == "udp" else ON_A_STREAM
        for server, agent in servers(testbed).items():
            for name, message in messages.items():
                answers = await shoot(agent, distinct(message, name), transport)
                codes = tuple(answer.code for answer in answers)
                assert fits(codes, expected[name]), (server, name, codes)
            absurd = OPTIONS.replace(b"OPTIONS", b"INVITE").replace(b"70", b"7" * 5000)
            assert not any(answer.code == 500 for answer in await shoot(agent, absurd, transport))
        call = await testbed.call()
        assert call.code == 200, call
        await call.bye()


def distinct(message: bytes, name: str) -> bytes:
    """Some of the messages share a branch, by which one server takes them for copies."""
    return re.sub(rb"(branch=z9hG4bK)(?=\w)", rb"\g<1>" + name.encode(), message, count=1)


def fits(codes: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """As an agent answers by itself; but of what is taken, each server judges by its settings.

    Its final answer to an INVITE may come later than that to the OPTIONS behind it.
    """
    if expected in [(code,) for code in REFUSED] or not expected:
        return codes == expected
    return len(codes) <= len(expected) and not {400, 500, *REFUSED} & {*codes}
