"""A stand-in for Synthflow's public API, one base URL a region.

A workspace lives in one region; its key is worth nothing at the others.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from starlette.routing import Route

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.testbed.cards import Values
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, every_fifth, routes
from sfsip_nb.testbed.world import Json, World

from . import assistants, calls, customer, numbers
from .errors import no_route, plain, refuse, unreadable
from .telephony import servers

PATHS = {region: f"/synthflow/{region}/v2" for region in ("us", "eu", "global")}


class _Gate:
    def __init__(self, region: str) -> None:
        self._region = region
        self._fifth = every_fifth()

    def __call__(self, asked: ApiRequest, endpoint: Endpoint) -> None:
        """Raises 401 without the key of this region, 429 under the fault."""
        world = asked.world
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        good = hmac.compare_digest(
            key.encode(), samples.testbed_secret("synthflow-api-key").encode()
        )
        if scheme != "Bearer" or not good or self._region != customer.region(world):
            raise plain(401, "Unauthorized")
        if world.fault(faults.BAD_KEY):
            raise plain(401, "Unauthorized")
        if next(self._fifth) and world.fault(faults.RATE_LIMIT):
            raise refuse(429, "Too many requests.", "rate_limit")


def _nothing(asked: ApiRequest) -> None:
    raise no_route()


def synthflow_routes(world: World) -> Iterable[Route]:
    """The paths of every region. What is left over is answered by the gateway."""
    endpoints = [e for module in (numbers, assistants, calls) for e in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/{rest:path}", _nothing, reads=True) for m in METHODS]
    for region, path in PATHS.items():
        yield from routes(world, "synthflow", path, endpoints, _Gate(region), unreadable)


def _plan(world: World, values: Values) -> Json:
    """Read the plan that the workspace is on."""
    return {"plan": next(iter(world.systems["synthflow"]["workspaces"].values()))["plan"]}


def _credentials() -> Json:
    return {
        "api_key": samples.testbed_secret("synthflow-api-key"),
        "workspace_id": samples.SYNTHFLOW_WORKSPACE_ID,
    }


STAND_IN = StandIn(
    settle=customer.settle,
    routes=synthflow_routes,
    paths=PATHS,
    credentials=_credentials,
    steps={"access.synthflow": _plan},
    calls=lambda world: list(world.records["synthflow_calls"].values()),
    secret_fields=frozenset({"_trunk_pwd"}),
    elements=servers,
)
