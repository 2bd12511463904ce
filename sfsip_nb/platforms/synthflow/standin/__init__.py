"""A stand-in for Synthflow's public API, one base URL a region.

A workspace lives in one region; its key is worth nothing at the others.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from starlette.routing import Route

from sfsip_nb.inputs import samples
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, EveryFifth, routes
from sfsip_nb.testbed.world import World

from . import assistants, calls, numbers
from .errors import no_route, plain, refuse, unreadable

REGIONS = ("us", "eu", "global")


def base_path(region: str) -> str:
    """Path of a region's API on the testbed's origin."""
    return f"/synthflow/{region}/v2"


class _Gate:
    def __init__(self, region: str) -> None:
        self._region = region
        self._fifth = EveryFifth()

    def __call__(self, asked: ApiRequest, endpoint: Endpoint) -> None:
        """Raises 401 without the key of this region, 429 under the fault."""
        world = asked.world
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        good = hmac.compare_digest(
            key.encode(), samples.testbed_secret("synthflow-api-key").encode()
        )
        if scheme != "Bearer" or not good or self._region != world.synthflow_region:
            raise plain(401, "Unauthorized")
        if world.fault("synthflow.bad-key"):
            raise plain(401, "Unauthorized")
        if self._fifth() and world.fault("synthflow.rate-limit"):
            raise refuse(429, "Too many requests.", "rate_limit")


def _nothing(asked: ApiRequest) -> None:
    raise no_route()


def synthflow_routes(world: World) -> Iterable[Route]:
    """The paths of every region. What is left over is answered by the gateway."""
    endpoints = [e for module in (numbers, assistants, calls) for e in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/{rest:path}", _nothing, reads=True) for m in METHODS]
    for region in REGIONS:
        yield from routes(
            world, "synthflow", base_path(region), endpoints, _Gate(region), unreadable
        )
