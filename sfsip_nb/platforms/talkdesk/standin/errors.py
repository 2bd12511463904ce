"""Refusals of the Talkdesk API: ``code``, ``message``, ``description``, ``fields``.

Source: docs.talkdesk.com, any reference page. The codes themselves are not published; these are
the testbed's own words.
"""

from __future__ import annotations

from sfsip_nb.testbed.web import ApiRefusal


def refuse(status: int, code: str, message: str, *, field: str = "", why: str = "") -> ApiRefusal:
    """An error body; `field` and `why` become its one faulty field."""
    fields = [{"name": field, "description": why}] if field else []
    body = {"code": code, "message": message, "description": why or message, "fields": fields}
    return ApiRefusal(status, body, {"Retry-After": "1"} if status == 429 else None)


def invalid(field: str, why: str) -> ApiRefusal:
    """A field or parameter that cannot be taken."""
    return refuse(400, "validation_error", "Invalid request.", field=field, why=why)


def unreadable(message: str) -> ApiRefusal:
    """The body is no JSON."""
    return refuse(400, "bad_request", message)


def not_found(what: str) -> ApiRefusal:
    """There is no such thing, or no such path."""
    return refuse(404, "not_found", f"{what} not found.")
