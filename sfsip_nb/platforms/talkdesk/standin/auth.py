"""Talkdesk's OAuth: one login host for each account, and scopes that a token carries."""

from __future__ import annotations

from sfsip_nb.platforms.talkdesk import faults
from sfsip_nb.testbed import oauth
from sfsip_nb.testbed.web import ApiRequest, Endpoint, Gate, every_fifth
from sfsip_nb.testbed.world import Json, World

from .customer import account
from .errors import refuse

_LIFETIME = 600  # seconds


def granted(world: World, client: Json) -> list[str]:
    """The scopes that the client was given in Builder."""
    missing = "queues:read" if world.fault(faults.MISSING_SCOPE) else ""
    return [scope for scope in client["_scopes"] if scope != missing]


def token(asked: ApiRequest) -> Json:
    """``POST /oauth/token``: Basic and ``grant_type=client_credentials``, as a form.

    Without ``scope`` the token carries all that the client was given. Source:
    docs.talkdesk.com/reference/cc-basic.
    """
    world, own = asked.world, account(asked.world)
    if (asked.path["account"], asked.path["region"]) != (own["name"], own["region"]):
        raise oauth.refuse(404, "not_found", "There is no such account.")
    client = oauth.client(asked, "talkdesk")
    if client is None or world.fault(faults.BAD_CREDENTIALS):
        raise oauth.refuse(401, "invalid_client", "Client authentication failed.")
    form = oauth.form(asked)
    if form.get("grant_type") != "client_credentials":
        raise oauth.refuse(400, "unsupported_grant_type", "The grant type is not supported.")
    scopes = granted(world, client)
    wanted = form.get("scope", "").split() or scopes
    if not set(wanted) <= set(scopes):
        raise oauth.refuse(400, "invalid_scope", "A requested scope is not granted.")
    value = oauth.issue(asked, "talkdesk", client, _LIFETIME, scopes=wanted)
    return {
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": _LIFETIME,
        "scope": " ".join(wanted),
    }


def gate() -> Gate:
    """Lets requests through that carry a good token of their region with the needed scope."""
    fifth = every_fifth()

    def check(asked: ApiRequest, endpoint: Endpoint) -> None:
        """Raises 401, 403 or 429."""
        if next(fifth) and asked.world.fault(faults.RATE_LIMIT):
            raise refuse(429, "too_many_requests", "Too many requests.")
        token = oauth.find(asked, "talkdesk", oauth.bearer(asked))
        if token is None or asked.path["region"] != account(asked.world)["region"]:
            raise refuse(401, "unauthorized", "The access token is missing, invalid or expired.")
        if endpoint.any_of and not set(endpoint.any_of).intersection(token["scopes"]):
            raise refuse(403, "forbidden", "The access token does not allow this.")

    return check
