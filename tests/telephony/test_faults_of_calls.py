"""Each fault of a call breaks it on the wire, and the records of both sides show where."""

from __future__ import annotations

import re

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys.standin.telephony.routing import NO_LINES
from sfsip_nb.sip import Credentials
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Json, Running, legs, put, running

LOGIN = Credentials(samples.SIP_USERNAME, samples.testbed_secret("sip-password"))
CALLER_HZ, PERSON_HZ, ASSISTANT_HZ, AGENT_HZ = 1004, 1400, 440, 620


async def undone(world: World) -> Json:
    """Call the DID, which leads nowhere; the last segment of the leg to the assistant."""
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.code == 200  # the flow answers the caller
        assert await call.wait_ended(6)
        conversation = await testbed.conversation()
        assert not [row for row in testbed.rows() if row["call_status"] == "completed"]
    (external,) = legs(conversation, "external")
    return dict(external["segments"][-1])


def sent(testbed: Running, method: str) -> list[str]:
    """The messages of that method that Genesys's trace of the calls holds."""
    messages = testbed.world.records["sip_messages"].values()
    return [m["msg"] for m in messages if m["method"] == method]


async def spoken(testbed: Running, *, heard: bool = True) -> Json:
    """A call on which the caller speaks, and hears the assistant or not; the assistant's row."""
    call = await testbed.call()
    assert call.code == 200
    assert call.audio
    call.audio.play(CALLER_HZ)
    if heard:
        assert await call.audio.heard(ASSISTANT_HZ)
    assert not await call.audio.heard(AGENT_HZ if heard else ASSISTANT_HZ, 0.8)
    await call.bye()
    row = await testbed.row()
    return row | {"understood": "human: " in row["transcript"]}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("genesys.digest-uri", 407),
        ("genesys.leading-plus", 404),
        ("genesys.codec", 488),
        ("genesys.password", 407),
        ("synthflow.other-realm", 407),
        ("synthflow.call-limit", 503),
        ("synthflow.user-name", 407),
        ("synthflow.registers", 480),
        ("synthflow.number-gone", 404),
    ],
)
async def test_synthflow_refuses(world: World, fault: str, code: int) -> None:
    world.set_fault(fault)
    assert (await undone(world))["sipResponseCodes"] == [code]


async def test_an_answer_for_another_uri_is_right_but_for_its_port(world: World) -> None:
    world.set_fault("genesys.digest-uri")
    async with running(world) as testbed:
        call = await testbed.call()
        await call.wait_ended(6)
        await testbed.conversation()
        first, again = sent(testbed, "INVITE")[1:]
    assert "Authorization" not in first
    called = f"sip:{samples.DID}@sip.us.synthflow.ai"
    assert again.startswith(f"INVITE {called}:32681 ")
    assert f'uri="{called}"' in again


async def test_genesys_without_g711_offers_opus(world: World) -> None:
    world.set_fault("genesys.codec")
    async with running(world) as testbed:
        call = await testbed.call()
        await call.wait_ended(6)
        await testbed.conversation()
        offer = next(m for m in sent(testbed, "INVITE") if "synthflow.ai" in m.splitlines()[0])
    assert re.search(r"m=audio \d+ RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\n", offer)


async def test_no_line_is_free_and_no_sip_leaves(world: World) -> None:
    world.set_fault("genesys.line-limit")
    last = await undone(world)
    assert last["errorCode"] == NO_LINES
    assert "sipResponseCodes" not in last


async def test_synthflow_rings_and_never_answers(world: World) -> None:
    world.time_scale = 120  # a leg rings for a second
    world.set_fault("synthflow.rings-forever")
    async with running(world) as testbed:
        call = await testbed.call()
        assert await call.wait_ended(6)
        await testbed.conversation()
        assert "180" in {m["method"] for m in world.records["sip_messages"].values()}
        assert (await testbed.row())["call_status"] == "canceled"


@pytest.mark.parametrize("srtp", [True, False])
async def test_a_tls_trunk_wants_srtp(world: World, srtp: bool) -> None:
    put(world, "trunk_transport_protocolVariant", "tls")
    put(world, "trunk_transport_serverProxyList", ["sip.us.synthflow.ai:32682"])
    if srtp:
        async with running(world) as testbed:
            assert (await spoken(testbed))["understood"]
    else:
        world.set_fault("genesys.srtp-off")
        assert (await undone(world))["sipResponseCodes"] == [488]


async def test_old_tls_is_no_tls_for_anybody(world: World) -> None:
    put(world, "trunk_transport_protocolVariant", "tls")
    put(world, "trunk_transport_serverProxyList", ["sip.us.synthflow.ai:32682"])
    world.set_fault("synthflow.old-tls")
    last = await undone(world)
    assert last["disconnectType"] == "error"
    assert "sipResponseCodes" not in last


# Audio


@pytest.mark.parametrize(
    ("fault", "heard", "understood", "where"),
    [
        ("synthflow.private-media", True, False, "200"),
        ("genesys.private-media", False, True, "INVITE"),
    ],
)
async def test_a_private_address_is_one_way_audio(
    world: World, fault: str, heard: bool, understood: bool, where: str
) -> None:
    world.set_fault(fault)
    async with running(world) as testbed:
        row = await spoken(testbed, heard=heard)
        assert row["understood"] == understood
        await testbed.conversation()
        private = [m for m in sent(testbed, where) if "c=IN IP4 10.20.30.40" in m]
        assert private
        assert not [m for m in private if "pstn" in m]


async def test_a_probe_is_told_the_private_address_too_and_reaches_nobody(world: World) -> None:
    world.set_fault("synthflow.private-media")
    async with running(world) as testbed:
        call = await testbed.caller.invite(
            f"sip:{samples.DID}@sip.us.synthflow.ai:32681",
            from_=f"sip:{samples.CALLER}@probe.test",
            credentials=[LOGIN],
        )
        assert await call.outcome(5) == 200
        assert call.session.answer
        assert call.session.answer.address == "10.20.30.40"
        assert call.audio
        assert call.audio.local[0] == "127.0.0.1"  # from there nothing leaves this machine
        call.audio.play(1004)
        assert await call.audio.heard(440)
        await call.bye()
    (row,) = world.records["synthflow_calls"].values()
    assert "human:" not in row["transcript"]


async def test_an_agent_that_says_nothing(world: World) -> None:
    world.set_fault("synthflow.silent-agent")
    async with running(world) as testbed:
        row = await spoken(testbed, heard=False)
        assert row["transcript"] == "human: (speaks)"
        (external,) = legs(await testbed.conversation(), "external")
        assert external["mediaEndpointStats"][0]["receivedPackets"] > 10  # silence, but packets


async def test_an_agent_that_understands_nothing(world: World) -> None:
    world.set_fault("synthflow.deaf-agent")
    async with running(world) as testbed:
        row = await spoken(testbed)
        assert not row["understood"]
        assert max(level for level in row["_heard"]["levels"] if level is not None) > -30


async def test_an_agent_that_hangs_up_at_once(world: World) -> None:
    world.set_fault("synthflow.hangs-up")
    async with running(world) as testbed:
        call = await testbed.call()
        assert await call.wait_ended(3)
        row = await testbed.row()
        assert (row["telephony_hangup"], row["end_call_reason"]) == ("callee", "agent_ended_call")


async def test_custom_headers_are_lost(world: World) -> None:
    world.set_fault("synthflow.header-stripped")
    async with running(world) as testbed:
        assert (await spoken(testbed))["telephony_sip_headers"] == {}
        await testbed.conversation()
        assert "x-inin-cnv" in sent(testbed, "INVITE")[-1]


# The path of a dialog


async def test_genesys_hangs_up_past_synthflows_servers(world: World) -> None:
    world.set_fault("genesys.ignores-route-set")
    async with running(world) as testbed:
        row = await spoken(testbed)
        assert row["understood"]
        assert row["telephony_hangup"] == "callee"  # long after the caller
        await testbed.conversation()
        stays = "\r\nRecord-Route: <sip:sip.us.synthflow.ai:32681;lr>\r\n"
        assert [m for m in sent(testbed, "200") if stays in m]
        bye = next(m for m in sent(testbed, "BYE") if "synthflow" in m)
        assert "\r\nRoute: " not in bye
        assert sent(testbed, "481")


async def test_synthflow_transfers_past_genesyss_servers(world: World) -> None:
    world.set_fault("synthflow.ignores-route-set")
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(PERSON_HZ)
        await testbed.until(lambda: testbed.rows() and testbed.rows()[-1]["executed_actions"])
        (action,) = testbed.rows()[-1]["executed_actions"]
        assert (action["status"], action["sip_code"]) == ("failed", 481)
        assert not await call.audio.heard(AGENT_HZ, 0.2)
        await call.bye()
        await testbed.conversation()
        (refer,) = sent(testbed, "REFER")
        assert "\r\nRoute: " not in refer
        invite = next(m for m in sent(testbed, "INVITE") if "synthflow.ai" in m.splitlines()[0])
        assert "Record-Route: <sip:edge.byoc.usw2.pure.cloud:5060;lr>" in invite
