"""OAuth client credentials as all token endpoints take them, and the tokens that they gave out."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from typing import Any

from sfsip_nb.inputs import samples

from .web import ApiRefusal, ApiRequest
from .world import Json


def refuse(status: int, error: str, description: str, /, **more: Any) -> ApiRefusal:
    """RFC 6749 §5.2: ``error`` and ``error_description``, with whatever a vendor adds."""
    return ApiRefusal(status, {"error": error, "error_description": description, **more})


def form(asked: ApiRequest) -> dict[str, str]:
    """The fields of the posted form; none where it is no form."""
    return asked.body if isinstance(asked.body, dict) else {}


def client(asked: ApiRequest, system: str) -> Json | None:
    """The customer's OAuth client at `system` that the request's HTTP Basic names, if it is one."""
    scheme, _, given = asked.headers.get("authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(given, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    expected = samples.testbed_secret(f"{system}-client-secret")
    good = hmac.compare_digest(secret.encode(), expected.encode())
    return asked.world.systems[system]["clients"].get(client_id) if good else None


def issue(asked: ApiRequest, system: str, owner: Json, seconds: float, **more: Any) -> str:
    """A new token of `owner`, good for `seconds`; `more` is kept with it."""
    value = secrets.token_urlsafe(48)
    asked.world.tokens[value] = {
        "system": system,
        "client": owner["id"],
        "until": time.time() + seconds,
        **more,
    }
    asked.world.touch()
    return value


def bearer(asked: ApiRequest) -> str:
    """The token that the request carries, good or not; "" without one."""
    scheme, _, value = asked.headers.get("authorization", "").partition(" ")
    return value if scheme.lower() == "bearer" else ""


def find(asked: ApiRequest, system: str, value: str) -> Json | None:
    """What is known of a token of `system`; None for one that is unknown or over."""
    known = asked.world.tokens.get(value)
    good = known is not None and known["system"] == system and known["until"] >= time.time()
    return known if good else None


def forget(asked: ApiRequest) -> None:
    """The request's token is worth nothing from now on."""
    asked.world.tokens.pop(bearer(asked), None)
    asked.world.touch()
