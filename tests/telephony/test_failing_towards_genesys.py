"""One thing left out or wrong, and the way back into Genesys fails as in the field."""

from __future__ import annotations

import ssl
from typing import Literal

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin import customer as genesys_customer
from sfsip_nb.sip import probes
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import (
    FQDN,
    Json,
    flow,
    legs,
    number,
    outbound_row,
    put,
    running,
    trunk,
)

SITE = genesys_samples.SITE_ID


# From Synthflow to Genesys


async def asked_for_a_person(world: World) -> Json:
    """Call, ask for a transfer; the failed action. The caller stays with the assistant."""
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        await testbed.until(lambda: testbed.rows() and testbed.rows()[-1]["executed_actions"])
        assert call.state == "answered"
        assert not [tone for tone in call.audio.listener.tones if abs(tone.hz - 620) < 15]
        (action,) = testbed.rows()[-1]["executed_actions"]
        await call.bye()
        assert "nobody can be reached" in (await testbed.row())["transcript"]
    assert action["status"] == "failed"
    return dict(action)


async def test_a_cold_transfer_that_genesys_refuses(world: World) -> None:
    world.set_fault("genesys.refer-refused")
    assert (await asked_for_a_person(world))["sip_code"] == 403


async def test_a_cold_transfer_that_synthflow_never_asks_for(world: World) -> None:
    world.set_fault("synthflow.refer-refused")
    assert (await asked_for_a_person(world))["sip_code"] is None


async def test_a_cold_transfer_to_a_name_that_is_no_trunk(world: World) -> None:
    phone = f"sip:{samples.TRANSFER_NUMBER}@wrong-org.byoc.usw2.pure.cloud"
    world.systems["synthflow"]["actions"]["transfer"]["phone"] = phone
    assert (await asked_for_a_person(world))["sip_code"] == 404


async def test_a_transfer_number_that_no_call_route_owns(world: World) -> None:
    world.systems["genesys"]["ivrs"]["ivr-transfer"]["dnis"] = []
    assert (await asked_for_a_person(world))["sip_code"] == 404


async def test_an_assistant_without_the_action_does_not_transfer(world: World) -> None:
    world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["_actions"] = []

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(440)
        assert not await call.audio.heard(620, 0.6)
        await call.bye()
        row = await testbed.row()
        assert row["executed_actions"] == []
        assert "cannot transfer" in row["transcript"]


def warm(world: World) -> None:
    world.systems["synthflow"]["actions"]["transfer"]["transfer_mode"] = "warm_transfer"


async def test_a_warm_transfer_from_an_address_that_is_not_allowed(world: World) -> None:
    warm(world)
    put(world, "trunk_access_acl_allowList", ["34.139.4.161"])
    assert (await asked_for_a_person(world))["sip_code"] == 403


async def test_a_warm_transfer_from_an_address_that_is_not_published(world: World) -> None:
    warm(world)
    world.set_fault("synthflow.unlisted-address")
    assert (await asked_for_a_person(world))["sip_code"] == 403


async def test_a_transfer_number_whose_flow_leads_back_to_the_assistant_is_stopped(
    world: World,
) -> None:
    flow(world, genesys_samples.TRANSFER_FLOW).update(_queueId="", _transferTo=samples.DID)

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        await testbed.until(
            lambda: any(
                action["sip_code"] == 482
                for row in testbed.rows()
                for action in row["executed_actions"]
            ),
            10,
        )
        assert len(testbed.rows()) == 4
        await call.bye()


@pytest.mark.parametrize("how", ["fault", "empty queue"])
async def test_nobody_in_the_queue_and_the_caller_waits(world: World, how: str) -> None:
    if how == "fault":
        world.set_fault("genesys.no-agents")
    else:
        queue = world.by_name(world.systems["genesys"]["queues"], genesys_samples.TRANSFER_QUEUE)
        assert queue
        queue["memberCount"] = 0

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        await testbed.row()
        assert not await call.audio.heard(620, 0.5)
        assert call.state == "answered"
        await call.bye()
        conversation = await testbed.conversation()
        (acd,) = legs(conversation, "acd")
        assert acd["segments"][-1]["disconnectType"] == "peer"


async def dialled_by_the_assistant(world: World, to: str = samples.CALLEE) -> Json:
    """The row of a call that the assistant makes."""
    async with running(world) as testbed:
        testbed.world.dials["synthflow"](outbound_row(world, to))
        return await testbed.row()


async def test_the_assistants_call_from_an_address_that_is_not_allowed(world: World) -> None:
    put(world, "trunk_access_acl_allowList", [])
    row = await dialled_by_the_assistant(world)
    assert row["error_message"] == "Telephony - 403 - Forbidden"
    assert row["telephony_disconnect_reason"] == "forbidden"


async def test_allow_all_lets_everybody_in(world: World) -> None:
    put(world, "trunk_access_acl_allowList", [])
    trunk(world)["_allowAll"] = True

    async with running(world) as testbed:
        testbed.world.dials["synthflow"](outbound_row(world, samples.CALLEE))
        await testbed.until(lambda: testbed.rows()[-1]["call_status"] == "in-progress")


@pytest.mark.parametrize("how", ["termination URI", "fault"])
async def test_the_assistants_call_to_another_organisations_name(world: World, how: str) -> None:
    if how == "fault":
        world.set_fault("synthflow.wrong-termination")
    else:
        number(world)["sip_term_uri"] = "synthflow.byoc.usw2.pure.cloud"
    assert (await dialled_by_the_assistant(world))["error_message"] == "Telephony - 404 - Not Found"


async def test_the_assistants_call_where_the_sites_plans_lead_nowhere(world: World) -> None:
    plans = genesys_customer.plans(world, SITE)
    plans[:] = [p for p in plans if p["name"] == "Synthflow AI"]
    assert (await dialled_by_the_assistant(world))["error_message"] == "Telephony - 404 - Not Found"


async def test_the_assistants_call_to_a_number_that_nobody_has(world: World) -> None:
    assert (await dialled_by_the_assistant(world, "+15559990000"))["call_status"] == "failed"


async def test_plain_rtp_to_a_trunk_over_tls_is_refused(world: World) -> None:
    async with running(world) as testbed:
        agent = testbed.telephony.elements["synthflow.us"].agent
        call = await agent.invite(f"sip:{samples.DID}@{FQDN}:5061", transport="tls")
        assert await call.outcome(3) == 488


async def test_a_probe_of_a_tls_trunk_without_srtp_says_why_it_is_refused(world: World) -> None:
    trunk(world)["_allowAll"] = True
    async with running(world) as testbed:
        got = await probes.call(
            probes.CallPlan(
                f"sip:{samples.DID}@{FQDN}:5061;transport=tls",
                f"sip:{samples.CALLER}@probe.test",
                resolver=testbed.telephony.net,
                tls_client=ssl.create_default_context(cafile=testbed.addresses["ca"]),
            ),
            probes.Listening(seconds=0.3),
            leave=dict,
        )
    assert got.verdict == "fail"
    assert "488 Not Acceptable Here" in got.sentence
    assert "A Genesys TLS trunk demands SRTP" in got.sentence
    assert "The call works with SRTP: the peer wants encrypted audio" in got.sentence


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_stranger_is_refused_by_the_access_list(
    world: World, transport: Literal["udp", "tcp"]
) -> None:
    async with running(world) as testbed:
        call = await testbed.caller.invite(f"sip:{samples.DID}@{FQDN}", transport=transport)
        assert await call.outcome(3) == 403
        assert not testbed.world.records["conversations"]


# Ends


async def test_stopping_hangs_up_and_keeps_the_record(world: World) -> None:
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await testbed.telephony.stop()
        assert call.state == "ended"
        (conversation,) = testbed.conversations()
        assert legs(conversation, "external")


async def test_a_caller_who_gives_up_cancels_the_leg_behind(world: World) -> None:
    world.set_fault("genesys.no-agents")

    async with running(world) as testbed:
        call = await testbed.call(samples.SUPPORT_DID)
        phone = testbed.telephony.centers["genesys"].phone.agent
        await testbed.until(lambda: phone.calls)
        (ringing,) = phone.calls.values()
        await call.bye()
        assert await ringing.wait_ended(2)
        assert ringing.code == 487
        (agent,) = legs(await testbed.conversation(), "agent")
        assert agent["segments"][-1]["disconnectType"] == "peer"
        assert agent["segments"][-1]["sipResponseCodes"] == [487]
