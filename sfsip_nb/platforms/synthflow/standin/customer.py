"""The testbed customer's Synthflow workspace before anybody runs a guide."""

from __future__ import annotations

from sfsip_nb.inputs import samples
from sfsip_nb.testbed.customer import collections
from sfsip_nb.testbed.world import Json, World


def settle(world: World) -> None:
    """Fill `world` with the workspace."""
    given = {
        "SUPPORT_SLUG": samples.SUPPORT_DID.removeprefix("+"),
        "AI_CALLER_SLUG": samples.AI_CALLER_NUMBER.removeprefix("+"),
        "NOW": world.iso(),
    }
    world.systems["synthflow"] = collections(__package__, given)


def region(world: World) -> str:
    """The region that the workspace lives in."""
    return str(next(iter(world.systems["synthflow"]["workspaces"].values()))["region"])


def imported(world: World, number: str) -> Json | None:
    """The imported number (E.164), if there is one."""
    return world.systems["synthflow"]["numbers"].get(number.removeprefix("+"))


def inbound_assistant(world: World, number: str) -> Json | None:
    """The inbound assistant that answers `number` (E.164).

    No two of them should have one number. Which of two would answer is not known: here the one
    that is listed last.
    """
    having = [
        a
        for a in world.systems["synthflow"]["assistants"].values()
        if a["type"] == "inbound" and number in (a["phone_number"], *a["_phone_numbers"])
    ]
    return having[-1] if having else None


def transfer_action(world: World, assistant: Json) -> Json | None:
    """The live transfer attached to an assistant."""
    attached = (world.systems["synthflow"]["actions"].get(a) for a in assistant["_actions"])
    return next((a for a in attached if a and a["type"] == "LIVE_TRANSFER"), None)
