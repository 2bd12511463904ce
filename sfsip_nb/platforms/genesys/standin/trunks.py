"""External trunks ("trunk base settings")."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed.telephony.legs import Object
from sfsip_nb.testbed.web import ApiRequest, Endpoint, show
from sfsip_nb.testbed.world import Json, World

from . import customer, template
from .errors import duplicate, missing, refuse
from .objects import body, change, check_version, create, find, named, page, reference, require_text
from .telephony import routing, view
from .telephony.edge import Edge

_BASE = "/api/v2/telephony/providers/edges/trunkbasesettings"
_TELEPHONY = ("telephony:plugin:all",)


def _shown(asked: ApiRequest, trunk: Json) -> Json:
    served = copy.deepcopy(show(trunk))
    if asked.world.fault(faults.PASSWORD_HIDDEN):
        served["properties"][template.PASSWORD]["value"].pop("instance", None)
    return served


def _all(asked: ApiRequest) -> Json:
    things: Iterable[Json] = named(asked, asked.objects["trunks"].values())
    if "managed" in asked.query:
        wanted = asked.query["managed"] == "true"
        things = (t for t in things if bool(t.get("managed")) == wanted)
    if "sortBy" in asked.query:
        things = sorted(things, key=lambda t: str(t["name"]))
    # Properties are told in a list only when asked for.
    full = asked.query.get("expand") == "properties"

    def shown(trunk: Json) -> Json:
        served = _shown(asked, trunk)
        return served if full else {k: v for k, v in served.items() if k != "properties"}

    return page(asked, things, shown)


def _template(asked: ApiRequest) -> Json:
    wanted = asked.query.get("trunkMetabaseId")
    if not wanted:
        raise missing("trunkMetabaseId")
    if wanted != template.METABASE:
        raise refuse(404, "not.found", f"There is no trunk metabase {wanted}.")
    return template.template()


def _create(asked: ApiRequest) -> Json:
    given = body(asked)
    if given.get("trunkType") != "EXTERNAL":
        raise missing("trunkType")
    if (given.get("trunkMetabase") or {}).get("id") != template.METABASE:
        raise missing("trunkMetabase")
    fields = _checked(asked, given, None)
    fields |= {
        "trunkType": "EXTERNAL",
        "trunkMetabase": {"id": template.METABASE, "name": template.METABASE_NAME},
        "managed": False,
        "_outboundTerminationFqdn": "",
        "_allowAll": False,
    }
    return _shown(asked, create(asked, "trunks", fields))


def _update(asked: ApiRequest) -> Json:
    trunk, given = find(asked, "trunks", "trunk base", "id"), body(asked)
    check_version(asked, trunk, given)
    return _shown(asked, change(asked, trunk, _checked(asked, given, trunk)))


def _checked(asked: ApiRequest, given: Json, present: Json | None) -> Json:
    """The fields of a trunk to be saved; `present` is the trunk as it stands, if there is one."""
    world = asked.world
    others = [t for t in world.systems["genesys"]["trunks"].values() if t is not present]
    name = require_text(given, "name")
    if any(t["name"] == name for t in others):
        raise duplicate("A trunk with that name already exists.")
    if not given.get("inboundSite"):
        raise missing("inboundSiteId")
    if not isinstance(given.get("properties"), dict):
        raise missing("properties")
    sent = copy.deepcopy(given["properties"])
    for key, item in sent.items():
        if not isinstance(item, dict) or not isinstance(item.get("value", {}), dict):
            raise refuse(400, "validation.error", f"The property '{key}' is no object.", field=key)
    if present and template.PASSWORD in sent and world.fault(faults.PASSWORD_HIDDEN):
        kept = present["properties"][template.PASSWORD]["value"]["instance"]
        sent[template.PASSWORD].setdefault("value", {}).setdefault("instance", kept)
    properties = template.complete(sent)
    if wrong := template.mistake(properties):
        raise refuse(400, "validation.error", wrong[1], field=wrong[0])
    _check_identifier(asked, properties, others)
    site = given.get("site") or {"id": customer.org(world)["defaultSiteId"]}
    return {
        "name": name,
        "description": given.get("description") or "",
        "properties": properties,
        "site": reference(world, "sites", site, "site"),
        "inboundSite": reference(world, "sites", given["inboundSite"], "inboundSite"),
    }


def _check_identifier(asked: ApiRequest, properties: Json, others: list[Json]) -> None:
    """The inbound termination identifier is unique among all organizations of the region."""
    label = str(properties[template.IDENTIFIER]["value"]["instance"] or "").lower()
    taken = {
        str(t["properties"][template.IDENTIFIER]["value"]["instance"] or "").lower() for t in others
    } | set(customer.org(asked.world)["_identifiersElsewhere"])
    if label and (label in taken or asked.world.fault(faults.IDENTIFIER_TAKEN)):
        raise duplicate(f"The inbound SIP termination identifier '{label}' is already in use.")


def _delete(asked: ApiRequest) -> None:
    trunk = find(asked, "trunks", "trunk base", "id")
    for route in asked.objects["outbound_routes"].values():
        if any(base["id"] == trunk["id"] for base in route["externalTrunkBases"]):
            raise refuse(400, "delete.referenced.entity", "The trunk is being referenced.")
    del asked.objects["trunks"][trunk["id"]]


def _get(asked: ApiRequest) -> Json:
    return _shown(asked, find(asked, "trunks", "trunk base", "id"))


async def _instances(asked: ApiRequest) -> Json:
    """The live trunks of trunk bases, one each, with their health as of now."""
    wanted = asked.query.get("trunkBase.id")
    of_type = asked.query.get("trunkType", "EXTERNAL")
    known = view.organization(asked.world).trunks
    chosen = [t for t in known if wanted in (None, t["id"]) and t["trunkType"] == of_type]
    return page(asked, [await _instance(asked.world, trunk) for trunk in chosen])


async def _instance(world: World, trunk: Object) -> Json:
    """OPTIONS are sent when somebody asks for their state, so that it is never an old one."""
    ping, kind = world.pings.get("genesys"), routing.transport(trunk)
    servers, in_service = routing.proxies(trunk), routing.in_service(trunk)
    options = [
        _option(world, f"{host}:{port}", await ping(host, port, kind))
        for host, port in servers
        if ping and in_service
    ]
    answered = any(option["optionState"] for option in options)
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(trunk["id"]))),
        "name": trunk["name"],
        "state": "active",
        "trunkType": trunk["trunkType"],
        "trunkBase": {"id": trunk["id"], "name": trunk["name"]},
        "trunkMetabase": {"id": template.METABASE, "name": template.METABASE_NAME},
        "enabled": True,
        "inService": in_service,
        "connectedStatus": {"connected": in_service and (answered or not options)},
        "optionsEnabledStatus": "ENABLED" if ping else "DISABLED",
        "optionsStatus": options,
        "registersEnabledStatus": "NOT_SUPPORTED",
        "registersStatus": [],
        "ipStatus": {"address": Edge.address},
        "proxyAddressList": [f"{host}:{port}" for host, port in servers],
    }


def _option(world: World, server: str, trouble: str) -> Json:
    state = {"proxyAddress": server, "optionState": not trouble, "optionStateTime": world.iso()}
    return state | ({"errorInfo": {"text": trouble}} if trouble else {})


ENDPOINTS = [
    Endpoint("GET", f"{_BASE}/template", _template, _TELEPHONY),
    Endpoint("GET", _BASE, _all, _TELEPHONY),
    Endpoint("POST", _BASE, _create, _TELEPHONY),
    Endpoint("GET", _BASE + "/{id}", _get, _TELEPHONY),
    Endpoint("PUT", _BASE + "/{id}", _update, _TELEPHONY),
    Endpoint("DELETE", _BASE + "/{id}", _delete, _TELEPHONY),
    Endpoint("GET", "/api/v2/telephony/providers/edges/trunks", _instances, _TELEPHONY),
]
