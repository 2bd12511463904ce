"""Architect flows and routing queues: read only, people draw them."""

from __future__ import annotations

from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json

from .objects import named, page

_FLOW = ("architect:flow:view",)
_QUEUE = ("routing:queue:view",)


def _flows(asked: ApiRequest) -> Json:
    things = named(asked, asked.objects["flows"].values())
    kinds = {kind.upper() for kind in asked.listed("type")}
    return page(asked, (flow for flow in things if not kinds or flow["type"] in kinds))


def _queues(asked: ApiRequest) -> Json:
    return page(asked, named(asked, asked.objects["queues"].values()))


ENDPOINTS = [
    Endpoint("GET", "/api/v2/flows", _flows, _FLOW),
    Endpoint("GET", "/api/v2/routing/queues", _queues, _QUEUE),
]
