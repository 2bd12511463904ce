"""The simulated administrator: does on the vendors' screens what a card says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .genesys.template import IDENTIFIER
from .world import Json, World

Values = Mapping[str, Any]


class CannotDo(Exception):
    """The card asks for something that is not on the screen; the text says what."""


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise CannotDo(f"The card gives no value for {name}.")
    return value


def _named(world: World, collection: str, name: str) -> Json:
    thing = world.by_name(world.genesys[collection], name)
    if thing is None:
        raise CannotDo(f"There is no {name!r} among the {collection.replace('_', ' ')}.")
    return thing


def _inbound_panel(world: World, values: Values) -> Json:
    """Read the trunk's "Inbound Request-URI Reference"."""
    properties = _named(world, "trunks", _text(values, "trunk_name"))["properties"]
    label = properties[IDENTIFIER]["value"]["instance"]
    if not label:
        raise CannotDo("The trunk has no inbound SIP termination identifier.")
    modern = properties["trunk_routing_outbound_higher_capacity"]["value"]["instance"]
    suffix = world.cloud_voice_suffix if modern else world.byoc_suffix
    return {"inbound_fqdn": f"{label}.{suffix}"}


def _outbound_fqdn(world: World, values: Values) -> Json:
    """Type the Outbound SIP Termination FQDN, for which the API has no key."""
    trunk = _named(world, "trunks", _text(values, "trunk_name"))
    trunk["_outboundTerminationFqdn"] = _text(values, "outbound_termination_fqdn")
    trunk["version"] += 1
    return {"outbound_termination_fqdn": trunk["_outboundTerminationFqdn"]}


def _access_control(world: World, values: Values) -> Json:
    """Set or clear "Allow All", for which the API has no key."""
    trunk = _named(world, "trunks", _text(values, "trunk_name"))
    allow_all = values.get("allow_all", False)
    if not isinstance(allow_all, bool):
        raise CannotDo("allow_all is neither on nor off.")
    if trunk["_allowAll"] != allow_all:
        trunk["_allowAll"] = allow_all
        trunk["version"] += 1
    return {"allow_all": allow_all}


def _draw(world: World, values: Values, **drawn: str) -> Json:
    flow = _named(world, "flows", _text(values, "flow"))
    flow.update(drawn)
    flow["active"] = True
    number = int(float(flow.get("publishedVersion", {}).get("id", "0"))) + 1
    flow["publishedVersion"] = {"id": f"{number}.0", "name": f"{number}.0"}
    flow["version"] += 1
    return {"flow": flow["name"], "published": flow["publishedVersion"]["id"]}


def _flow_to_number(world: World, values: Values) -> Json:
    """In Architect: the flow transfers to a number; save and publish."""
    number = _text(values, "transfer_to")
    return _draw(world, values, _transferTo=number, _queueId="") | {"transfer_to": number}


def _flow_to_queue(world: World, values: Values) -> Json:
    """In Architect: the flow transfers to a queue; save and publish."""
    queue = _named(world, "queues", _text(values, "queue"))
    return _draw(world, values, _queueId=queue["id"], _transferTo="") | {"queue": queue["name"]}


def _permissions(world: World, values: Values) -> Json:
    """Change the roles of the runbook's OAuth client: ``grant`` and ``remove`` are lists."""
    client = next(iter(world.genesys["clients"].values()))
    held = dict.fromkeys([*client["_permissions"], *values.get("grant", ())])
    client["_permissions"] = [p for p in held if p not in values.get("remove", ())]
    return {"permissions": client["_permissions"]}


def _plan(world: World, values: Values) -> Json:
    """Read the plan that the Synthflow workspace is on."""
    return {"plan": next(iter(world.synthflow["workspaces"].values()))["plan"]}


STEPS: dict[tuple[str, str], Callable[[World, Values], Json]] = {
    ("genesys", "trunk.inbound"): _inbound_panel,
    ("genesys", "trunk.outbound"): _outbound_fqdn,
    ("genesys", "trunk.acl"): _access_control,
    ("genesys", "routing.inbound"): _flow_to_number,
    ("genesys", "routing.transfer"): _flow_to_queue,
    ("genesys", "permissions"): _permissions,
    ("genesys", "access.synthflow"): _plan,
    ("synthflow", "access.synthflow"): _plan,
}
"""By system and step. ``verify.outbound`` places a call and is served by `control`."""
