"""The administrator of Genesys Cloud: what has no key in the API, and the flows in Architect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sfsip_nb.testbed.cards import CannotDo, Values, text
from sfsip_nb.testbed.world import Json, World

from .telephony.routing import inbound_fqdn
from .telephony.view import organization


def _named(world: World, collection: str, name: str) -> Json:
    thing = world.by_name(world.systems["genesys"][collection], name)
    if thing is None:
        raise CannotDo(f"There is no {name!r} among the {collection.replace('_', ' ')}.")
    return thing


def _inbound_panel(world: World, values: Values) -> Json:
    """Read the trunk's "Inbound Request-URI Reference"."""
    trunk = _named(world, "trunks", text(values, "trunk_name"))
    fqdn = inbound_fqdn(organization(world), trunk)
    if not fqdn:
        raise CannotDo("The trunk has no inbound SIP termination identifier.")
    return {"inbound_fqdn": fqdn}


def _outbound_fqdn(world: World, values: Values) -> Json:
    """Type the Outbound SIP Termination FQDN, for which the API has no key."""
    return _set_on_trunk(world, values, "outbound_termination_fqdn", "_outboundTerminationFqdn", "")


def _access_control(world: World, values: Values) -> Json:
    """Set or clear "Allow All", for which the API has no key."""
    return _set_on_trunk(world, values, "allow_all", "_allowAll", False)


def _set_on_trunk(world: World, values: Values, name: str, field: str, like: Any) -> Json:
    trunk = _named(world, "trunks", text(values, "trunk_name"))
    wanted, present = values.get(name), trunk[field]
    if not isinstance(wanted, type(like)):
        raise CannotDo(f"The card gives no value for {name}.")
    if wanted != present:
        trunk[field] = wanted
        trunk["version"] += 1
        world.meddle()
    return {name: wanted, "before": {"trunk_name": trunk["name"], name: present}}


def _flow_to_number(world: World, values: Values) -> Json:
    """In Architect: the flow transfers to a number; save and publish."""
    return _draw(world, values, lambda: {"transfer_to": text(values, "transfer_to")})


def _flow_to_queue(world: World, values: Values) -> Json:
    """In Architect: the flow transfers to a queue; save and publish."""
    return _draw(world, values, lambda: {"queue": text(values, "queue")})


def _draw(world: World, values: Values, wanted: Callable[[], Json]) -> Json:
    """Draw the flow as the card says, or (``drawn``) as it was before the card."""
    flow = _named(world, "flows", text(values, "flow"))
    before = _drawn(world, flow)
    after: Json = values.get("drawn") or {
        "transfer_to": "",
        "queue": "",
        "published": True,
        **wanted(),
    }
    if any(before[name] != value for name, value in after.items()):
        queue = after["queue"]
        flow["_transferTo"] = after["transfer_to"]
        flow["_queueId"] = _named(world, "queues", queue)["id"] if queue else ""
        flow["active"] = after["published"]
        last = flow.pop("publishedVersion", {"id": "0.0"})["id"]
        # Undone: the earlier version is published again. Else a new one is.
        number = after.get("number") or f"{int(float(last)) + 1}.0"
        if after["published"]:
            flow["publishedVersion"] = {"id": number, "name": number}
        world.meddle()
    return {"flow": flow["name"], **after, "before": {"flow": flow["name"], "drawn": before}}


def _drawn(world: World, flow: Json) -> Json:
    queue = world.systems["genesys"]["queues"].get(flow["_queueId"], {})
    return {
        "transfer_to": flow["_transferTo"],
        "queue": queue.get("name", ""),
        "published": "publishedVersion" in flow,
        "number": flow.get("publishedVersion", {}).get("id", ""),
    }


def _permissions(world: World, values: Values) -> Json:
    """Change the roles of the runbook's OAuth client: ``grant`` and ``remove`` are lists."""
    client = next(iter(world.systems["genesys"]["clients"].values()))
    held = dict.fromkeys([*client["_permissions"], *values.get("grant", ())])
    client["_permissions"] = [p for p in held if p not in values.get("remove", ())]
    return {"permissions": client["_permissions"]}


def _dial(world: World, values: Values) -> Json:
    """Call a number, as an outbound flow or a person at the desk would."""
    to, from_ = values.get("to"), values.get("from")
    if not to or not from_:
        raise CannotDo("The card gives no number to call, or none to call from.")
    flow = world.by_name(world.systems["genesys"]["flows"], values.get("flow", ""))
    call = {"conversation_id": world.new_id(), "from": from_, "to": to}
    world.dials["genesys"](call | {"flow_id": flow["id"] if flow else ""})
    return {"conversation_id": call["conversation_id"]}


STEPS = {
    "trunk.inbound": _inbound_panel,
    "trunk.outbound": _outbound_fqdn,
    "trunk.acl": _access_control,
    "routing.inbound": _flow_to_number,
    "routing.transfer": _flow_to_queue,
    "verify.outbound": _dial,
    "permissions": _permissions,
}
