"""The administrator of Talkdesk: the trunk and the routing have no API, a person makes them.

A step may be told ``as_before``: then it brings back what its own ``before`` noted down. Whoever
carries a card out may slip (`World.meddle`); going back is spared that.
"""

from __future__ import annotations

from typing import Any

from sfsip_nb.testbed.cards import CannotDo, Step, Values, text
from sfsip_nb.testbed.world import Json, Objects, World

from . import customer

PATHS = {"external_trunk": "sip_trunking", "byo_ai": "byo_ai"}
_TRANSPORTS = ("udp", "tcp", "tls")
_ROUTING: Json = {  # what a routing is where nothing else is entered
    "kind": "ring_group",
    "destination": "",
    "trunk": "",
    "timeout_seconds": 60,
    "fallback": "",
    "ring_group": "",
}
_TRUNK_FIELDS = (
    "path",
    "server",
    "port",
    "transport",
    "authentication",
    "username",
    "max_concurrent_calls",
)


def _platform(world: World, values: Values) -> Json:
    """See which ways to a voice agent the account offers; of several, the one that is asked for."""
    account = customer.account(world)
    offered = [path for path, entitlement in PATHS.items() if account[entitlement]]
    wanted = values.get("path")
    path = wanted if wanted in offered else next(iter(offered), "")
    return {"sip_trunking": account["sip_trunking"], "path": path}


def _inventory(world: World, values: Values) -> Json:
    """Look numbers up in the list of numbers, and what those in use are used for."""
    numbers = world.systems["talkdesk"]["numbers"]
    listed = [number for number in values.get("numbers", ()) if number in numbers]
    uses = {number: _routing_name(world, number) for number in listed}
    return {
        "numbers": ", ".join(listed),
        "in_use": ", ".join(f"{number}: {use}" for number, use in uses.items() if use),
    }


def _create_trunk(world: World, values: Values) -> Json:
    """Add the SIP trunk, or correct the one of that name.

    The screen never shows the password again, so going back does not bring an earlier one back.
    """
    trunks, name = world.systems["talkdesk"]["trunks"], text(values, "name")
    trunk = world.by_name(trunks, name)
    before = {field: trunk[field] for field in _TRUNK_FIELDS} if trunk else None
    if "as_before" in values:
        entered = values["as_before"]
        if entered is None:
            _remove(trunks, trunk)
            return {"name": name}
    else:
        entered = {field: values.get(field, "") for field in _TRUNK_FIELDS}
        text(entered, "server")
        entered["transport"] = text(entered, "transport").lower()
        if entered["transport"] not in _TRANSPORTS:
            raise CannotDo(f"There is no transport {entered['transport']!r}.")
        entered |= {"_password": values["password"]} if "password" in values else {}
    if trunk is None:
        trunk = {"id": world.new_id(), "name": name, "_password": "", "allowed_ips": []}
        trunk["active"] = True
        trunks[trunk["id"]] = trunk
    trunk.update(entered)
    if "as_before" not in values:
        world.meddle()
    seen = {field: trunk[field] for field in _TRUNK_FIELDS}
    return {"name": name, **seen, "before": {"name": name, "as_before": before}}


def _allow(world: World, values: Values) -> Json:
    """Enter the trunk's Allowed IPs, all of them."""
    name = text(values, "name")
    trunk = world.by_name(world.systems["talkdesk"]["trunks"], name)
    going_back = "as_before" in values
    if trunk is None:
        if going_back:
            return {"name": name}  # gone together with its trunk
        raise CannotDo(f"There is no SIP trunk called {name!r}.")
    before = trunk["allowed_ips"]
    wanted = values["as_before"] if going_back else values.get("allowed_ips")
    if not isinstance(wanted, list):
        raise CannotDo("The card gives no list of allowed addresses.")
    trunk["allowed_ips"] = list(wanted)
    if not going_back:
        world.meddle()
    return {
        "allowed_ips": trunk["allowed_ips"],
        "before": {"name": name, "as_before": before},
    }


def _route_callers(world: World, values: Values) -> Json:
    """Callers of the number go over the trunk, and to the fallback when nobody answers in time."""
    if "routings" in values:  # one for each of several numbers
        made = [_route_callers(world, one) for one in values["routings"]]
        return {**made[-1], "before": {"routings": [one.get("before") for one in made]}}
    if "as_before" in values:
        return _go_back(world, values)
    destination, trunk, fallback = (
        text(values, name) for name in ("destination", "trunk", "fallback")
    )
    _must_be(world, "trunks", trunk)
    _must_be(world, "ring_groups", fallback)
    routing = _ROUTING | {
        "kind": "sip_transfer",
        "destination": destination,
        "trunk": trunk,
        "timeout_seconds": values.get("timeout_seconds"),
        "fallback": fallback,
    }
    if not isinstance(routing["timeout_seconds"], int):
        raise CannotDo("The card gives no value for timeout_seconds.")
    return _assign(world, text(values, "number"), text(values, "name"), routing)


def _route_to_agents(world: World, values: Values) -> Json:
    """The number rings the ring group."""
    if "as_before" in values:
        return _go_back(world, values)
    group, number = text(values, "ring_group"), text(values, "number")
    _must_be(world, "ring_groups", group)
    routing = _ROUTING | {"ring_group": group}
    return _assign(world, number, f"Rings {group}", routing) | {"ring_group_number": number}


def _assign(world: World, number: str, name: str, settings: Json) -> Json:
    """Make or correct the routing called `name`, activate it, and assign it to the number."""
    routings, entry = world.systems["talkdesk"]["routings"], _number(world, number)
    routing = world.by_name(routings, name)
    before = {
        "number": number,
        "name": name,
        "as_before": {
            "assigned": _routing_name(world, number),
            "routing": {key: routing[key] for key in (*settings, "active")} if routing else None,
        },
    }
    if routing is None:
        routing = {"id": world.new_id(), "name": name, "passes_ani": True}
        routings[routing["id"]] = routing
    routing.update(settings, active=True)
    entry["_routing"] = routing["id"]
    world.meddle()
    return {**{key: routing[key] for key in settings}, "before": before}


def _go_back(world: World, values: Values) -> Json:
    """The number and the routing as they were before a card."""
    routings, entry = world.systems["talkdesk"]["routings"], _number(world, text(values, "number"))
    earlier = values["as_before"]
    routing = world.by_name(routings, text(values, "name"))
    if earlier["routing"] is None:
        _remove(routings, routing)
    elif routing:
        routing.update(earlier["routing"])
    assigned = world.by_name(routings, earlier["assigned"])
    entry["_routing"] = assigned["id"] if assigned else ""
    return {"assigned": earlier["assigned"]}


def _dial(world: World, values: Values) -> Json:
    """Start a call of an outbound flow; returns while it is under way."""
    to, from_ = text(values, "to"), text(values, "from")
    call_id = world.new_id()
    world.dials["talkdesk"]({"call_id": call_id, "from": from_, "to": to, "flow_id": ""})
    return {"call_id": call_id}


def _number(world: World, number: str) -> Json:
    entry = world.systems["talkdesk"]["numbers"].get(number)
    if entry is None:
        raise CannotDo(f"The number {number} is not in the inventory.")
    return entry


def _routing_name(world: World, number: str) -> str:
    routing = world.systems["talkdesk"]["routings"].get(_number(world, number)["_routing"], {})
    return str(routing.get("name", ""))


def _must_be(world: World, collection: str, name: str) -> None:
    if world.by_name(world.systems["talkdesk"][collection], name) is None:
        raise CannotDo(f"There is no {name!r} among the {collection.replace('_', ' ')}.")


def _remove(objects: Objects, thing: dict[str, Any] | None) -> None:
    if thing:
        objects.pop(thing["id"])


STEPS: dict[str, Step] = {
    "access.platform": _platform,
    "access.number": _inventory,
    "trunk.create": _create_trunk,
    "trunk.acl": _allow,
    "routing.inbound": _route_callers,
    "routing.transfer": _route_to_agents,
    "verify.outbound": _dial,
}
