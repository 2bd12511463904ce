"""One thing left out or wrong, and the way back into Talkdesk fails as in the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.world import World
from tests.telephony import talkdesk_world
from tests.telephony.talkdesk_world import group, trunk, warm
from tests.telephony.telephony_world import outbound_row, running

Spoil = Callable[[World], None]


async def asked_for_a_person(world: World) -> int | None:
    """Call, ask for a transfer that fails; its code. The caller stays with the assistant."""
    async with running(world) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)
        await testbed.until(lambda: testbed.rows() and testbed.rows()[-1]["executed_actions"])
        assert call.state == "answered"
        assert not [tone for tone in call.audio.listener.tones if abs(tone.hz - 620) < 15]
        (action,) = testbed.rows()[-1]["executed_actions"]
        await call.bye()
    assert action["status"] == "failed"
    code: int | None = action["sip_code"]
    return code


@pytest.mark.parametrize("mode", ["cold", "warm"])
async def test_an_allowed_address_is_missing(customer: World, mode: str) -> None:
    customer.set_fault("talkdesk.slip-address")
    talkdesk_world.provision(customer)
    if mode == "warm":
        warm(customer)
    assert await asked_for_a_person(customer) == 403


def unlisted(world: World) -> None:
    world.set_fault("synthflow.unlisted-address")


def unanswered(world: World) -> None:
    world.set_fault("talkdesk.no-agents")


def empty(world: World) -> None:
    group(world, talkdesk_samples.RING_GROUP)["members"] = 0


def unassigned(world: World) -> None:
    world.systems["talkdesk"]["numbers"][talkdesk_samples.RING_GROUP_NUMBER]["_routing"] = ""


def elsewhere(world: World) -> None:
    phone = f"sip:+15559990000@{talkdesk_samples.SBC}"
    world.systems["synthflow"]["actions"]["transfer"]["phone"] = phone


@pytest.mark.parametrize("mode", ["cold", "warm"])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [(unlisted, 403), (unanswered, 480), (empty, 480), (unassigned, 480), (elsewhere, 404)],
)
async def test_a_transfer_that_fails(account: World, mode: str, spoil: Spoil, code: int) -> None:
    if mode == "warm":
        warm(account)
    spoil(account)
    assert await asked_for_a_person(account) == code


async def test_a_transfer_to_another_companys_sbc(account: World) -> None:
    account.systems["synthflow"]["actions"]["transfer"]["phone"] = "sip:+15551230091@sbc.example"
    assert await asked_for_a_person(account) == 404


async def test_a_warm_transfer_without_the_trunks_credentials(account: World) -> None:
    warm(account)
    number = account.systems["synthflow"]["numbers"][samples.DID.removeprefix("+")]
    number["_trunk_username"] = ""  # nor does it ask Talkdesk for any then
    assert await asked_for_a_person(account) == 407


async def test_a_transfer_that_leads_back_to_the_assistant_is_stopped(account: World) -> None:
    phone = f"sip:{samples.DID}@{talkdesk_samples.SBC}"
    account.systems["synthflow"]["actions"]["transfer"]["phone"] = phone

    async with running(account) as testbed:
        call = await testbed.call()
        assert call.audio
        call.audio.play(1400)

        def stopped() -> bool:
            actions = [a for row in testbed.rows() for a in row["executed_actions"]]
            return any(action["sip_code"] == 482 for action in actions)

        await testbed.until(stopped, 10)
        assert len(testbed.rows()) == 4
        await call.bye()


async def test_the_assistants_call_to_a_number_that_nobody_has(account: World) -> None:
    async with running(account) as testbed:
        testbed.world.dials["synthflow"](outbound_row(account, "+15559990000"))
        assert (await testbed.row())["error_message"] == "Telephony - 404 - Not Found"


# At the border


async def test_the_border_refuses_strangers_registrations_and_plain_sound_over_tls(
    account: World,
) -> None:
    async with running(account) as testbed:
        uri = f"sip:{talkdesk_samples.RING_GROUP_NUMBER}@{talkdesk_samples.SBC}"
        stranger = await testbed.caller.invite(uri)
        assert await stranger.outcome(3) == 403
        registered = await testbed.caller.register(uri, aor=uri, timeout=3)
        assert registered
        assert registered.code == 405
        trunk(account)["authentication"] = "ip"
        agent = testbed.telephony.elements["synthflow.us"].agent
        plain = await agent.invite(f"{uri}:5061", transport="tls")
        assert await plain.outcome(3) == 488
        assert not account.records["talkdesk_calls"]
