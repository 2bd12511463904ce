"""Refusals of Genesys Cloud, in the shape of its ErrorBody."""

from __future__ import annotations

import uuid
from typing import Any

from sfsip_nb.testbed.web import ApiRefusal

CORRELATION = "ININ-Correlation-Id"
"""The header of every answer with the id to quote to Genesys' support."""


def refuse(
    status: int, code: str, message: str, *, field: str = "", detail: str = "", **parameters: str
) -> ApiRefusal:
    """An ErrorBody with `code`; `detail` and `field` become its one detail.

    The header `CORRELATION` and ``contextId`` carry the same id.
    """
    context = str(uuid.uuid4())
    details: list[dict[str, str]] = []
    if detail or field:
        details.append({"errorCode": detail or code, **({"fieldName": field} if field else {})})
    body: dict[str, Any] = {
        "message": message,
        "code": code,
        "status": status,
        "contextId": context,
        "details": details,
        "errors": [],
    }
    if parameters:
        body["messageParams"] = parameters
    headers = {CORRELATION: context}
    if status == 429:
        headers["Retry-After"] = "1"
    return ApiRefusal(status, body, headers)


def unreadable(message: str) -> ApiRefusal:
    """The request itself is malformed."""
    return refuse(400, "bad.request", message)


def missing(field: str) -> ApiRefusal:
    """A field that the object must have."""
    return refuse(
        400,
        "general.bad.request",
        f"Field '{field}' is required and cannot be empty.",
        field=field,
        detail="REQUIRED_FIELD_MISSING",
    )


def duplicate(message: str) -> ApiRefusal:
    """A name or value that may exist only once. Genesys says 400, not 409."""
    return refuse(400, "duplicate.value", message)


def not_found(kind: str, id_: str) -> ApiRefusal:
    """There is no such object, or it is not visible yet."""
    return refuse(404, "not.found", f"The requested {kind} {id_} was not found.")
