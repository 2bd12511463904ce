"""One thing left out or wrong, and the way to the assistant fails as in the field."""

from __future__ import annotations

import time

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin import customer as genesys_customer
from sfsip_nb.platforms.genesys.standin.telephony.routing import NO_LINES, NOT_REACHABLE
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import (
    Json,
    flow,
    legs,
    number,
    put,
    running,
    trunk,
)

SITE = genesys_samples.SITE_ID
CHALLENGED = 407


async def failed_leg(world: World, silent: bool = False) -> Json:
    """Call the DID; the last segment of the leg that was to reach the assistant."""
    async with running(world) as testbed:
        call = await testbed.call()
        # The flow answers the caller, as Architect does, and hangs up when it cannot go on.
        assert call.code == 200
        assert await call.wait_ended(6)
        assert call.audio
        assert not [tone for tone in call.audio.listener.tones if abs(tone.hz - 440) < 15]
        conversation = await testbed.conversation()
        (external,) = legs(conversation, "external")
        if silent:
            assert "protocolCallId" not in external
            assert not [
                m
                for m in testbed.world.records["sip_messages"].values()
                if m["method"] == "INVITE" and "synthflow" in m["ruri"]
            ]
    return dict(external["segments"][-1])


# From Genesys to Synthflow: the platform has no way out


async def test_no_outbound_route_and_no_sip_leaves(world: World) -> None:
    del world.systems["genesys"]["outbound_routes"]["route-ai"]
    assert (await failed_leg(world, silent=True))["errorCode"] == NOT_REACHABLE


async def test_a_disabled_route_is_no_route(world: World) -> None:
    world.systems["genesys"]["outbound_routes"]["route-ai"]["enabled"] = False
    assert (await failed_leg(world, silent=True))["errorCode"] == NOT_REACHABLE


async def test_the_fault_that_hides_the_routes_looks_the_same(world: World) -> None:
    world.set_fault("genesys.no-route")
    assert (await failed_leg(world, silent=True))["errorCode"] == NOT_REACHABLE


@pytest.mark.parametrize("how", ["out of service", "no SIP server", "fault"])
async def test_a_route_without_a_usable_trunk_has_no_lines(world: World, how: str) -> None:
    if how == "out of service":
        put(world, "trunk_enabled", False)
    elif how == "no SIP server":
        put(world, "trunk_transport_serverProxyList", [])
    else:
        world.set_fault("genesys.trunk-down")
    assert (await failed_leg(world, silent=True))["errorCode"] == NO_LINES


async def test_without_its_own_number_plan_the_call_goes_round_until_the_hops_run_out(
    world: World,
) -> None:
    del genesys_customer.plans(world, SITE)[0]

    async with running(world) as testbed:
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
        assert len(testbed.world.records["conversations"]) < 8


async def test_a_site_without_any_plan_for_the_number(world: World) -> None:
    world.systems["genesys"]["number_plans"][SITE]["plans"] = []
    assert (await failed_leg(world, silent=True))["errorCode"] == NOT_REACHABLE


# From Genesys to Synthflow: Synthflow says no


@pytest.mark.parametrize("what", ["username", "password", "realm"])
async def test_wrong_digest_settings_end_in_the_challenge(world: World, what: str) -> None:
    put(world, f"trunk_sip_authentication_credentials_{what}", "wrong")
    assert (await failed_leg(world))["sipResponseCodes"] == [CHALLENGED]


async def test_another_password_at_synthflow_ends_in_the_challenge(world: World) -> None:
    world.set_fault("synthflow.wrong-password")
    assert (await failed_leg(world))["sipResponseCodes"] == [CHALLENGED]


async def test_a_number_without_credentials_is_not_challenged(world: World) -> None:
    number(world).update(_trunk_username="", _trunk_pwd="")
    put(world, "trunk_sip_authentication_credentials_username", "")

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
        assert "407" not in {m["method"] for m in testbed.world.records["sip_messages"].values()}


def not_imported(world: World) -> None:
    del world.systems["synthflow"]["numbers"][samples.DID.removeprefix("+")]


def not_attached(world: World) -> None:
    world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["phone_number"] = ""


def just_attached(world: World) -> None:
    world.time_scale = 1  # a busy machine is not so late that the number is served by then
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
async def test_synthflow_refuses(world: World, spoil: object, code: int) -> None:
    assert callable(spoil)
    spoil(world)
    assert (await failed_leg(world))["sipResponseCodes"] == [code]


@pytest.mark.parametrize("proxy", ["sip.us.synthflow.ai:5060", "sip.us.synthflow.example:32681"])
async def test_a_wrong_port_or_host_reaches_nobody(world: World, proxy: str) -> None:
    put(world, "trunk_transport_serverProxyList", [proxy])
    leg = await failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg


async def test_a_firewall_before_synthflow_is_silence(world: World) -> None:
    world.time_scale = 120  # a leg rings for a second
    world.set_fault("synthflow.firewall")
    leg = await failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg


async def test_synthflow_may_keep_silent_to_options(world: World) -> None:
    async with running(world) as testbed:
        uri = "sip:sip.us.synthflow.ai:32681"
        answer = await testbed.caller.request("OPTIONS", uri, timeout=1)
        assert answer
        assert answer.code == 200
        world.set_fault("synthflow.no-options")
        assert await testbed.caller.request("OPTIONS", uri, timeout=0.3) is None


# Inside Genesys


async def refused(world: World, code: int) -> None:
    """The carrier's call to the DID is refused with `code`, and nobody has a conversation."""

    async with running(world) as testbed:
        assert (await testbed.call()).code == code
        assert not testbed.world.records["conversations"]


async def test_a_number_in_the_pool_that_no_call_route_owns(world: World) -> None:
    world.systems["genesys"]["ivrs"]["ivr-ai"]["dnis"] = []
    await refused(world, 404)


async def test_a_call_route_whose_flow_is_not_published(world: World) -> None:
    del flow(world, genesys_samples.INBOUND_FLOW)["publishedVersion"]
    await refused(world, 480)


async def test_a_flow_that_transfers_nowhere_hangs_up(world: World) -> None:
    flow(world, genesys_samples.INBOUND_FLOW)["_transferTo"] = ""

    async with running(world) as testbed:
        call = await testbed.call()
        assert await call.wait_ended(2)
        conversation = await testbed.conversation()
        assert [p["purpose"] for p in conversation["participants"]] == ["customer", "ivr"]
        assert not testbed.rows()


# Certificates


@pytest.mark.parametrize("fault", ["expired-certificate", "wrong-certificate-name"])
async def test_a_bad_certificate_and_no_sip_leaves(world: World, fault: str) -> None:
    put(world, "trunk_transport_protocolVariant", "tls")
    put(world, "trunk_transport_serverProxyList", ["sip.us.synthflow.ai:32682"])
    world.set_fault(f"synthflow.{fault}")
    leg = await failed_leg(world)
    assert leg["disconnectType"] == "error"
    assert "sipResponseCodes" not in leg
