"""Audio that is lost on the way, and callers whose number is."""

from __future__ import annotations

from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin import customer as genesys_customer
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import legs, running

SITE = genesys_samples.SITE_ID


# Sound and caller ID


async def test_the_assistants_audio_is_lost(world: World) -> None:
    world.set_fault("synthflow.rtp-blackhole")

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert not await call.audio.heard(440, 0.6)
        await call.bye()
        row = await testbed.row()
        assert "human: " in row["transcript"]
        assert -15 in row["_heard"]["levels"]
        conversation = await testbed.conversation()
        (external,) = legs(conversation, "external")
        assert external["mediaEndpointStats"][0]["receivedPackets"] == 0
        assert conversation["mediaStatsMinConversationMos"] == 1.0


async def test_the_callers_audio_is_lost(world: World) -> None:
    world.set_fault("genesys.rtp-blackhole")

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert await call.audio.heard(440)
        await call.bye()
        row = await testbed.row()
        assert "human: " not in row["transcript"]
        assert row["_heard"]["levels"]
        assert set(row["_heard"]["levels"]) == {None}
        assert row["_heard"]["tones"] == []


async def test_an_anonymous_caller_at_synthflow(world: World) -> None:
    world.set_fault("genesys.anonymous-caller")

    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
        assert (await testbed.row())["phone_number_from"] == "anonymous"


async def test_a_plan_without_capture_group_makes_every_caller_unknown(world: World) -> None:
    broken = {"name": "Old", "matchType": "regex", "match": r"^\+1555", "normalizedFormat": "$1"}
    genesys_customer.plans(world, SITE).insert(1, {**broken, "classification": "National"})

    async with running(world) as testbed:
        call = await testbed.call()
        await call.bye()
        (customer,) = legs(await testbed.conversation(), "customer")
        assert customer["ani"] == "sip:unknown"
