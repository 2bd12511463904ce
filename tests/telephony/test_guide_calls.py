"""The three tests of the guide's verification section, and the calls that an assistant makes."""

from __future__ import annotations

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.sip import Credentials
from sfsip_nb.testbed.telephony.pstn import ACCOUNT_HOST
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import (
    FQDN,
    Json,
    Running,
    legs,
    number,
    outbound_row,
    put,
    running,
)


async def test_an_outside_caller_reaches_the_assistant_and_both_hear_each_other(
    world: World,
) -> None:
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.code == 200
        assert call.audio
        call.audio.play(1004)
        assert await call.audio.heard(440)
        await testbed.until(lambda: "executed_actions" in testbed.rows()[-1])
        synthflow = testbed.telephony.elements["synthflow.us"].agent
        (leg,) = (c for c in synthflow.calls.values() if c.state == "answered")
        assert leg.audio
        assert await leg.audio.heard(1004)
        assert await call.bye() == 200
        assert call.retransmitted_200 == 0

        conversation = await testbed.conversation()
        assert [p["purpose"] for p in conversation["participants"]] == [
            "customer",
            "ivr",
            "external",
        ]
        (customer,) = legs(conversation, "customer")
        assert customer["ani"] == f"tel:{samples.CALLER}"
        assert customer["dnis"] == f"tel:{samples.DID}"
        (ivr,) = legs(conversation, "ivr")
        assert ivr["flow"]["flowName"] == genesys_samples.INBOUND_FLOW
        (external,) = legs(conversation, "external")
        assert external["protocolCallId"] == leg.call_id
        media = testbed.world.records["media"][conversation["conversationId"]].values()
        statistics = [entry["mediaStatistics"][0] for entry in media]
        (rtp,) = (s["rtp"] for s in statistics if s["trunk"]["name"] == samples.TRUNK_NAME)
        assert rtp["packetsReceived"] > 5
        assert rtp["packetsSent"] > 5
        # How good it sounds depends on how busy this machine is.
        assert 1 <= rtp["estimatedAverageMos"] <= 4.5

        row = await testbed.row()
        assert row["call_status"] == "completed"
        assert row["phone_number_from"] == samples.CALLER
        assert row["telephony_hangup"] == "caller"
        assert "bot: " in row["transcript"]
        assert "human: " in row["transcript"]
        assert row["telephony_sip_headers"]["x-inin-cnv"] == conversation["conversationId"]


@pytest.mark.parametrize(
    ("user", "word", "number", "code"),
    [
        (samples.CALLER_USERNAME, "caller-password", samples.CALLER, 200),
        (samples.CALLER_USERNAME, "sip-password", samples.CALLER, 407),
        (samples.SIP_USERNAME, "sip-password", samples.CALLER, 407),
        (samples.CALLER_USERNAME, "caller-password", samples.CALLEE, 403),
    ],
)
async def test_the_account_for_test_calls_takes_its_password_and_its_number_alone(
    world: World, user: str, word: str, number: str, code: int
) -> None:
    async with running(world) as testbed:
        call = await testbed.caller.invite(
            f"sip:{samples.DID}@{ACCOUNT_HOST}",
            from_=f"<sip:{number}@{ACCOUNT_HOST}>",
            credentials=[Credentials(user, samples.testbed_secret(word))],
        )
        assert await call.outcome(10) == code
        await call.hangup()


async def test_the_siptraces_show_challenge_and_answer_but_no_secret(world: World) -> None:
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
        conversation = await testbed.conversation()
        traces = testbed.world.records["sip_messages"].values()
        named = [t for t in traces if t["conversationId"] == conversation["conversationId"]]
        within = {t["method"] for t in traces if t not in named}
        assert within == {"ACK", "BYE"}  # sent in the call by the far end
        (external,) = legs(conversation, "external")
        outward = [t for t in traces if t["callid"] == external["protocolCallId"]]
        assert [t["method"] for t in outward][:2] == ["INVITE", "100"]
        assert "407" in [t["method"] for t in outward]
        first = outward[0]
        assert first["ruri"] == f"sip:{samples.DID}@sip.us.synthflow.ai:32681"
        assert (first["ruriUser"], first["ruriDomain"]) == (samples.DID, "sip.us.synthflow.ai")
        assert first["fromUser"] == samples.CALLER
        assert (first["destinationIp"], first["destinationPort"]) == ("35.237.42.43", "32681")
        assert not [t for t in traces if samples.testbed_secret("sip-password") in t["msg"]]
        assert 'response="x' in "".join(t["msg"] for t in outward)


def transferred(testbed: Running, conversation: Json, row: Json) -> None:
    """What both transfers have in common: the agent saw the original caller."""
    (phone,) = testbed.telephony.centers["genesys"].phone.agent.calls.values()
    assert phone.caller == samples.CALLER
    queue = testbed.world.by_name(
        testbed.world.systems["genesys"]["queues"], genesys_samples.TRANSFER_QUEUE
    )
    assert queue
    (agent,) = legs(conversation, "agent")
    assert agent["ani"] == f"tel:{samples.CALLER}"
    assert agent["segments"][-1]["queueId"] == queue["id"]
    (acd,) = legs(conversation, "acd")
    assert acd["segments"][-1]["queueId"] == queue["id"]
    assert [a["status"] for a in row["executed_actions"]] == ["success"]


async def test_a_cold_transfer_lands_in_the_queue_with_the_callers_number(world: World) -> None:
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert await call.bye() == 200
        conversation = await testbed.conversation()
        transferred(testbed, conversation, await testbed.row())
        assert len(testbed.world.records["conversations"]) == 1
        assert (await testbed.row())["telephony_hangup"] == "callee"
        (external,) = legs(conversation, "external")
        assert external["segments"][-1]["disconnectType"] == "transfer"


async def test_a_warm_transfer_is_a_call_of_its_own_over_the_trunk(world: World) -> None:
    world.systems["synthflow"]["actions"]["transfer"]["transfer_mode"] = "warm_transfer"

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert await call.bye() == 200
        await testbed.conversation(2)
        second = next(c for c in testbed.conversations() if legs(c, "agent"))
        transferred(testbed, second, await testbed.row())
        (customer,) = legs(second, "customer")
        assert customer["dnis"] == f"tel:{samples.TRANSFER_NUMBER}"


async def test_genesys_calls_the_assistant_by_an_outbound_flow(world: World) -> None:
    async with running(world) as testbed:
        placed = {"conversation_id": "c-1", "from": samples.SPARE_DID, "to": samples.DID}
        testbed.telephony.centers["genesys"].place({**placed, "flow_id": ""})
        live = testbed.world.records["conversations"][placed["conversation_id"]]
        assert "conversationEnd" not in live
        conversation = await testbed.conversation()
        assert conversation["conversationId"] == placed["conversation_id"]
        assert conversation["originatingDirection"] == "outbound"
        (customer,) = legs(conversation, "customer")
        assert customer["mediaEndpointStats"][0]["receivedPackets"] > 5
        row = await testbed.row()
        assert row["type_of_call"] == "inbound"
        assert "human: " in row["transcript"]


async def test_the_assistant_calls_a_subscriber_through_the_trunk(world: World) -> None:
    async with running(world) as testbed:
        row = outbound_row(testbed.world, samples.CALLEE)
        testbed.world.dials["synthflow"](row)
        await testbed.until(lambda: testbed.rows()[-1]["call_status"] == "in-progress")
        (phone,) = testbed.telephony.network.phone.agent.calls.values()
        assert phone.user == samples.CALLEE
        assert phone.caller == samples.DID
        assert phone.audio
        assert await phone.audio.heard(440)
        await phone.bye()
        done = await testbed.row()
        assert done["call_status"] == "completed"
        assert done["type_of_call"] == "outbound"
        conversation = await testbed.conversation()
        (external,) = legs(conversation, "external")
        assert external["dnis"] == f"tel:{samples.CALLEE}"


async def test_tls_carries_srtp_between_edge_and_assistant(world: World) -> None:
    put(world, "trunk_transport_protocolVariant", "tls")
    put(world, "trunk_transport_serverProxyList", ["sip.us.synthflow.ai:32682"])
    number(world)["sip_term_uri"] = f"{FQDN};transport=tls"

    world.systems["synthflow"]["actions"]["transfer"]["transfer_mode"] = "warm_transfer"
    world.systems["synthflow"]["actions"]["transfer"]["phone"] = samples.TRANSFER_NUMBER
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(620)
        legs_ = testbed.telephony.elements["synthflow.us"].agent.calls.values()
        assert {(c.transport, c.audio.secure) for c in legs_ if c.audio} == {("tls", True)}
        await call.bye()


async def test_a_trunk_on_tcp_is_known_by_its_connection(world: World) -> None:
    number(world)["sip_term_uri"] = f"{FQDN};transport=tcp"
    put(world, "trunk_transport_protocolVariant", "tcp")

    async with running(world) as testbed:
        row = outbound_row(testbed.world, samples.CALLEE)
        testbed.world.dials["synthflow"](row)
        await testbed.until(lambda: testbed.rows()[-1]["call_status"] == "in-progress")
        (phone,) = testbed.telephony.network.phone.agent.calls.values()
        await phone.bye()
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
