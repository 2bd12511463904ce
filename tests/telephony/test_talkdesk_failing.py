"""A slip of the person at Talkdesk, or one thing wrong, and the way to the assistant fails."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.world import World
from tests.telephony import talkdesk_world
from tests.telephony.talkdesk_world import group, trunk
from tests.telephony.telephony_world import Json, running

Spoil = Callable[[World], None]


def reasons(world: World) -> list[tuple[int, str]]:
    """What the SBC noted down of calls that it did not get through."""
    return [(c["code"], c["reason"]) for c in world.calls if c["stand_in"] == "talkdesk"]


# To the assistant: the fallback takes the caller


async def fallen_back(world: World) -> Json:
    """Call the DID: an agent of the fallback answers, never the assistant. The entry."""
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.code == 200  # the IVR answers
        assert call.audio
        assert await call.audio.heard(620)
        assert not [tone for tone in call.audio.listener.tones if abs(tone.hz - 440) < 15]
        assert await call.bye() == 200
        entry = await testbed.entry()
        assert not [r for r in testbed.rows() if r["call_status"] == "completed"]
    assert entry["is_if_no_answer"]
    assert entry["ring_groups"] == talkdesk_samples.FALLBACK
    return entry


@pytest.mark.parametrize(
    ("slip", "code"), [("slip-port", 408), ("slip-transport", 503), ("slip-did", 404)]
)
async def test_a_slip_on_the_way_to_the_assistant(customer: World, slip: str, code: int) -> None:
    customer.set_fault(f"talkdesk.{slip}")
    talkdesk_world.provision(customer)
    entry = await fallen_back(customer)
    assert not entry["is_external_transfer"]
    assert [seen for seen, _ in reasons(customer)] == [code]


async def test_no_trunk_chosen_and_the_call_goes_round_over_the_telephone_network(
    customer: World,
) -> None:
    customer.set_fault("talkdesk.slip-trunk")
    talkdesk_world.provision(customer)

    async with running(customer) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(620)
        await call.bye()
        await testbed.entry(2)
        assert not testbed.rows()
        entries = list(customer.records["talkdesk_calls"].values())
        assert not [e for e in entries if e["is_external_transfer"]]
        assert [e for e in entries if e["is_call_forwarding"]]
        assert 483 in [code for code, _ in reasons(customer)]
        assert len(entries) < 8


def detached(world: World) -> None:
    world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["phone_number"] = ""


def inactive(world: World) -> None:
    trunk(world)["active"] = False


def removed(world: World) -> None:
    del world.systems["talkdesk"]["trunks"][trunk(world)["id"]]


def without_lines(world: World) -> None:
    trunk(world)["max_concurrent_calls"] = 0


def wrong_password(world: World) -> None:
    trunk(world)["_password"] = "wrong"


def wrong_user(world: World) -> None:
    trunk(world)["username"] = "wrong"


def without_digest(world: World) -> None:
    trunk(world)["authentication"] = "ip"


def on_the_global_host(world: World) -> None:
    trunk(world)["server"] = "sip.synthflow.ai"


def without_g711(world: World) -> None:
    world.set_fault("synthflow.wrong-codec")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (detached, 404),
        (inactive, 503),
        (removed, 503),
        (without_lines, 503),
        (wrong_password, 407),
        (wrong_user, 407),
        (without_digest, 407),
        (on_the_global_host, 404),
        (without_g711, 488),
    ],
)
async def test_the_assistant_cannot_be_reached(account: World, spoil: Spoil, code: int) -> None:
    spoil(account)
    await fallen_back(account)
    assert [seen for seen, _ in reasons(account)] == [code]


async def test_nothing_answers_and_the_timeout_runs_before_the_fallback(account: World) -> None:
    account.time_scale = 30  # thirty seconds are one
    account.set_fault("synthflow.firewall")

    async with running(account) as testbed:
        call = await testbed.call()
        before = time.monotonic()
        assert call.audio
        assert await call.audio.heard(620)
        assert 1.0 <= time.monotonic() - before < 15  # not the thirty of real time
        await call.bye()
        entry = await testbed.entry()
        assert entry["is_if_no_answer"]
        assert entry["wait_time"] >= 1
        assert [code for code, _ in reasons(account)] == [408]


async def missed(world: World) -> Json:
    """Call the DID: the IVR hangs up. The entry."""
    async with running(world) as testbed:
        call = await testbed.call()
        assert await call.wait_ended(5)
        assert call.ended_by == "remote"
        entry = await testbed.entry()
    assert entry["type"] == "missed"
    assert entry["talk_time"] == 0
    return entry


async def test_without_a_fallback_the_caller_is_hung_up_on(customer: World) -> None:
    customer.set_fault("talkdesk.slip-fallback")
    talkdesk_world.provision(customer)
    detached(customer)
    entry = await missed(customer)
    assert not entry["is_if_no_answer"]
    assert not entry["ring_groups"]


@pytest.mark.parametrize("how", ["nobody answers", "nobody is in it"])
async def test_a_fallback_without_agents_is_no_help(account: World, how: str) -> None:
    detached(account)
    if how == "nobody answers":
        account.set_fault("talkdesk.no-agents")
    else:
        group(account, talkdesk_samples.FALLBACK)["members"] = 0
    assert (await missed(account))["is_if_no_answer"]


async def test_a_caller_who_gives_up_while_it_rings(account: World) -> None:
    account.set_fault("talkdesk.no-agents")

    async with running(account) as testbed:
        phone = testbed.telephony.centers["talkdesk"].phone.agent
        call = await testbed.caller.invite(
            f"sip:{talkdesk_samples.RING_GROUP_NUMBER}@pstn.test",
            from_=f"sip:{samples.CALLER}@pstn.test",
        )
        await testbed.until(lambda: phone.calls)
        (ringing,) = phone.calls.values()
        await call.cancel()
        assert await ringing.wait_ended(2)
        assert ringing.code == 487
        assert (await testbed.entry())["type"] == "abandoned"


async def test_an_outbound_flow_that_does_not_reach_the_assistant(account: World) -> None:
    trunk(account)["port"] = 5060

    async with running(account) as testbed:
        called = {"to": samples.DID, "from": talkdesk_samples.RING_GROUP_NUMBER}
        talkdesk_world.card(account, "verify.outbound", **called)
        entry = await testbed.entry()
        assert entry["type"] == "outbound_missed"
        assert not testbed.rows()


# Sound and caller ID


@pytest.mark.parametrize("how", ["fault", "routing"])
async def test_the_callers_number_is_not_passed(account: World, how: str) -> None:
    if how == "fault":
        account.set_fault("talkdesk.no-ani")
    else:
        for routing in account.systems["talkdesk"]["routings"].values():
            routing["passes_ani"] = False

    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        assert await call.audio.heard(440)
        await call.bye()
        assert (await testbed.row())["phone_number_from"] == "anonymous"
        assert (await testbed.entry())["contact_phone_number"] == samples.CALLER


async def test_the_callers_audio_is_lost(account: World) -> None:
    account.set_fault("talkdesk.rtp-blackhole")

    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert await call.audio.heard(440)
        await call.bye()
        assert "human: " not in (await testbed.row())["transcript"]


# Faults of calls


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("trunk-inactive", 503),
        ("call-limit", 503),
        ("leading-plus", 404),
        ("codec", 488),
        ("slip-user", 407),
        ("slip-host", 404),
    ],
)
async def test_a_fault_on_the_way_to_the_assistant(account: World, fault: str, code: int) -> None:
    account.set_fault(f"talkdesk.{fault}")
    await fallen_back(account)
    assert [seen for seen, _ in reasons(account)] == [code]


async def test_a_timeout_of_a_second_is_over_before_the_assistant_answers(account: World) -> None:
    account.set_fault("talkdesk.slip-timeout")
    await fallen_back(account)
    assert [seen for seen, _ in reasons(account)] == [408]


async def test_a_private_address_at_talkdesk_is_one_way_audio(account: World) -> None:
    account.set_fault("talkdesk.private-media")
    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1004)
        assert not await call.audio.heard(440, 0.6)
        await call.bye()
        assert "human: " in (await testbed.row())["transcript"]
