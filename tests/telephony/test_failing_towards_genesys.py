"""One thing left out or wrong, and the way back into Genesys fails as in the field."""

from __future__ import annotations

import ssl
from typing import Literal

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin import customer as genesys_customer
from sfsip_nb.sip import ProbeResult, probes
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import (
    FQDN,
    Json,
    Running,
    flow,
    legs,
    number,
    outbound_row,
    play,
    put,
    trunk,
)

SITE = genesys_samples.SITE_ID


# From Synthflow to Genesys


def asked_for_a_person(world: World) -> Json:
    """Call, ask for a transfer; the failed action. The caller stays with the assistant."""
    found: list[Json] = []

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        await testbed.until(lambda: testbed.rows() and testbed.rows()[-1]["executed_actions"])
        assert call.state == "answered"
        assert not [tone for tone in call.audio.tones if abs(tone.hz - 620) < 15]
        found.extend(testbed.rows()[-1]["executed_actions"])
        await call.bye()
        assert "nobody can be reached" in (await testbed.row())["transcript"]

    play(world, scene)
    assert [action["status"] for action in found] == ["failed"]
    return found[0]


def test_a_cold_transfer_that_genesys_refuses(world: World) -> None:
    world.set_fault("genesys.refer-refused")
    assert asked_for_a_person(world)["sip_code"] == 403


def test_a_cold_transfer_that_synthflow_never_asks_for(world: World) -> None:
    world.set_fault("synthflow.refer-refused")
    assert asked_for_a_person(world)["sip_code"] is None


def test_a_cold_transfer_to_a_name_that_is_no_trunk(world: World) -> None:
    phone = f"sip:{samples.TRANSFER_NUMBER}@wrong-org.byoc.usw2.pure.cloud"
    world.systems["synthflow"]["actions"]["transfer"]["phone"] = phone
    assert asked_for_a_person(world)["sip_code"] == 404


def test_a_transfer_number_that_no_call_route_owns(world: World) -> None:
    world.systems["genesys"]["ivrs"]["ivr-transfer"]["dnis"] = []
    assert asked_for_a_person(world)["sip_code"] == 404


def test_an_assistant_without_the_action_does_not_transfer(world: World) -> None:
    world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["_actions"] = []

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(440)
        assert not await call.audio.heard(620, 0.6)
        await call.bye()
        row = await testbed.row()
        assert row["executed_actions"] == []
        assert "cannot transfer" in row["transcript"]

    play(world, scene)


def warm(world: World) -> None:
    world.systems["synthflow"]["actions"]["transfer"]["transfer_mode"] = "warm_transfer"


def test_a_warm_transfer_from_an_address_that_is_not_allowed(world: World) -> None:
    warm(world)
    put(world, "trunk_access_acl_allowList", ["34.139.4.161"])
    assert asked_for_a_person(world)["sip_code"] == 403


def test_a_warm_transfer_from_an_address_that_is_not_published(world: World) -> None:
    warm(world)
    world.set_fault("synthflow.unlisted-address")
    assert asked_for_a_person(world)["sip_code"] == 403


def test_a_transfer_number_whose_flow_leads_back_to_the_assistant_is_stopped(
    world: World,
) -> None:
    flow(world, genesys_samples.TRANSFER_FLOW).update(_queueId="", _transferTo=samples.DID)

    async def scene(testbed: Running) -> None:
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

    play(world, scene)


@pytest.mark.parametrize("how", ["fault", "empty queue"])
def test_nobody_in_the_queue_and_the_caller_waits(world: World, how: str) -> None:
    if how == "fault":
        world.set_fault("genesys.no-agents")
    else:
        queue = world.by_name(world.systems["genesys"]["queues"], genesys_samples.TRANSFER_QUEUE)
        assert queue
        queue["memberCount"] = 0

    async def scene(testbed: Running) -> None:
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

    play(world, scene)


def dialled_by_the_assistant(world: World, to: str = samples.CALLEE) -> Json:
    """The row of a call that the assistant makes."""
    found: list[Json] = []

    async def scene(testbed: Running) -> None:
        testbed.world.dials["synthflow"](outbound_row(world, to))
        found.append(await testbed.row())

    play(world, scene)
    return found[0]


def test_the_assistants_call_from_an_address_that_is_not_allowed(world: World) -> None:
    put(world, "trunk_access_acl_allowList", [])
    row = dialled_by_the_assistant(world)
    assert row["error_message"] == "Telephony - 403 - Forbidden"
    assert row["telephony_disconnect_reason"] == "forbidden"


def test_allow_all_lets_everybody_in(world: World) -> None:
    put(world, "trunk_access_acl_allowList", [])
    trunk(world)["_allowAll"] = True

    async def scene(testbed: Running) -> None:
        testbed.world.dials["synthflow"](outbound_row(world, samples.CALLEE))
        await testbed.until(lambda: testbed.rows()[-1]["call_status"] == "in-progress")

    play(world, scene)


@pytest.mark.parametrize("how", ["termination URI", "fault"])
def test_the_assistants_call_to_another_organisations_name(world: World, how: str) -> None:
    if how == "fault":
        world.set_fault("synthflow.wrong-termination")
    else:
        number(world)["sip_term_uri"] = "synthflow.byoc.usw2.pure.cloud"
    assert dialled_by_the_assistant(world)["error_message"] == "Telephony - 404 - Not Found"


def test_the_assistants_call_where_the_sites_plans_lead_nowhere(world: World) -> None:
    plans = genesys_customer.plans(world, SITE)
    plans[:] = [p for p in plans if p["name"] == "Synthflow AI"]
    assert dialled_by_the_assistant(world)["error_message"] == "Telephony - 404 - Not Found"


def test_the_assistants_call_to_a_number_that_nobody_has(world: World) -> None:
    assert dialled_by_the_assistant(world, "+15559990000")["call_status"] == "failed"


def test_plain_rtp_to_a_trunk_over_tls_is_refused(world: World) -> None:
    codes: list[int] = []

    async def scene(testbed: Running) -> None:
        agent = testbed.telephony.elements["synthflow.us"].agent
        call = await agent.invite(f"sip:{samples.DID}@{FQDN}:5061", transport="tls")
        codes.append(await call.outcome(3))

    play(world, scene)
    assert codes == [488]


def test_a_probe_of_a_tls_trunk_without_srtp_says_why_it_is_refused(world: World) -> None:
    trunk(world)["_allowAll"] = True
    seen: list[ProbeResult] = []

    async def scene(testbed: Running) -> None:
        seen.append(
            await probes.call(
                probes.CallPlan(
                    f"sip:{samples.DID}@{FQDN}:5061;transport=tls",
                    f"sip:{samples.CALLER}@probe.test",
                    resolver=testbed.telephony.net,
                    tls_client=ssl.create_default_context(cafile=testbed.addresses["ca"]),
                ),
                probes.Listening(seconds=0.3),
                leave=dict,
            )
        )

    play(world, scene)
    assert seen[0].verdict == "fail"
    assert "488 Not Acceptable Here" in seen[0].sentence
    assert "A Genesys TLS trunk demands SRTP" in seen[0].sentence
    assert "The call works with SRTP: the peer wants encrypted audio" in seen[0].sentence


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_stranger_is_refused_by_the_access_list(
    world: World, transport: Literal["udp", "tcp"]
) -> None:
    async def scene(testbed: Running) -> None:
        call = await testbed.caller.invite(f"sip:{samples.DID}@{FQDN}", transport=transport)
        assert await call.outcome(3) == 403
        assert not testbed.world.records["conversations"]

    play(world, scene)


# Ends


def test_stopping_hangs_up_and_keeps_the_record(world: World) -> None:
    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await testbed.telephony.stop()
        assert call.state == "ended"
        (conversation,) = testbed.conversations()
        assert legs(conversation, "external")

    play(world, scene)


def test_a_caller_who_gives_up_cancels_the_leg_behind(world: World) -> None:
    world.set_fault("genesys.no-agents")

    async def scene(testbed: Running) -> None:
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

    play(world, scene)
