"""How somebody's hand breaks what is set up in Genesys Cloud, object by object.

Each function changes the stand-in's stored objects, the same however often it is called. What is
meant are the run's own objects: the trunk that leads to Synthflow, and what has that trunk's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sfsip_nb.inputs import facts
from sfsip_nb.inputs.platform import Systems
from sfsip_nb.platforms.genesys import samples
from sfsip_nb.platforms.synthflow.breaks import calls_from, foreign_host, older

Json = dict[str, Any]
Break = Callable[[Systems], None]

_SERVERS = "trunk_transport_serverProxyList"
_DIGEST = "trunk_sip_authentication_credentials_"
_ACL = "trunk_access_acl_allowList"
_STRANGER = "192.0.2.44"  # RFC 5737
_UNGROUPED: Json = {
    "id": "7e57bed0-6e00-4000-8000-0000000000c9",
    "name": "Branch callers",
    "matchType": "regex",
    "match": r"^\+155501001[0-7]\d$",  # takes test callers, and no number that anybody dials
    "normalizedFormat": "$1",
    "classification": "National",
    "state": "active",
}


# The trunk


def _trunk(systems: Systems) -> Json | None:
    """The trunk whose SIP servers are Synthflow's."""
    hosts = {known.sip for known in facts.synthflow_regions().values()}
    for trunk in systems["genesys"]["trunks"].values():
        servers = trunk["properties"][_SERVERS]["value"]["instance"] or ()
        if hosts.intersection(str(server).partition(":")[0] for server in servers):
            return trunk
    return None


def _save(thing: Json, **fields: Any) -> None:
    """Somebody saves an object; its version counts on if that changed anything."""
    if any(thing.get(name) != value for name, value in fields.items()):
        thing.update(fields)
        thing["version"] = thing.get("version", 0) + 1


def trunk(**fields: Any) -> Break:
    """Sets fields of the trunk itself."""

    def breaks(systems: Systems) -> None:
        if found := _trunk(systems):
            _save(found, **fields)

    return breaks


def setting(key: str, wrong: Callable[[Any, Systems], Any]) -> Break:
    """Sets a property of the trunk to what `wrong` makes of its present value."""

    def breaks(systems: Systems) -> None:
        if found := _trunk(systems):
            value = found["properties"][key]["value"]
            present = value["instance"]
            value["instance"] = wrong(present, systems)
            if value["instance"] != present:
                found["version"] = found.get("version", 0) + 1

    return breaks


def fixed(key: str, value: Any) -> Break:
    """Sets a property of the trunk to one and the same value."""
    return setting(key, lambda _present, _systems: value)


def renamed(key: str) -> Break:
    """Gives a property of the trunk the name that it had before."""
    return setting(key, lambda name, _: older(name))


def transport(systems: Systems) -> None:
    """TCP instead of UDP; UDP instead of TCP or TLS."""
    found = _trunk(systems)
    if not found:
        return
    value = found["properties"]["trunk_transport_protocolVariant"]["value"]
    if value["instance"] != found.get("_wrongProtocol"):
        found["_wrongProtocol"] = "tcp" if value["instance"] == "udp" else "udp"
        value["instance"] = found["_wrongProtocol"]
        found["version"] = found.get("version", 0) + 1


def _with_port(servers: list[str], port: int) -> list[str]:
    return [f"{server.partition(':')[0]}:{port}" for server in servers]


def _with_host(servers: list[str], host: str) -> list[str]:
    return [":".join([host, *server.split(":")[1:]]) for server in servers]


proxy_port = setting(_SERVERS, lambda servers, _: _with_port(servers, 5060))
proxy_host = setting(_SERVERS, lambda servers, systems: _with_host(servers, foreign_host(systems)))
realm = setting(f"{_DIGEST}realm", lambda _, systems: foreign_host(systems))
user_name = renamed(f"{_DIGEST}username")
password = fixed(f"{_DIGEST}password", "one-that-is-not-the-trunk's")


def digest_off(systems: Systems) -> None:
    """The credentials are emptied, which is all that turns digest authentication off."""
    for part in ("realm", "username", "password"):
        fixed(f"{_DIGEST}{part}", "")(systems)


acl_missing = setting(
    _ACL, lambda listed, systems: [each for each in listed if each != calls_from(systems)]
)
acl_stale = setting(
    _ACL, lambda listed, _: [*(each for each in listed if each != _STRANGER), _STRANGER]
)


# The site's number plans and outbound routes


def _route(systems: Systems, **fields: Any) -> None:
    found = _trunk(systems)
    for route in systems["genesys"]["outbound_routes"].values():
        if found and route["name"] == found["name"]:
            _save(route, **fields)


def route(**fields: Any) -> Break:
    """Sets fields of the outbound route to the trunk."""
    return lambda systems: _route(systems, **fields)


def _plans(systems: Systems) -> tuple[list[Json], Json] | None:
    """The list of number plans that holds the trunk's own one, and that one."""
    found = _trunk(systems)
    for site in systems["genesys"]["number_plans"].values():
        plans: list[Json] = site["plans"]
        for plan in plans:
            if found and plan["name"] == found["name"]:
                return plans, plan
    return None


def plan_missing(systems: Systems) -> None:
    """The plan is deleted."""
    if found := _plans(systems):
        plans, plan = found
        plans.remove(plan)


def plan_last(systems: Systems) -> None:
    """The plan stands behind all others, of which one takes its numbers first."""
    if found := _plans(systems):
        plans, plan = found
        plans.remove(plan)
        plans.append(plan)


def plan_classification(systems: Systems) -> None:
    """The plan has a classification that the default route takes."""
    if found := _plans(systems):
        found[1]["classification"] = "National"


def plan_without_group(systems: Systems) -> None:
    """A plan in front of National takes callers' numbers, and its result names no group."""
    if found := _plans(systems):
        names = [plan["name"] for plan in found[0]]
        if _UNGROUPED["name"] not in names:
            found[0].insert(names.index("National"), dict(_UNGROUPED))


# Numbers, call routes and flows


def _call_routes(systems: Systems, what: str) -> Iterator[Json]:
    """The call routes for "callers" (there may be several) or for "transfers"."""
    found = _trunk(systems)
    for ivr in systems["genesys"]["ivrs"].values():
        if found and str(ivr["name"]).startswith(f"{found['name']}: {what}"):
            yield ivr


def _other_call_route(systems: Systems) -> Json:
    """The customer's own, for the support line."""
    flow, ivrs = _flow(systems, samples.SUPPORT_FLOW), systems["genesys"]["ivrs"].values()
    return next(ivr for ivr in ivrs if ivr.get("openHoursFlow", {}).get("id") == flow["id"])


def unassigned(what: str) -> Break:
    """Numbers are on no call route."""

    def breaks(systems: Systems) -> None:
        for ivr in _call_routes(systems, what):
            _save(ivr, dnis=[])

    return breaks


def assigned_elsewhere(systems: Systems) -> None:
    """The numbers that the AI answers are on the call route of the support line."""
    other = _other_call_route(systems)
    for ivr in _call_routes(systems, "callers"):
        moved, kept = ivr["dnis"], other["dnis"]
        _save(ivr, dnis=[])
        _save(other, dnis=[*kept, *moved])


def pool_missing(systems: Systems) -> None:
    """The numbers that the AI answers were released, and their pool begins behind them.

    Genesys deletes no pool of which a number is assigned.
    """
    numbers = {int(n) for ivr in _call_routes(systems, "callers") for n in ivr["dnis"]}
    unassigned("callers")(systems)
    pools = systems["genesys"]["did_pools"]
    for id_, pool in list(pools.items()):
        low, high = int(pool["startPhoneNumber"]), int(pool["endPhoneNumber"])
        own = [number for number in numbers if low <= number <= high]
        if own and max(own) < high:
            _save(pool, startPhoneNumber=f"+{max(own) + 1}")
        elif own:
            del pools[id_]


def opens_other_flow(what: str) -> Break:
    """The call route opens the flow of the support line."""

    def breaks(systems: Systems) -> None:
        for ivr in _call_routes(systems, what):
            _save(ivr, openHoursFlow=dict(_other_call_route(systems)["openHoursFlow"]))

    return breaks


def _flow(systems: Systems, name: str) -> Json:
    return next(flow for flow in systems["genesys"]["flows"].values() if flow["name"] == name)


def unpublished(name: str) -> Break:
    """The flow is no longer published."""

    def breaks(systems: Systems) -> None:
        flow = _flow(systems, name)
        flow.pop("publishedVersion", None)
        _save(flow, active=False)

    return breaks


def leads_to_number(name: str, number: str) -> Break:
    """In Architect, the flow transfers to another number."""
    return lambda systems: _save(_flow(systems, name), _transferTo=number, _queueId="")


def leads_to_other_queue(name: str) -> Break:
    """In Architect, the flow transfers to a queue that is not the one wanted."""

    def breaks(systems: Systems) -> None:
        queues = systems["genesys"]["queues"].values()
        other = next(q for q in queues if q["name"] != samples.TRANSFER_QUEUE)
        _save(_flow(systems, name), _transferTo="", _queueId=other["id"])

    return breaks
