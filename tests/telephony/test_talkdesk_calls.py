"""The three tests of the Talkdesk guide, and the other calls that a good setup carries."""

from __future__ import annotations

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.world import World
from tests.telephony import talkdesk_world
from tests.telephony.talkdesk_world import warm
from tests.telephony.telephony_world import Json, Running, outbound_row, running


async def test_an_outside_caller_reaches_the_assistant_and_both_hear_each_other(
    account: World,
) -> None:
    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert await call.audio.heard(440)
        legs = testbed.telephony.elements["synthflow.us"].agent.calls.values()
        (leg,) = (c for c in legs if c.state == "answered")
        assert leg.audio
        assert await leg.audio.heard(1004)
        assert leg.request_uri == f"sip:{samples.DID}@{talkdesk_world.SERVER}:32681"
        assert await call.bye() == 200
        entry = await testbed.entry()
        assert entry["type"] == "inbound"
        assert entry["talkdesk_phone_number"] == samples.DID
        assert entry["contact_phone_number"] == samples.CALLER
        assert entry["ivr_options"] == "Callers to the AI"
        assert entry["is_external_transfer"]
        assert not entry["is_transfer"]
        assert not entry["is_if_no_answer"]
        assert not entry["ring_groups"]
        assert not entry["handling_user_name"]
        row = await testbed.row()
        assert row["call_status"] == "completed"
        assert row["phone_number_from"] == samples.CALLER
        assert "human: " in row["transcript"]
        assert "X-Talkdesk-Other-Leg-Call-Id" in row["telephony_sip_headers"]
        assert not testbed.world.records["conversations"]


def handed_over(testbed: Running, entry: Json, row: Json) -> None:
    """What both transfers have in common: the agent of the group saw the original caller."""
    (phone,) = testbed.telephony.centers["talkdesk"].phone.agent.calls.values()
    assert phone.caller == samples.CALLER
    assert entry["contact_phone_number"] == samples.CALLER
    assert entry["ring_groups"] == talkdesk_samples.RING_GROUP
    assert entry["handling_user_name"] == "Agent 1"
    assert [action["status"] for action in row["executed_actions"]] == ["success"]


async def test_a_cold_transfer_rings_the_group_and_stays_one_entry(account: World) -> None:
    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert await call.bye() == 200
        entry = await testbed.entry()
        handed_over(testbed, entry, await testbed.row())
        assert entry["talkdesk_phone_number"] == samples.DID
        assert entry["is_transfer"]
        assert entry["is_external_transfer"]
        assert len(testbed.world.records["talkdesk_calls"]) == 1


async def test_a_warm_transfer_is_an_entry_of_its_own(account: World) -> None:
    warm(account)

    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert await call.bye() == 200
        await testbed.entry(2)
        entries = testbed.world.records["talkdesk_calls"].values()
        (second,) = (e for e in entries if e["handling_user_name"])
        handed_over(testbed, second, await testbed.row())
        assert second["talkdesk_phone_number"] == talkdesk_samples.RING_GROUP_NUMBER
        assert not second["is_transfer"]


async def test_a_talkdesk_flow_calls_the_assistant_over_the_trunk(account: World) -> None:
    async with running(account) as testbed:
        placed = talkdesk_world.card(
            account,
            "verify.outbound",
            to=samples.DID,
            **{"from": talkdesk_samples.RING_GROUP_NUMBER},
        )
        entry = await testbed.entry()
        assert entry["call_id"] == placed["call_id"]
        assert entry["type"] == "outbound"
        assert entry["talkdesk_phone_number"] == talkdesk_samples.RING_GROUP_NUMBER
        assert entry["contact_phone_number"] == samples.DID
        assert not entry["is_external_transfer"]
        row = await testbed.row()
        assert row["phone_number_from"] == talkdesk_samples.RING_GROUP_NUMBER
        assert "human: " in row["transcript"]


@pytest.mark.parametrize(("transport", "secure"), [("tls", True), ("tcp", False)])
async def test_the_trunk_and_the_way_back_use_the_transport_that_was_entered(
    customer: World, transport: str, secure: bool
) -> None:
    talkdesk_world.provision(customer, transport)
    warm(customer)
    customer.systems["synthflow"]["actions"]["transfer"]["phone"] = (
        talkdesk_samples.RING_GROUP_NUMBER
    )

    async with running(customer) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(620)
        legs = testbed.telephony.elements["synthflow.us"].agent.calls.values()
        seen = {(leg.transport, leg.audio.secure) for leg in legs if leg.audio}
        assert seen == {(transport, secure)}
        await call.bye()


async def test_a_trunk_by_address_needs_no_credentials(customer: World) -> None:
    talkdesk_world.provision(customer, authentication="ip", username="", password="")
    customer.systems["synthflow"]["numbers"][samples.DID.removeprefix("+")].update(
        _trunk_username="", _trunk_pwd=""
    )
    warm(customer)

    async with running(customer) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        assert await call.audio.heard(620)
        assert not [
            c for c in testbed.telephony.centers["talkdesk"].agent.calls.values() if c.challenges
        ]
        await call.bye()


async def test_the_assistant_calls_a_subscriber_through_talkdesk(account: World) -> None:
    async with running(account) as testbed:
        testbed.world.dials["synthflow"](outbound_row(account, samples.CALLEE))
        await testbed.until(lambda: testbed.rows()[-1]["call_status"] == "in-progress")
        (phone,) = testbed.telephony.network.phone.agent.calls.values()
        assert (phone.user, phone.caller) == (samples.CALLEE, samples.DID)
        await phone.bye()
        entry = await testbed.entry()
        assert entry["type"] == "outbound"
        assert entry["talkdesk_phone_number"] == samples.DID
        assert entry["contact_phone_number"] == samples.CALLEE


async def test_the_ring_groups_number_rings_until_an_agent_answers(account: World) -> None:
    async with running(account) as testbed:
        call = await testbed.call(talkdesk_samples.RING_GROUP_NUMBER)
        assert 180 in call.codes
        assert call.audio
        assert await call.audio.heard(620)
        await call.bye()
        entry = await testbed.entry()
        assert entry["handling_user_name"]
        assert not entry["is_external_transfer"]


async def test_a_number_that_both_contact_centres_route_is_the_first_ones(account: World) -> None:
    """The support line, made by hand at both: Genesys has it until its call route is gone."""

    async with running(account) as testbed:
        for phone in (
            testbed.telephony.centers["genesys"].phone,
            testbed.telephony.centers["talkdesk"].phone,
        ):
            call = await testbed.call(samples.SUPPORT_DID)
            assert call.audio
            assert await call.audio.heard(620)
            assert [c for c in phone.agent.calls.values() if c.state == "answered"]
            await call.bye()
            account.systems["genesys"]["ivrs"].clear()
