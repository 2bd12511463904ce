"""A Talkdesk account set up by the cards of the guide, slips included, and Synthflow's half."""

from __future__ import annotations

from typing import Any

from sfsip_nb.inputs import facts, samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.platforms.talkdesk.standin import administrator
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Json, serve

SERVER = "sip.us.synthflow.ai"


def card(world: World, step: str, **values: Any) -> Json:
    """Let the administrator carry out a card."""
    return administrator.STEPS[step](world, values)


def cards(world: World, transport: str = "udp", **trunk: Any) -> None:
    """All cards of the guide, in its order."""
    entered = {
        "path": "external_trunk",
        "name": samples.TRUNK_NAME,
        "server": SERVER,
        "port": facts.synthflow_port(transport),
        "transport": transport,
        "authentication": "digest",
        "username": samples.SIP_USERNAME,
        "password": samples.testbed_secret("sip-password"),
        "max_concurrent_calls": 10,
    }
    card(world, "trunk.create", **(entered | trunk))
    allowed = [entry.address for entry in facts.synthflow_addresses("us") if not entry.doubt]
    card(world, "trunk.acl", name=samples.TRUNK_NAME, allowed_ips=allowed)
    card(
        world,
        "routing.inbound",
        path="external_trunk",
        number=samples.DID,
        name="Callers to the AI",
        destination=samples.DID,
        trunk=samples.TRUNK_NAME,
        timeout_seconds=30,
        fallback=talkdesk_samples.FALLBACK,
    )
    card(
        world,
        "routing.transfer",
        ring_group=talkdesk_samples.RING_GROUP,
        number=talkdesk_samples.RING_GROUP_NUMBER,
    )


def provision(world: World, transport: str = "udp", **trunk: Any) -> None:
    """Both halves of the guide."""
    cards(world, transport, **trunk)
    suffix = "" if transport == "udp" else f";transport={transport}"
    serve(world, talkdesk_samples.SBC + suffix, talkdesk_samples.RING_GROUP_NUMBER)


def warm(world: World) -> None:
    """The assistant transfers by a call of its own."""
    world.systems["synthflow"]["actions"]["transfer"]["transfer_mode"] = "warm_transfer"


def trunk(world: World) -> Json:
    """The trunk to Synthflow."""
    found = world.by_name(world.systems["talkdesk"]["trunks"], samples.TRUNK_NAME)
    assert found
    return found


def group(world: World, name: str) -> Json:
    """A ring group by name."""
    found = world.by_name(world.systems["talkdesk"]["ring_groups"], name)
    assert found
    return found
