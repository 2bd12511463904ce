"""DID pools, the numbers in them, and the call routes ("IVRs") that own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sfsip_nb.testbed.web import ApiRequest, Endpoint, show
from sfsip_nb.testbed.world import Json, World

from .errors import duplicate, refuse
from .objects import body, change, check_version, create, find, named, page, reference, require_text

_POOLS = "/api/v2/telephony/providers/edges/didpools"
_IVRS = "/api/v2/architect/ivrs"
_TELEPHONY = ("telephony:plugin:all",)
_LARGEST_POOL = 10_000
_MOST_NUMBERS = 50  # of one call route, in one request
_FLOWS = ("openHoursFlow", "closedHoursFlow", "holidayHoursFlow")
_POOL_SECONDS = 3.0  # how long call routes do not see a new pool


def _bounds(pool: Json) -> tuple[int, int]:
    return int(pool["startPhoneNumber"][1:]), int(pool["endPhoneNumber"][1:])


def _owners(world: World) -> dict[str, Json]:
    """The call route that owns each assigned number."""
    return {
        number: ivr for ivr in world.systems["genesys"]["ivrs"].values() for number in ivr["dnis"]
    }


def pool_of(world: World, number: str) -> Json | None:
    """The DID pool that holds `number` (E.164)."""
    if re.fullmatch(r"\+\d+", number):
        for pool in world.systems["genesys"]["did_pools"].values():
            low, high = _bounds(pool)
            if low <= int(number[1:]) <= high and len(number) == len(pool["startPhoneNumber"]):
                return pool
    return None


# pools


def _checked_pool(asked: ApiRequest, given: Json, present: Json | None) -> Json:
    ends = []
    for field in ("startPhoneNumber", "endPhoneNumber"):
        number = require_text(given, field)
        if not re.fullmatch(r"\+\d{8,15}", number):
            raise refuse(400, "invalid.value", f"'{number}' is not in E.164 format.", field=field)
        ends.append(number)
    low, high = (int(number[1:]) for number in ends)
    if len(ends[0]) != len(ends[1]) or not 0 <= high - low < _LARGEST_POOL:
        raise refuse(400, "invalid.value", "The range of the DID pool is not valid.")
    for other in asked.objects["did_pools"].values():
        other_low, other_high = _bounds(other)
        if other is not present and low <= other_high and other_low <= high:
            raise refuse(
                409,
                "general.conflict",
                f"The DID range overlaps the DID pool {other['startPhoneNumber']} -"
                f" {other['endPhoneNumber']}.",
            )
    return {
        "name": require_text(given, "name"),
        "startPhoneNumber": ends[0],
        "endPhoneNumber": ends[1],
        "description": given.get("description") or "",
        "comments": given.get("comments") or "",
        "provider": given.get("provider") or "PURE_CLOUD",
    }


def _create_pool(asked: ApiRequest) -> Json:
    pool = create(asked, "did_pools", _checked_pool(asked, body(asked), None))
    asked.world.appear_late(_to_call_routes(pool), _POOL_SECONDS)
    return show(pool)


def _to_call_routes(pool: Json) -> str:
    """What call routes know a pool by; they see it later than everybody else."""
    return f"{pool['id']}/call-routes"


def _delete_pool(asked: ApiRequest) -> None:
    pool = find(asked, "did_pools", "DID pool")
    for number in _assigned(asked.world, pool):
        raise _in_use(number)
    del asked.objects["did_pools"][pool["id"]]


def _assigned(world: World, pool: Json) -> Iterator[str]:
    return (number for number in _owners(world) if pool_of(world, number) is pool)


def _in_use(number: str) -> Exception:
    return refuse(409, "general.conflict", f"The DID {number} of the pool is assigned.")


# the numbers in them


def _numbers(asked: ApiRequest) -> Json:
    kind = asked.query.get("type")
    if kind not in ("ASSIGNED", "UNASSIGNED", "ASSIGNED_AND_UNASSIGNED"):
        raise refuse(400, "invalid.value", f"Value [{kind}] is not valid for parameter [type].")
    match = asked.query.get("numberMatch", "").lstrip("+")
    return page(
        asked,
        (
            did
            for did in _every_number(asked.world, match)
            if kind == "ASSIGNED_AND_UNASSIGNED" or did["assigned"] == (kind == "ASSIGNED")
        ),
    )


def _every_number(world: World, match: str) -> Iterator[Json]:
    """All numbers of the pools in which these digits stand."""
    owners = _owners(world)
    for pool in world.systems["genesys"]["did_pools"].values():
        if not world.visible(pool["id"]):
            continue
        low, high = _bounds(pool)
        for digits in range(low, high + 1):
            if match not in (number := f"+{digits}"):
                continue
            did = {"number": number, "assigned": number in owners, "didPool": {"id": pool["id"]}}
            yield did | _owner(owners.get(number), number)


def _owner(ivr: Json | None, number: str) -> Json:
    """Only assigned numbers have an id."""
    if ivr is None:
        return {}
    owner = {"id": ivr["id"], "name": ivr["name"]}
    return {"id": f"did-{number[1:]}", "owner": owner, "ownerType": "IVR_CONFIG"}


# call routes


def _checked_ivr(asked: ApiRequest, given: Json, present: Json | None) -> Json:
    world = asked.world
    others = [ivr for ivr in world.systems["genesys"]["ivrs"].values() if ivr is not present]
    name = require_text(given, "name")
    if any(ivr["name"] == name for ivr in others):
        raise duplicate(f"A call route with the name '{name}' already exists.")
    numbers = given.get("dnis") or []
    if not isinstance(numbers, list) or len(numbers) > _MOST_NUMBERS:
        raise refuse(400, "invalid.value", f"At most {_MOST_NUMBERS} numbers in one request.")
    _check_numbers(world, numbers, others)
    fields: Json = {
        "name": name,
        "description": given.get("description") or "",
        "dnis": list(numbers),
    }
    for field in _FLOWS:
        if given.get(field):
            fields[field] = reference(world, "flows", given[field], field)
            if "publishedVersion" not in world.systems["genesys"]["flows"][fields[field]["id"]]:
                raise refuse(
                    400,
                    "general.bad.request",
                    f"The flow of '{field}' is not published.",
                    field=field,
                )
    if present is not None:
        for field in _FLOWS:  # what is left out is taken away
            present.pop(field, None)
    return fields


def _check_numbers(world: World, numbers: list[str], others: Iterable[Json]) -> None:
    taken = {number: ivr for ivr in others for number in ivr["dnis"]}
    for number in numbers:
        pool = pool_of(world, str(number))
        if pool is None or not world.visible(_to_call_routes(pool)):
            raise refuse(
                400,
                "general.bad.request",
                "Field 'didPoolId' is required and cannot be empty.",
                field="didPoolId",
                detail="DID_POOL_REQUIRED",
            )
        if number in taken:
            raise duplicate(
                f"The number {number} is already assigned to call route '{taken[number]['name']}'."
            )
    if len(set(numbers)) < len(numbers):
        raise duplicate("A number stands twice in the call route.")


def _ivrs(asked: ApiRequest) -> Json:
    things = named(asked, asked.objects["ivrs"].values())
    if number := asked.query.get("dnis"):
        things = (ivr for ivr in things if number in ivr["dnis"])
    return page(asked, things)


def _create_ivr(asked: ApiRequest) -> Json:
    return show(create(asked, "ivrs", _checked_ivr(asked, body(asked), None)))


def _update_ivr(asked: ApiRequest) -> Json:
    ivr, given = find(asked, "ivrs", "call route"), body(asked)
    check_version(asked, ivr, given)
    return show(change(asked, ivr, _checked_ivr(asked, given, ivr)))


def _delete_ivr(asked: ApiRequest) -> None:
    del asked.objects["ivrs"][find(asked, "ivrs", "call route")["id"]]


ENDPOINTS = [
    Endpoint("GET", f"{_POOLS}/dids", _numbers, _TELEPHONY),
    Endpoint("GET", _POOLS, lambda a: page(a, a.objects["did_pools"].values()), _TELEPHONY),
    Endpoint("POST", _POOLS, _create_pool, _TELEPHONY),
    Endpoint("DELETE", _POOLS + "/{id}", _delete_pool, _TELEPHONY),
    Endpoint("GET", _IVRS, _ivrs, ("routing:callRoute:view",)),
    Endpoint("POST", _IVRS, _create_ivr, ("routing:callRoute:add",)),
    Endpoint(
        "GET",
        _IVRS + "/{id}",
        lambda a: show(find(a, "ivrs", "call route")),
        ("routing:callRoute:view",),
    ),
    Endpoint("PUT", _IVRS + "/{id}", _update_ivr, ("routing:callRoute:edit",)),
    Endpoint("DELETE", _IVRS + "/{id}", _delete_ivr, ("routing:callRoute:delete",)),
]
