"""OAuth client credentials, tokens and permissions of Genesys Cloud."""

from __future__ import annotations

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed import oauth
from sfsip_nb.testbed.web import ApiRefusal, ApiRequest, Endpoint, Gate, every_fifth, show
from sfsip_nb.testbed.world import Json, World

from . import customer
from .errors import refuse
from .objects import page

_LIFETIME = 86399  # seconds
_REMOVED_BY_FAULT = {
    faults.NO_PERMISSION_TELEPHONY: ("telephony:plugin:all",),
    faults.NO_PERMISSION_CALL_ROUTES: (
        "routing:callRoute:view",
        "routing:callRoute:add",
        "routing:callRoute:edit",
        "routing:callRoute:delete",
    ),
    faults.NO_PERMISSION_TRACES: ("telephony:pcap:view", "telephony:pcap:add"),
    faults.NO_PERMISSION_ANALYTICS: ("analytics:conversationDetail:view",),
}


def _oauth_error(status: int, error: str, description: str) -> ApiRefusal:
    return oauth.refuse(status, error, description, description=description)


def token(asked: ApiRequest) -> Json:
    """``POST /oauth/token``: HTTP Basic and ``grant_type=client_credentials``, as a form."""
    world = asked.world
    if world.fault(faults.TOKEN_RATE_LIMIT):
        raise _oauth_error(
            400, "invalid_request", "rate limit exceeded; the maximum is 300 requests a minute"
        )
    client = oauth.client(asked, "genesys")
    if client is None or world.fault(faults.BAD_CREDENTIALS):
        raise _oauth_error(401, "invalid_client", "authentication failed")
    if oauth.form(asked).get("grant_type") != "client_credentials":
        raise _oauth_error(400, "unsupported_grant_type", "the client cannot use this grant type")
    value = oauth.issue(asked, "genesys", client, _LIFETIME)
    return {"access_token": value, "token_type": "bearer", "expires_in": _LIFETIME}


def gate() -> Gate:
    """Lets requests through that carry a good token and the endpoint's permission."""
    fifth = every_fifth()

    def check(asked: ApiRequest, endpoint: Endpoint) -> None:
        """Raises 401, 403, 429 or 503."""
        if endpoint.handler is token:
            return
        if next(fifth):
            _stumble(asked.world)
        client = caller(asked)
        if endpoint.any_of and not granted(asked, client).intersection(endpoint.any_of):
            wanted = ", ".join(endpoint.any_of)
            raise refuse(
                403,
                "missing.any.permissions",
                "Unable to perform the requested action. You must have at least one of the"
                f" following permissions assigned: [{wanted}]",
                permissions=f"[{wanted}]",
            )

    return check


def _stumble(world: World) -> None:
    if world.fault(faults.RATE_LIMIT):
        raise refuse(
            429,
            "too.many.requests",
            "Rate limit exceeded the maximum [300] requests within [60] seconds",
        )
    if world.fault(faults.UNAVAILABLE):
        raise refuse(503, "service.unavailable", "Service Unavailable")


def granted(asked: ApiRequest, client: Json) -> set[str]:
    """The permissions that the client's roles hold now."""
    removed = {
        permission
        for fault, permissions in _REMOVED_BY_FAULT.items()
        if asked.world.fault(fault)
        for permission in permissions
    }
    return set(client["_permissions"]) - removed


def caller(asked: ApiRequest) -> Json:
    """The OAuth client whose token the request carries. Raises 401."""
    value = oauth.bearer(asked)
    if not value:
        raise refuse(
            401,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
    token = oauth.find(asked, "genesys", value)
    if token is None:
        raise refuse(401, "bad.credentials", "Invalid login credentials.")
    return asked.objects["clients"][token["client"]]


def tokens_me(asked: ApiRequest) -> Json:
    """``GET /tokens/me``: organization and client of the token."""
    client, org = caller(asked), customer.org(asked.world)
    named = {"id": org["id"], "name": org["name"]}
    return {
        "organization": named,
        "homeOrganization": named,
        "authorizedScope": [],
        "OAuthClient": {**show(client), "organization": named},
    }


def needs_user(asked: ApiRequest) -> None:
    """A client is no user, and has no station to place a call from."""
    raise refuse(
        400,
        "not.a.user",
        "This request requires a user context. Client credentials cannot be used for requests"
        " to this resource.",
    )


def products(asked: ApiRequest) -> Json:
    """``GET /authorization/products``: what the organization has bought."""
    bought = ["collaborate", "directory", "telephony", "byoc"]
    if asked.world.fault(faults.NO_BYOC):
        bought.remove("byoc")
    return page(asked, ({"id": product} for product in bought))


ENDPOINTS = [
    Endpoint("POST", "/oauth/token", token, reads=True),
    Endpoint("GET", "/api/v2/tokens/me", tokens_me),
    Endpoint("DELETE", "/api/v2/tokens/me", oauth.forget, reads=True),
    Endpoint("GET", "/api/v2/users/me", needs_user),
    Endpoint("POST", "/api/v2/conversations/calls", needs_user),
    Endpoint("GET", "/api/v2/organizations/me", lambda a: show(customer.org(a.world))),
    Endpoint("GET", "/api/v2/authorization/products", products),
]
