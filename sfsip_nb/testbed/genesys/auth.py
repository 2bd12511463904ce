"""OAuth client credentials, tokens and permissions of Genesys Cloud."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time

from sfsip_nb.inputs import samples

from ..web import Asked, Endpoint, Json, Refused
from .errors import refuse
from .objects import page, show

_LIFETIME = 86399  # seconds
_REMOVED_BY_FAULT = {
    "genesys.no-permission-telephony": ("telephony:plugin:all",),
    "genesys.no-permission-call-routes": (
        "routing:callRoute:view",
        "routing:callRoute:add",
        "routing:callRoute:edit",
        "routing:callRoute:delete",
    ),
    "genesys.no-permission-traces": ("telephony:pcap:view", "telephony:pcap:add"),
    "genesys.no-permission-analytics": ("analytics:conversationDetail:view",),
}


def _oauth_error(status: int, error: str, description: str) -> Refused:
    return Refused(
        status,
        {"error": error, "description": description, "error_description": description},
    )


def token(asked: Asked) -> Json:
    """``POST /oauth/token``: HTTP Basic and ``grant_type=client_credentials``, as a form."""
    world = asked.world
    if world.fault("genesys.token-rate-limit"):
        raise _oauth_error(
            400, "invalid_request", "rate limit exceeded; the maximum is 300 requests a minute"
        )
    client_id, secret = _basic(asked)
    expected = samples.testbed_secret("genesys-client-secret")
    client = world.genesys["clients"].get(client_id)
    good = hmac.compare_digest(secret.encode(), expected.encode())
    if client is None or not good or world.fault("genesys.bad-credentials"):
        raise _oauth_error(401, "invalid_client", "authentication failed")
    form = asked.body if isinstance(asked.body, dict) else {}
    if form.get("grant_type") != "client_credentials":
        raise _oauth_error(400, "unsupported_grant_type", "the client cannot use this grant type")
    value = secrets.token_urlsafe(48)
    world.tokens[value] = {"client": client_id, "until": time.time() + _LIFETIME}
    world.touch()
    return {"access_token": value, "token_type": "bearer", "expires_in": _LIFETIME}


def _basic(asked: Asked) -> tuple[str, str]:
    scheme, _, given = asked.headers.get("authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(given, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    return client_id, secret


class Gate:
    """Lets requests through that carry a good token and the endpoint's permission."""

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, asked: Asked, endpoint: Endpoint) -> None:
        """Raises 401, 403, 429 or 503."""
        if endpoint.handler is token:
            return
        self._stumble(asked)
        client = caller(asked)
        if not endpoint.any_of:
            return
        if not granted(asked, client).intersection(endpoint.any_of):
            wanted = ", ".join(endpoint.any_of)
            raise refuse(
                403,
                "missing.any.permissions",
                "Unable to perform the requested action. You must have at least one of the"
                f" following permissions assigned: [{wanted}]",
                permissions=f"[{wanted}]",
            )

    def _stumble(self, asked: Asked) -> None:
        self._seen += 1
        if self._seen % 5 == 0:
            if asked.world.fault("genesys.rate-limit"):
                raise refuse(
                    429,
                    "too.many.requests",
                    "Rate limit exceeded the maximum [300] requests within [60] seconds",
                )
            if asked.world.fault("genesys.unavailable"):
                raise refuse(503, "service.unavailable", "Service Unavailable")


def granted(asked: Asked, client: Json) -> set[str]:
    """The permissions that the client's roles hold now."""
    removed = {
        permission
        for fault, permissions in _REMOVED_BY_FAULT.items()
        if asked.world.fault(fault)
        for permission in permissions
    }
    return set(client["_permissions"]) - removed


def caller(asked: Asked) -> Json:
    """The OAuth client whose token the request carries. Raises 401."""
    scheme, _, value = asked.headers.get("authorization", "").partition(" ")
    if not value or scheme.lower() != "bearer":
        raise refuse(
            401,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
    known = asked.world.tokens.get(value)
    if known is None or known["until"] < time.time():
        raise refuse(401, "bad.credentials", "Invalid login credentials.")
    return asked.world.genesys["clients"][known["client"]]


def tokens_me(asked: Asked) -> Json:
    """``GET /tokens/me``: organisation and client of the token."""
    client, org = caller(asked), asked.world.org
    named = {"id": org["id"], "name": org["name"]}
    return {
        "organization": named,
        "homeOrganization": named,
        "authorizedScope": [],
        "OAuthClient": {**show(client), "organization": named},
    }


def revoke(asked: Asked) -> None:
    """``DELETE /tokens/me``: the token is worth nothing from now on."""
    asked.world.tokens.pop(asked.headers["authorization"].partition(" ")[2], None)
    asked.world.touch()


def users_me(asked: Asked) -> Json:
    """``GET /users/me``: a client is no user."""
    raise _needs_user()


def place_call(asked: Asked) -> Json:
    """``POST /conversations/calls``: needs a user and a station, which a client does not have."""
    raise _needs_user()


def _needs_user() -> Refused:
    return refuse(
        400,
        "not.a.user",
        "This request requires a user context. Client credentials cannot be used for requests"
        " to this resource.",
    )


def organization(asked: Asked) -> Json:
    """``GET /organizations/me``."""
    return show(asked.world.org)


def products(asked: Asked) -> Json:
    """``GET /authorization/products``: what the organisation has bought."""
    bought = ["collaborate", "directory", "telephony", "byoc"]
    if asked.world.fault("genesys.no-byoc"):
        bought.remove("byoc")
    return page(asked, ({"id": product} for product in bought))


ENDPOINTS = [
    Endpoint("POST", "/oauth/token", token, reads=True),
    Endpoint("GET", "/api/v2/tokens/me", tokens_me),
    Endpoint("DELETE", "/api/v2/tokens/me", revoke, reads=True),
    Endpoint("GET", "/api/v2/users/me", users_me),
    Endpoint("POST", "/api/v2/conversations/calls", place_call),
    Endpoint("GET", "/api/v2/organizations/me", organization),
    Endpoint("GET", "/api/v2/authorization/products", products),
]
