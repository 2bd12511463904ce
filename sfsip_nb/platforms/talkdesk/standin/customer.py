"""The testbed customer's Talkdesk account before anybody runs a guide.

It is in use: a support line rings its agents, and of everything that a card has made there is one
made by hand.
"""

from __future__ import annotations

from sfsip_nb.inputs import ranges, samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.customer import collections
from sfsip_nb.testbed.world import Json, World


def settle(world: World) -> None:
    """Fill `world` with the account."""
    own = collections(__package__, vars(talkdesk_samples))
    for name in own.keys() - {"numbers"}:
        own[name] = {id_: {"id": id_, **thing} for id_, thing in own[name].items()}
    for place, number in enumerate(ranges.expand("..".join(samples.NUMBER_BLOCK)), 1):
        own["numbers"][number] = {"number": number, "name": f"Acme Branch {place}", "_routing": ""}
    world.systems["talkdesk"] = own


def account(world: World) -> Json:
    """The account itself."""
    return next(iter(world.systems["talkdesk"]["accounts"].values()))


def routing(world: World, number: str) -> Json | None:
    """The active routing (IVR, Studio flow) that a number is assigned to."""
    own = world.systems["talkdesk"]
    found = own["routings"].get(own["numbers"].get(number, {}).get("_routing", ""))
    return found if found and found["active"] else None
