"""Sites, their number plans and their outbound routes."""

from __future__ import annotations

import re
from typing import Any

from sfsip_nb.testbed.web import ApiRequest, Endpoint, show
from sfsip_nb.testbed.world import Json

from . import customer
from .errors import duplicate, missing, refuse
from .objects import body, change, check_version, create, find, named, page, reference, require_text

_EDGES = "/api/v2/telephony/providers/edges"
_SITE = _EDGES + "/sites/{site}"
_TELEPHONY = ("telephony:plugin:all",)
_SITE_VIEW = ("telephony:sites:view", "telephony:plugin:all")
_MOST_PLANS = 200
_MATCH_TYPES = frozenset(
    {
        "digitLength",
        "e164NumberList",
        "interCountryCode",
        "intraCountryCode",
        "numberList",
        "regex",
    }
)
_PLAN_FIELDS = (
    "name",
    "matchType",
    "match",
    "normalizedFormat",
    "numbers",
    "digitLength",
    "classification",
)


def _site(asked: ApiRequest) -> Json:
    return find(asked, "sites", "site", "site")


def _own_site(asked: ApiRequest) -> Json:
    """The path's site, if it may be changed. Raises 403 for those that Genesys manages."""
    site = _site(asked)
    if site["managed"]:
        raise refuse(403, "managed.property.not.allowed", "A managed site cannot be modified.")
    return site


def _sites(asked: ApiRequest) -> Json:
    things = named(asked, asked.objects["sites"].values())
    if "managed" in asked.query:
        wanted = asked.query["managed"] == "true"
        things = (s for s in things if s["managed"] == wanted)
    return page(asked, things)


# number plans


def _plans(asked: ApiRequest) -> list[Json]:
    return customer.plans(asked.world, _site(asked)["id"])[:_MOST_PLANS]


def _replace_plans(asked: ApiRequest) -> list[Json]:
    site = _own_site(asked)
    if not isinstance(asked.body, list):
        raise refuse(400, "bad.request", "A list of number plans is expected.")
    if len(asked.body) > _MOST_PLANS:
        raise _bad_plans(f"A maximum of {_MOST_PLANS} number plans can be updated at a time.")
    before = {plan["id"]: plan for plan in customer.plans(asked.world, site["id"])}
    after = [_checked_plan(given, before) for given in asked.body]
    names = [plan["name"] for plan in after]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refuse(
            400, "duplicate.number.plan.name", f"A number plan named '{twice}' already exists."
        )
    left = {plan["classification"] for plan in after}
    for route in customer.routes(asked.world, site["id"]):
        if gone := set(route["classificationTypes"]) - left:
            raise refuse(
                400,
                "number.plan.in.use",
                f"The number plan classification '{min(gone)}' is in use by outbound route"
                f" '{route['name']}'.",
            )
    for plan in after:
        plan.setdefault("id", asked.world.new_id())
    asked.objects["number_plans"][site["id"]] = {"plans": after}
    return after


def _checked_plan(given: Any, before: dict[str, Json]) -> Json:
    if not isinstance(given, dict):
        raise _bad_plans("Each number plan must be an object.")
    plan = {field: given[field] for field in _PLAN_FIELDS if given.get(field) is not None}
    name = require_text(given, "name")
    plan.setdefault("classification", name)
    plan["state"] = "active"
    if given.get("id"):
        if given["id"] not in before:
            raise _bad_plans(f"There is no number plan {given['id']} on this site.")
        plan["id"] = given["id"]
    if plan.get("matchType") not in _MATCH_TYPES:
        raise _bad_plans(f"Number plan '{name}' needs a match type.")
    if plan["matchType"] == "regex":
        try:
            re.compile(plan["match"])
        except (re.error, KeyError, TypeError) as error:
            raise _bad_plans(f"The match expression of number plan '{name}' is invalid.") from error
    if plan["matchType"] == "e164NumberList":
        ends = [r.get(end) for r in plan.get("numbers") or [{}] for end in ("start", "end")]
        if not all(re.fullmatch(r"\+\d{4,15}", str(number)) for number in ends):
            raise _bad_plans(f"The numbers of number plan '{name}' must be in E.164 format.")
    return plan


def _bad_plans(message: str) -> Exception:
    return refuse(400, "error.updating.number.plans", message)


# outbound routes


def _routes(asked: ApiRequest) -> Json:
    return page(asked, named(asked, customer.routes(asked.world, _site(asked)["id"])))


def _route(asked: ApiRequest) -> Json:
    route = find(asked, "outbound_routes", "outbound route")
    if route["_siteId"] != _site(asked)["id"]:
        raise refuse(404, "not.found", f"The site has no outbound route {route['id']}.")
    return route


def _create_route(asked: ApiRequest) -> Json:
    site, given = _own_site(asked), body(asked)
    fields = _checked_route(asked, given, site["id"], None)
    fields |= {"managed": False, "_siteId": site["id"]}
    return show(create(asked, "outbound_routes", fields))


def _update_route(asked: ApiRequest) -> Json:
    site, route, given = _own_site(asked), _route(asked), body(asked)
    check_version(asked, route, given)
    return show(change(asked, route, _checked_route(asked, given, site["id"], route)))


def _checked_route(asked: ApiRequest, given: Json, site: str, present: Json | None) -> Json:
    others = [route for route in customer.routes(asked.world, site) if route is not present]
    name = require_text(given, "name")
    if any(route["name"] == name for route in others):
        raise duplicate(f"OutboundRoute with name '{name}' already exists.")
    wanted = given.get("classificationTypes")
    if not isinstance(wanted, list) or not wanted:
        raise missing("classificationTypes")
    known = {plan["classification"] for plan in customer.plans(asked.world, site)}
    for classification in wanted:
        if classification not in known:
            raise refuse(
                400,
                # The tab stands in the vendor's own list of codes.
                "address.classification.type.does.not.exist\t",
                f"The classification type '{classification}' does not exist.",
            )
        if any(classification in route["classificationTypes"] for route in others):
            raise refuse(
                400,
                "number.plan.type.usage.must.be.unique",
                f"The classification '{classification}' is used by another outbound route.",
            )
    distribution = given.get("distribution") or "SEQUENTIAL"
    if distribution not in ("SEQUENTIAL", "RANDOM"):
        raise refuse(400, "invalid.value", "Value [distribution] is not valid.")
    return {
        "name": name,
        "description": given.get("description") or "",
        "classificationTypes": wanted,
        "enabled": bool(given.get("enabled", True)),
        "distribution": distribution,
        "externalTrunkBases": [
            reference(asked.world, "trunks", base, "externalTrunkBases")
            for base in given.get("externalTrunkBases") or []
        ],
    }


def _delete_route(asked: ApiRequest) -> None:
    _own_site(asked)
    del asked.objects["outbound_routes"][_route(asked)["id"]]


ENDPOINTS = [
    Endpoint("GET", f"{_EDGES}/sites", _sites),
    Endpoint("GET", _SITE, lambda asked: show(_site(asked)), _SITE_VIEW),
    Endpoint("GET", f"{_SITE}/numberplans", _plans, _TELEPHONY),
    Endpoint("PUT", f"{_SITE}/numberplans", _replace_plans, _TELEPHONY),
    Endpoint("GET", f"{_SITE}/outboundroutes", _routes, _TELEPHONY),
    Endpoint("POST", f"{_SITE}/outboundroutes", _create_route, _TELEPHONY),
    Endpoint("GET", _SITE + "/outboundroutes/{id}", lambda a: show(_route(a)), _TELEPHONY),
    Endpoint("PUT", _SITE + "/outboundroutes/{id}", _update_route, _TELEPHONY),
    Endpoint("DELETE", _SITE + "/outboundroutes/{id}", _delete_route, _TELEPHONY),
]
