"""One thing left out or wrong, and the call fails where and how it would in the field."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from telephony_world import (
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

from sfsip_nb.inputs import samples
from sfsip_nb.testbed.telephony.routing import NO_LINES, NOT_REACHABLE
from sfsip_nb.testbed.world import World

SITE = samples.GENESYS_SITE_ID
CHALLENGED = 407


def failed_leg(world: World, silent: bool = False) -> Json:
    """Call the DID; the last segment of the leg that was to reach the assistant."""
    found: list[Json] = []

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        # The flow answers the caller, as Architect does, and hangs up when it cannot go on.
        assert call.code == 200
        assert await call.wait_ended(6)
        assert call.audio
        assert not [tone for tone in call.audio.tones if abs(tone.hz - 440) < 15]
        conversation = await testbed.conversation()
        (external,) = legs(conversation, "external")
        found.append(external["segments"][-1])
        if silent:
            assert "protocolCallId" not in external
            assert not [
                m
                for m in testbed.world.sip_messages
                if m["method"] == "INVITE" and "synthflow" in m["ruri"]
            ]

    play(world, scene)
    return found[0]


# From Genesys to Synthflow: the platform has no way out


def test_no_outbound_route_and_no_sip_leaves(world: World) -> None:
    del world.genesys["outbound_routes"]["route-ai"]
    assert failed_leg(world, silent=True)["errorCode"] == NOT_REACHABLE


def test_a_disabled_route_is_no_route(world: World) -> None:
    world.genesys["outbound_routes"]["route-ai"]["enabled"] = False
    assert failed_leg(world, silent=True)["errorCode"] == NOT_REACHABLE


def test_the_fault_that_hides_the_routes_looks_the_same(world: World) -> None:
    world.set_fault("genesys.no-route")
    assert failed_leg(world, silent=True)["errorCode"] == NOT_REACHABLE


@pytest.mark.parametrize("how", ["out of service", "no SIP server", "fault"])
def test_a_route_without_a_usable_trunk_has_no_lines(world: World, how: str) -> None:
    if how == "out of service":
        put(world, "trunk_enabled", False)
    elif how == "no SIP server":
        put(world, "trunk_transport_serverProxyList", [])
    else:
        world.set_fault("genesys.trunk-down")
    assert failed_leg(world, silent=True)["errorCode"] == NO_LINES


def test_without_its_own_number_plan_the_call_goes_round_until_the_hops_run_out(
    world: World,
) -> None:
    del world.plans(SITE)[0]

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert await call.wait_ended(5)
        await testbed.until(lambda: len(testbed.conversations()) > 2)
        codes = [
            code
            for conversation in testbed.conversations()
            for leg in legs(conversation, "external")
            for code in leg["segments"][-1].get("sipResponseCodes", [])
        ]
        assert 483 in codes
        assert not testbed.rows()
        assert len(testbed.world.conversations) < 8

    play(world, scene)


def test_a_site_without_any_plan_for_the_number(world: World) -> None:
    world.genesys["number_plans"][SITE]["plans"] = []
    assert failed_leg(world, silent=True)["errorCode"] == NOT_REACHABLE


# From Genesys to Synthflow: Synthflow says no


@pytest.mark.parametrize("what", ["username", "password", "realm"])
def test_wrong_digest_settings_end_in_the_challenge(world: World, what: str) -> None:
    put(world, f"trunk_sip_authentication_credentials_{what}", "wrong")
    assert failed_leg(world)["sipResponseCodes"] == [CHALLENGED]


def test_another_password_at_synthflow_ends_in_the_challenge(world: World) -> None:
    world.set_fault("synthflow.wrong-password")
    assert failed_leg(world)["sipResponseCodes"] == [CHALLENGED]


def test_a_number_without_credentials_is_not_challenged(world: World) -> None:
    number(world).update(_trunk_username="", _trunk_pwd="")
    put(world, "trunk_sip_authentication_credentials_username", "")

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
        assert "407" not in {m["method"] for m in testbed.world.sip_messages}

    play(world, scene)


def not_imported(world: World) -> None:
    del world.synthflow["numbers"][samples.DID.removeprefix("+")]


def not_attached(world: World) -> None:
    world.synthflow["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["phone_number"] = ""


def just_attached(world: World) -> None:
    number(world)["_attached_at"] = time.time()


def never_registered(world: World) -> None:
    world.set_fault("synthflow.not-registered")


def registers_at_a_static_peer(world: World) -> None:
    number(world)["uac_enabled"] = True


def of_another_region(world: World) -> None:
    put(world, "trunk_transport_serverProxyList", ["sip.eu.synthflow.ai:32681"])
    trunk(world)["_outboundTerminationFqdn"] = "sip.eu.synthflow.ai"


def without_termination_fqdn(world: World) -> None:
    trunk(world)["_outboundTerminationFqdn"] = ""


def busy(world: World) -> None:
    world.set_fault("synthflow.busy")


def without_g711(world: World) -> None:
    world.set_fault("synthflow.wrong-codec")


def without_common_codec(world: World) -> None:
    put(world, "trunk_media_codec", ["audio/pcmu"])
    world.set_fault("synthflow.wrong-codec")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (not_imported, 404),
        (not_attached, 404),
        (just_attached, 480),
        (never_registered, 480),
        (registers_at_a_static_peer, 480),
        (of_another_region, 404),
        (without_termination_fqdn, 404),
        (busy, 486),
        (without_g711, 488),
        (without_common_codec, 488),
    ],
)
def test_synthflow_refuses(world: World, spoil: object, code: int) -> None:
    assert callable(spoil)
    spoil(world)
    assert failed_leg(world)["sipResponseCodes"] == [code]


@pytest.mark.parametrize("proxy", ["sip.us.synthflow.ai:5060", "sip.us.synthflow.example:32681"])
def test_a_wrong_port_or_host_reaches_nobody(world: World, proxy: str) -> None:
    put(world, "trunk_transport_serverProxyList", [proxy])
    leg = failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg


def test_a_firewall_before_synthflow_is_silence(world: World) -> None:
    world.time_scale = 120  # a leg rings for a second
    world.set_fault("synthflow.firewall")
    leg = failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg


def test_synthflow_may_keep_silent_to_options(world: World) -> None:
    async def scene(testbed: Running) -> None:
        uri = "sip:sip.us.synthflow.ai:32681"
        answer = await testbed.caller.options(uri, timeout=1)
        assert answer
        assert answer.code == 200
        world.set_fault("synthflow.no-options")
        assert await testbed.caller.options(uri, timeout=0.3) is None

    play(world, scene)


# Inside Genesys


def refused(world: World, code: int) -> None:
    """The carrier's call to the DID is refused with `code`, and nobody has a conversation."""

    async def scene(testbed: Running) -> None:
        assert (await testbed.call()).code == code
        assert not testbed.world.conversations

    play(world, scene)


def test_a_number_in_the_pool_that_no_call_route_owns(world: World) -> None:
    world.genesys["ivrs"]["ivr-ai"]["dnis"] = []
    refused(world, 404)


def test_a_call_route_whose_flow_is_not_published(world: World) -> None:
    del flow(world, samples.INBOUND_FLOW)["publishedVersion"]
    refused(world, 480)


def test_a_flow_that_transfers_nowhere_hangs_up(world: World) -> None:
    flow(world, samples.INBOUND_FLOW)["_transferTo"] = ""

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert await call.wait_ended(2)
        conversation = await testbed.conversation()
        assert [p["purpose"] for p in conversation["participants"]] == ["customer", "ivr"]
        assert not testbed.rows()

    play(world, scene)


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
    world.synthflow["actions"]["transfer"]["phone"] = phone
    assert asked_for_a_person(world)["sip_code"] == 404


def test_a_transfer_number_that_no_call_route_owns(world: World) -> None:
    world.genesys["ivrs"]["ivr-transfer"]["dnis"] = []
    assert asked_for_a_person(world)["sip_code"] == 404


def test_an_assistant_without_the_action_does_not_transfer(world: World) -> None:
    world.synthflow["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["_actions"] = []

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
    world.synthflow["actions"]["transfer"]["transfer_mode"] = "warm_transfer"


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
    flow(world, samples.TRANSFER_FLOW).update(_queueId="", _transferTo=samples.DID)

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
        queue = world.by_name(world.genesys["queues"], samples.TRANSFER_QUEUE)
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
        await testbed.telephony.synthflow_call(outbound_row(world, to))
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
        await testbed.telephony.synthflow_call(outbound_row(world, samples.CALLEE))
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
    plans = world.plans(SITE)
    plans[:] = [p for p in plans if p["name"] == "Synthflow AI"]
    assert dialled_by_the_assistant(world)["error_message"] == "Telephony - 404 - Not Found"


def test_the_assistants_call_to_a_number_that_nobody_has(world: World) -> None:
    assert dialled_by_the_assistant(world, "+15559990000")["call_status"] == "failed"


def test_plain_rtp_to_a_trunk_over_tls_is_refused(world: World) -> None:
    codes: list[int] = []

    async def scene(testbed: Running) -> None:
        agent = testbed.telephony.regions["us"].agent
        call = await agent.invite(f"sip:{samples.DID}@{FQDN}:5061", transport="tls")
        codes.append(await call.outcome(3))

    play(world, scene)
    assert codes == [488]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_stranger_is_refused_by_the_access_list(
    world: World, transport: Literal["udp", "tcp"]
) -> None:
    async def scene(testbed: Running) -> None:
        call = await testbed.caller.invite(f"sip:{samples.DID}@{FQDN}", transport=transport)
        assert await call.outcome(3) == 403
        assert not testbed.world.conversations

    play(world, scene)


# Sound and caller ID


def test_the_assistants_audio_is_lost(world: World) -> None:
    world.set_fault("synthflow.rtp-blackhole")

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert not await call.audio.heard(440, 0.6)
        await call.bye()
        assert "human: " in (await testbed.row())["transcript"]
        conversation = await testbed.conversation()
        (external,) = legs(conversation, "external")
        assert external["mediaEndpointStats"][0]["receivedPackets"] == 0
        assert conversation["mediaStatsMinConversationMos"] == 1.0

    play(world, scene)


def test_the_callers_audio_is_lost(world: World) -> None:
    world.set_fault("genesys.rtp-blackhole")

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert await call.audio.heard(440)
        await call.bye()
        assert "human: " not in (await testbed.row())["transcript"]

    play(world, scene)


def test_an_anonymous_caller_at_synthflow(world: World) -> None:
    world.set_fault("genesys.anonymous-caller")

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        await call.bye()
        assert (await testbed.row())["phone_number_from"] == "anonymous"

    play(world, scene)


def test_a_plan_without_capture_group_makes_every_caller_unknown(world: World) -> None:
    broken = {"name": "Old", "matchType": "regex", "match": r"^\+1555", "normalizedFormat": "$1"}
    world.plans(SITE).insert(1, {**broken, "classification": "National"})

    async def scene(testbed: Running) -> None:
        call = await testbed.call()
        await call.bye()
        (customer,) = legs(await testbed.conversation(), "customer")
        assert customer["ani"] == "sip:unknown"

    play(world, scene)


# Certificates


@pytest.mark.parametrize("fault", ["expired-certificate", "wrong-certificate-name"])
def test_a_bad_certificate_and_no_sip_leaves(world: World, fault: str) -> None:
    put(world, "trunk_transport_protocolVariant", "tls")
    put(world, "trunk_transport_serverProxyList", ["sip.us.synthflow.ai:32682"])
    world.set_fault(f"synthflow.{fault}")
    leg = failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg


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
        phone = testbed.telephony.edge.phone.agent
        await testbed.until(lambda: phone.calls)
        (ringing,) = phone.calls.values()
        await call.bye()
        assert await ringing.wait_ended(2)
        assert ringing.code == 487
        (agent,) = legs(await testbed.conversation(), "agent")
        assert agent["segments"][-1]["disconnectType"] == "peer"
        assert agent["segments"][-1]["sipResponseCodes"] == [487]

    play(world, scene)
