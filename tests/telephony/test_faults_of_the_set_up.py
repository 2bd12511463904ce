"""Somebody changed one thing after a healthy apply: where a caller then ends up."""

from __future__ import annotations

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin.telephony.routing import NO_LINES, NOT_REACHABLE
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Json, Running, legs, outbound_row, running

PERSON_HZ, ASSISTANT_HZ, AGENT_HZ = 1400, 440, 620


async def gone_wrong(testbed: Running) -> Json:
    """Call the DID and meet neither the assistant nor anybody; the conversation."""
    call = await testbed.call()
    assert call.code == 200
    assert await call.wait_ended(6)
    assert not testbed.rows()
    return await testbed.conversation()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("genesys.trunk-disabled", NO_LINES),
        ("genesys.route-without-trunk", NO_LINES),
        ("genesys.route-disabled", NOT_REACHABLE),
    ],
)
async def test_no_way_out_of_genesys(world: World, fault: str, error: str) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        (external,) = legs(await gone_wrong(testbed), "external")
        assert external["segments"][-1]["errorCode"] == error


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("genesys.proxy-host", 404),
        ("genesys.digest-off", 407),
        ("genesys.realm", 407),
        ("genesys.user-name", 407),
        ("synthflow.detached", 404),
    ],
)
async def test_synthflow_refuses(world: World, fault: str, code: int) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        (external,) = legs(await gone_wrong(testbed), "external")
        assert external["segments"][-1]["sipResponseCodes"] == [code]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("genesys.pool-missing", 404),
        ("genesys.did-unassigned", 404),
        ("genesys.flow-unpublished", 480),
    ],
)
async def test_genesys_refuses_the_caller(world: World, fault: str, code: int) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        assert (await testbed.call()).code == code
        assert not testbed.rows()


@pytest.mark.parametrize(
    "fault", ["genesys.did-elsewhere", "genesys.wrong-flow", "genesys.flow-elsewhere"]
)
async def test_an_agent_takes_the_call_that_was_for_the_assistant(world: World, fault: str) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(AGENT_HZ)
        await call.bye()
        assert not testbed.rows()


@pytest.mark.parametrize("fault", ["genesys.plan-order", "genesys.plan-classification"])
async def test_the_call_leaves_by_the_carrier_and_goes_round(world: World, fault: str) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        call = await testbed.call()
        assert await call.wait_ended(6)
        await testbed.until(lambda: len(testbed.conversations()) > 2)
        assert not testbed.rows()


@pytest.mark.parametrize("fault", ["synthflow.two-assistants", "synthflow.other-assistant"])
async def test_another_assistant_answers(world: World, fault: str) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(ASSISTANT_HZ)
        await call.bye()
        assert (await testbed.row())["model_id"] == samples.SYNTHFLOW_SECOND_ASSISTANT_ID


async def test_callers_are_unknown_to_genesys(world: World) -> None:
    world.set_fault("genesys.plan-without-group")
    async with running(world) as testbed:
        call = await testbed.call()
        await call.bye()
        (customer,) = legs(await testbed.conversation(), "customer")
        assert customer["ani"] == "sip:unknown"


# The way back


async def asked_for_a_person(testbed: Running) -> Json:
    """Call, and ask for a person; the action that the assistant then carried out."""
    call = await testbed.call()
    assert call.audio
    call.audio.play(PERSON_HZ)
    await testbed.until(lambda: testbed.rows() and testbed.rows()[-1]["executed_actions"])
    heard = await call.audio.heard(AGENT_HZ, 0.5)
    await call.bye()
    (action,) = testbed.rows()[-1]["executed_actions"]
    return action | {"agent": heard}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("genesys.identifier-changed", 404),
        ("genesys.transfer-unrouted", 404),
        ("genesys.transfer-flow-unpublished", 480),
        ("synthflow.action-target", 404),
    ],
)
async def test_a_transfer_that_fails(world: World, fault: str, code: int) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        action = await asked_for_a_person(testbed)
        assert (action["status"], action["sip_code"]) == ("failed", code)
        assert not action["agent"]


async def test_a_transfer_that_lands_in_another_queue(world: World) -> None:
    world.set_fault("genesys.transfer-wrong-queue")
    async with running(world) as testbed:
        assert (await asked_for_a_person(testbed))["agent"]
        (acd,) = legs(await testbed.conversation(), "acd")
        queue = world.systems["genesys"]["queues"][acd["segments"][-1]["queueId"]]
        assert queue["name"] != genesys_samples.TRANSFER_QUEUE


async def test_a_transfer_that_lands_in_another_ring_group(account: World) -> None:
    account.set_fault("talkdesk.slip-queue")
    async with running(account) as testbed:
        assert (await asked_for_a_person(testbed))["agent"]
        groups = (await testbed.entry())["ring_groups"]
        assert groups
        assert talkdesk_samples.RING_GROUP not in groups


async def test_a_transfer_number_that_rings_nobody(account: World) -> None:
    account.set_fault("talkdesk.slip-number")
    async with running(account) as testbed:
        assert (await asked_for_a_person(testbed))["sip_code"] == 480


# The assistant's own calls


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("genesys.acl-missing", "Telephony - 403 - Forbidden"),
        ("genesys.no-inbound-site", "Telephony - 404 - Not Found"),
        ("synthflow.termination-changed", "Telephony - 503"),
        ("synthflow.proxy-set", "Telephony - 503"),
    ],
)
async def test_the_assistants_own_calls_fail(world: World, fault: str, message: str) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        testbed.world.dials["synthflow"](outbound_row(world, samples.CALLEE))
        assert (await testbed.row())["error_message"].startswith(message)
