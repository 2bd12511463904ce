"""A stand-in for Talkdesk: its OAuth server and API, and the person who works on its screens.

An account lives in one region; its credentials are worth nothing at the others. What the real one
is not known to do is read strictly.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import Route

from sfsip_nb.inputs import facts, samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.web import METHODS, ApiRequest, Endpoint, routes
from sfsip_nb.testbed.world import Json, World

from . import administrator, customer, queues, reports
from .auth import TalkdeskAuth, TalkdeskLogin
from .errors import not_found, unreadable
from .telephony.sbc import Sbc

__all__ = ["STAND_IN", "administrator", "api_path", "login_path", "talkdesk_routes"]


def api_path(region: str) -> str:
    """Path of a region's API on the testbed's origin."""
    return f"/talkdesk/{region}"


def login_path(region: str, account: str) -> str:
    """Path of an account's OAuth server, which elsewhere has a host name of its own."""
    return f"/talkdesk-id/{region}/{account}"


def _nothing(asked: ApiRequest) -> None:
    raise not_found("Resource")


def _open(asked: ApiRequest, endpoint: Endpoint) -> None:
    """A login server asks for no token."""


def talkdesk_routes(world: World) -> Iterable[Route]:
    """The paths of every region, with the login servers of all accounts."""
    endpoints = [e for module in (queues, reports) for e in module.ENDPOINTS]
    endpoints += [Endpoint(m, "/{rest:path}", _nothing, reads=True) for m in METHODS]
    for region in (known["name"] for known in facts.of("talkdesk")["regions"]):
        login = Endpoint("POST", "/oauth/token", TalkdeskLogin(region).token, reads=True)
        prefix = login_path(region, "{account}")
        yield from routes(world, "talkdesk", prefix, [login], _open, unreadable)
        yield from routes(
            world, "talkdesk", api_path(region), endpoints, TalkdeskAuth(region), unreadable
        )


def _credentials() -> Json:
    return {
        "account": talkdesk_samples.ACCOUNT,
        "client_id": talkdesk_samples.CLIENT_ID,
        "client_secret": samples.testbed_secret("talkdesk-client-secret"),
    }


STAND_IN = StandIn(
    settle=customer.settle,
    routes=talkdesk_routes,
    paths={"api": api_path("{region}"), "login": login_path("{region}", "{account}")},
    credentials=_credentials,
    steps=administrator.STEPS,
    calls=lambda world: list(world.records["talkdesk_calls"].values()),
    secret_fields=frozenset({"_password"}),
    elements=lambda *of: {"talkdesk": Sbc(*of)},
)
