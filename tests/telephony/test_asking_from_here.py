"""A caller from here asks the AI agent for a person, and declines to be handed over."""

from __future__ import annotations

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.shared.stages import CallScript, CallStage
from sfsip_nb.platforms.shared.testcall import AGENT_HZ, SPEECH_HZ, TRANSFER_REQUEST_HZ
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import running
from tests.telephony.test_faults_of_calls import LOGIN

GREETING = CallStage(SPEECH_HZ, AGENT_HZ, within=4.0)


@pytest.mark.parametrize(
    ("fault", "heard", "referred"),
    [
        ("", [True, True], True),
        ("synthflow.refer-refused", [True, False], False),
        ("synthflow.deaf-agent", [True, False], False),
        ("synthflow.hangs-up", [False, False], False),
    ],
)
async def test_an_agent_that_transfers_refers_the_caller(
    world: World, fault: str, heard: list[bool], referred: bool
) -> None:
    if fault:
        world.set_fault(fault)
    within = 4.0 if referred else 0.5
    talk = CallScript([GREETING, CallStage(TRANSFER_REQUEST_HZ, None, within)])
    async with running(world) as testbed:
        call = await testbed.caller.invite(
            f"sip:{samples.DID}@sip.us.synthflow.ai:32681",
            from_=f"sip:{samples.CALLER}@probe.test",
            credentials=[LOGIN],
        )
        assert await call.outcome(5) == 200
        await talk.run(call)
        await call.bye()
        assert talk.heard == heard
        assert bool(talk.referred) is referred
        if referred:
            row = await testbed.row()
            assert [(a["status"], a["sip_code"]) for a in row["executed_actions"]] == [
                ("failed", 603)
            ]
