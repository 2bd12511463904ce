"""Lists, versions and late visibility: what all objects of Genesys Cloud have in common."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed.web import ApiRequest, show
from sfsip_nb.testbed.world import World

from .errors import missing, not_found, refuse

Json = dict[str, Any]
Show = Callable[[Json], Json]

_CREATE_SECONDS = 2.0  # how long a new object answers 404
_SLOW_SECONDS = 30.0


def page(asked: ApiRequest, things: Iterable[Json], shown: Show = show) -> Json:
    """One page of a list. Raises 400 for page numbers and sizes that are none."""
    found = [shown(thing) for thing in things if asked.world.visible(str(thing.get("id")))]
    size = _count(asked, "pageSize", 25)
    number = _count(asked, "pageNumber", 1)
    if size > 100:
        raise refuse(400, "invalid.value", "Value [pageSize] must not be greater than 100.")
    pages = -(-len(found) // size)

    def uri(of: int) -> str:
        path = asked.url.removeprefix(asked.origin).partition("?")[0]
        return f"{path}?{urlencode({**asked.query, 'pageSize': size, 'pageNumber': of})}"

    answer: Json = {
        "entities": found[(number - 1) * size : number * size],
        "pageSize": size,
        "pageNumber": number,
        "total": len(found),
        "pageCount": pages,
        "firstUri": uri(1),
        "lastUri": uri(max(pages, 1)),
        "selfUri": uri(number),
    }
    if number < pages:
        answer["nextUri"] = uri(number + 1)
    if number > 1:
        answer["previousUri"] = uri(number - 1)
    return answer


def _count(asked: ApiRequest, name: str, default: int) -> int:
    text = asked.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise refuse(400, "invalid.value", f"Value [{text}] is not valid for parameter [{name}].")
    return int(text)


def named(asked: ApiRequest, things: Iterable[Json]) -> Iterable[Json]:
    """`things` whose name matches the query's ``name``; asterisks stand for anything."""
    wanted = asked.query.get("name")
    if not wanted:
        return things
    pattern = wanted.lower().replace("[", "[[]")
    return (t for t in things if fnmatch.fnmatchcase(str(t.get("name", "")).lower(), pattern))


def find(asked: ApiRequest, collection: str, kind: str, key: str = "id") -> Json:
    """The object that the path names. Raises 404; for a read also while it is not visible yet."""
    id_ = asked.path[key]
    thing = asked.objects[collection].get(id_)
    if thing is None or (asked.method == "GET" and not asked.world.visible(id_)):
        raise not_found(kind, id_)
    return thing


def body(asked: ApiRequest) -> Json:
    """The request's JSON object. Raises 400 for anything else."""
    if not isinstance(asked.body, dict):
        raise refuse(400, "bad.request", "A JSON object is expected in the request body.")
    return asked.body


def require_text(given: Json, field: str) -> str:
    """A field that must hold text. Raises 400."""
    value = given.get(field)
    if not isinstance(value, str) or not value.strip():
        raise missing(field)
    return value


def reference(world: World, collection: str, given: Any, field: str) -> Json:
    """``{"id", "name"}`` of an existing object that `given` refers to. Raises 400."""
    id_ = given.get("id") if isinstance(given, dict) else None
    thing = world.systems["genesys"][collection].get(str(id_))
    if thing is None:
        raise refuse(
            400,
            "general.bad.request",
            f"Field '{field}' refers to nothing.",
            field=field,
            detail="REFERENCE_NOT_FOUND",
        )
    return {"id": thing["id"], "name": thing.get("name", "")}


def create(asked: ApiRequest, collection: str, fields: Json) -> Json:
    """A new object; reads will miss it for a moment."""
    world = asked.world
    at = world.iso()
    thing = {
        "id": world.new_id(),
        "version": 1,
        "state": "active",
        "dateCreated": at,
        "dateModified": at,
        "createdByApp": "Runbook client",
        **fields,
    }
    thing["selfUri"] = f"{asked.url.removeprefix(asked.origin).partition('?')[0]}/{thing['id']}"
    world.systems["genesys"][collection][thing["id"]] = thing
    seconds = _SLOW_SECONDS if world.fault(faults.SLOW_VISIBILITY) else _CREATE_SECONDS
    world.appear_late(thing["id"], seconds)
    return thing


def check_version(asked: ApiRequest, thing: Json, given: Json) -> None:
    """The body must carry the object's present version. Raises 400 without one, 409 for another."""
    if asked.world.fault(faults.SECOND_OPERATOR) and not thing.get("_touched"):
        thing["_touched"] = True  # once an object: whoever reads it again gets through
        thing["version"] += 1
    version = given.get("version")
    if not isinstance(version, int):
        raise missing("version")
    if version != thing["version"]:
        raise refuse(
            409,
            "general.conflict",
            f"The version {version} does not match the current version {thing['version']}.",
        )


def change(asked: ApiRequest, thing: Json, fields: Json) -> Json:
    """Take `fields` over; the version counts on."""
    thing.update(fields)
    thing["version"] += 1
    thing["dateModified"] = asked.world.iso()
    return thing
