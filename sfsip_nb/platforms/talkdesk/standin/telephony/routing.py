"""Which way a call takes through a Talkdesk account: what its settings say, and nothing else.

Numbers, trunks and routings are those that a person has entered on Talkdesk's screens. How its SBC
really decides is not published; where the guide leaves something open, the stricter reading is
taken and said so.
"""

from __future__ import annotations

from sfsip_nb.platforms.talkdesk import faults
from sfsip_nb.sip import Credentials
from sfsip_nb.testbed.telephony.admission import Refusal, listed
from sfsip_nb.testbed.telephony.legs import Object
from sfsip_nb.testbed.world import World

from .. import customer

SIP_TRANSFER = "sip_transfer"
"""The kind of a routing that sends callers over a trunk; the other kind rings a ring group."""


def admit(world: World, source: str) -> Object | Refusal:
    """The active trunk whose Allowed IPs let public address `source` in.

    They count for Digest trunks too, which are asked for credentials on top (stricter reading).
    """
    for trunk in world.systems["talkdesk"]["trunks"].values():
        if _active(world, trunk) and listed(source, trunk["allowed_ips"]):
            return trunk
    who = source or "an address without public name"
    return Refusal(403, "Forbidden", f"{who} is not among the Allowed IPs of an active trunk")


def _active(world: World, trunk: Object) -> bool:
    return trunk["active"] and not world.fault(faults.TRUNK_INACTIVE)


def enter(world: World, number: str) -> Object | Refusal | None:
    """The routing behind one of the account's numbers. None: it is no number of the account."""
    if number not in world.systems["talkdesk"]["numbers"]:
        return None
    routing = customer.routing(world, number)
    return routing or Refusal(480, "Temporarily Unavailable", f"no active routing has {number}")


def trunk_called(world: World, name: str) -> Object | Refusal | None:
    """The trunk that a transfer step names; None where it names none."""
    if not name:
        return None
    trunk = world.by_name(world.systems["talkdesk"]["trunks"], name)
    if trunk and _active(world, trunk):
        return trunk
    return Refusal(503, "Service Unavailable", f"trunk {name} is not active")


def trunk_of_number(world: World, number: str) -> Object | Refusal | None:
    """The trunk over which the routing of `number` sends its callers."""
    routing = customer.routing(world, number)
    return trunk_called(world, str(routing["trunk"])) if routing else None


def credentials(trunk: Object) -> list[Credentials]:
    """What a Digest trunk answers to a challenge, whatever its realm; nothing for an IP trunk."""
    if trunk["authentication"] != "digest":
        return []
    return [Credentials(trunk["username"], trunk["_password"])]
