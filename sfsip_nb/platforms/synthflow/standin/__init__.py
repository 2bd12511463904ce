"""A stand-in for Synthflow's public API, one base URL a region.

A workspace lives in one region; its key is worth nothing at the others.
"""

from __future__ import annotations

import hmac

from starlette.routing import Route

from sfsip_nb.inputs import facts, samples
from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.testbed.cards import Values
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, Gate, every_fifth, routes
from sfsip_nb.testbed.world import Json, World

from . import assistants, calls, customer, numbers
from .errors import no_route, plain, refuse, unreadable
from .telephony import servers

_PATH = "/synthflow/{region}/v2"


def _gate() -> Gate:
    """Lets requests through that carry the key of their region."""
    fifth = every_fifth()

    def check(asked: ApiRequest, endpoint: Endpoint) -> None:
        """Raises 401 without the key of this region, 429 under the fault."""
        world = asked.world
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        good = hmac.compare_digest(
            key.encode(), samples.testbed_secret("synthflow-api-key").encode()
        )
        ours = scheme == "Bearer" and good and asked.path["region"] == customer.region(world)
        if not ours or world.fault(faults.BAD_KEY):
            raise plain(401, "Unauthorized")
        if next(fifth) and world.fault(faults.RATE_LIMIT):
            raise refuse(429, "Too many requests.", "rate_limit")

    return check


def _nothing(asked: ApiRequest) -> None:
    raise no_route()


def synthflow_routes(world: World) -> list[Route]:
    """The paths of every region. What is left over is answered by the gateway."""
    endpoints = [e for module in (numbers, assistants, calls) for e in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/{rest:path}", _nothing, reads=True) for m in METHODS]
    return routes(world, "synthflow", _PATH, endpoints, _gate(), unreadable)


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
    paths={region: _PATH.format(region=region) for region in facts.synthflow_regions()},
    credentials=_credentials,
    steps={"access.synthflow": _plan},
    calls=lambda world: list(world.records["synthflow_calls"].values()),
    secret_fields=frozenset({"_trunk_pwd"}),
    elements=servers,
)
