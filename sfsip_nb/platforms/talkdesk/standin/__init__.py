"""A stand-in for Talkdesk: its OAuth server and API, and the person who works on its screens.

An account lives in one region; its credentials are worth nothing at the others. What the real one
is not known to do is read strictly.
"""

from __future__ import annotations

from starlette.routing import Route

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, routes
from sfsip_nb.testbed.world import Json, World

from . import administrator, auth, customer, queues, reports
from .errors import not_found, unreadable
from .telephony.sbc import Sbc

__all__ = ["STAND_IN"]


_API, _LOGIN = "/talkdesk/{region}", "/talkdesk-id/{region}/{account}"


def _nothing(asked: ApiRequest) -> None:
    raise not_found("Resource")


def _open(asked: ApiRequest, endpoint: Endpoint) -> None:
    """A login server asks for no token."""


def talkdesk_routes(world: World) -> list[Route]:
    """The paths of every region, with the login servers of all accounts."""
    endpoints = [e for module in (queues, reports) for e in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/{rest:path}", _nothing, reads=True) for m in METHODS]
    login = [Endpoint("POST", "/oauth/token", auth.token, reads=True)]
    return [
        *routes(world, "talkdesk", _LOGIN, login, _open, unreadable),
        *routes(world, "talkdesk", _API, endpoints, auth.gate(), unreadable),
    ]


def _credentials() -> Json:
    return {
        "account": talkdesk_samples.ACCOUNT,
        "client_id": talkdesk_samples.CLIENT_ID,
        "client_secret": samples.testbed_secret("talkdesk-client-secret"),
    }


STAND_IN = StandIn(
    settle=customer.settle,
    routes=talkdesk_routes,
    paths={"api": _API, "login": _LOGIN},
    credentials=_credentials,
    steps=administrator.STEPS,
    calls=lambda world: list(world.records["talkdesk_calls"].values()),
    secret_fields=frozenset({"_password"}),
    elements=lambda *of: {"talkdesk": Sbc(*of)},
    screens=frozenset({"access.platform", "access.number"}),
)
