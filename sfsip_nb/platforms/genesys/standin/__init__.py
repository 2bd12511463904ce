"""A stand-in for the Genesys Cloud Platform API and its OAuth endpoint.

It refuses what the real one refuses, in its words where they are known; where the vendor's
behavior is not documented it takes the stricter reading.
"""

from __future__ import annotations

from starlette.routing import Route

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, routes
from sfsip_nb.testbed.world import Json, World

from . import (
    administrator,
    architect,
    auth,
    captures,
    customer,
    numbers,
    records,
    sites,
    template,
    trunks,
)
from .errors import CORRELATION, not_found, unreadable
from .telephony.edge import Edge

__all__ = ["STAND_IN", "genesys_routes"]


def _nothing(asked: ApiRequest) -> None:
    raise not_found("resource", asked.path["rest"])


def genesys_routes(world: World) -> list[Route]:
    """All paths, on the origin itself: OAuth, API and the host of its files share it."""
    modules = (auth, trunks, sites, numbers, architect, records, captures)
    endpoints = [endpoint for module in modules for endpoint in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/api/{rest:path}", _nothing, reads=True) for m in METHODS]
    return [
        *routes(world, "genesys", "", captures.FILES, captures.open_to_all, unreadable),
        *routes(world, "genesys", "", endpoints, auth.gate(), unreadable, CORRELATION),
    ]


def _credentials() -> Json:
    return {
        "client_id": genesys_samples.CLIENT_ID,
        "client_secret": samples.testbed_secret("genesys-client-secret"),
    }


STAND_IN = StandIn(
    settle=customer.settle,
    routes=genesys_routes,
    paths={"api": "", "login": ""},
    credentials=_credentials,
    steps=administrator.STEPS,
    calls=lambda world: list(world.records["conversations"].values()),
    secret_fields=frozenset({template.PASSWORD}),
    elements=lambda *of: {"genesys": Edge(*of)},
    screens=frozenset({"trunk.inbound"}),
)
