"""Architect flows and routing queues with their members: read only, people draw them."""

from __future__ import annotations

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json

from .errors import not_found
from .objects import named, page

_FLOW = ("architect:flow:view",)
_QUEUE = ("routing:queue:view",)


def _flows(asked: ApiRequest) -> Json:
    things = named(asked, asked.objects["flows"].values())
    kinds = {kind.upper() for kind in asked.listed("type")}
    return page(asked, (flow for flow in things if not kinds or flow["type"] in kinds))


def _queues(asked: ApiRequest) -> Json:
    return page(asked, named(asked, asked.objects["queues"].values()))


def _members(asked: ApiRequest) -> Json:
    """The members of a queue; whoever has joined it is idle, unless nobody answers."""
    queue = asked.objects["queues"].get(asked.path["id"])
    if queue is None:
        raise not_found("queue", asked.path["id"])
    away = asked.world.fault(faults.NO_AGENTS)
    joined = [number < queue["joinedMemberCount"] for number in range(queue["memberCount"])]
    members = [
        {
            "id": f"{queue['id'][:-4]}{number:04}",
            "name": f"{queue['name']}, agent {number + 1}",
            "joined": is_joined,
            "memberBy": "user",
            "routingStatus": {"status": "IDLE" if is_joined and not away else "OFF_QUEUE"},
        }
        for number, is_joined in enumerate(joined)
    ]
    wanted = asked.query.get("joined")
    return page(asked, [m for m in members if wanted in (None, str(m["joined"]).lower())])


ENDPOINTS = [
    Endpoint("GET", "/api/v2/flows", _flows, _FLOW),
    Endpoint("GET", "/api/v2/routing/queues", _queues, _QUEUE),
    Endpoint("GET", "/api/v2/routing/queues/{id}/members", _members, _QUEUE),
]
