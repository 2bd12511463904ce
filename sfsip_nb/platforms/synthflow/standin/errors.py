"""Refusals of Synthflow. It has four shapes of error body, and uses all of them."""

from __future__ import annotations

import uuid
from typing import Any

from sfsip_nb.testbed.web import ApiRefusal


def refuse(status: int, description: str, category: str = "bad_request") -> ApiRefusal:
    """The shape of calls, assistants and actions: an object under ``detail``."""
    detail = {
        "status": "error",
        "description": description,
        "request_id": str(uuid.uuid4()),
        "category": category,
    }
    return ApiRefusal(status, {"detail": detail})


def plain(status: int, text: str) -> ApiRefusal:
    """A sentence under ``detail``, as the framework writes it."""
    return ApiRefusal(status, {"detail": text})


def invalid(where: str, field: str, message: str = "field required") -> ApiRefusal:
    """FastAPI's 422: a list under ``detail``."""
    fault = {"loc": [where, field], "msg": message, "type": "value_error"}
    return ApiRefusal(422, {"detail": [fault]})


def no_route() -> ApiRefusal:
    """The gateway in front does not know the path."""
    return ApiRefusal(404, {"error": "not_found", "message": "No route matched"})


def unreadable(message: str) -> ApiRefusal:
    """The body is no JSON."""
    return invalid("body", "__root__", message)


def body(given: Any) -> dict[str, Any]:
    """The request's JSON object. Raises 422 for anything else."""
    if not isinstance(given, dict):
        raise unreadable("value is not a valid dict")
    return given


def text(given: dict[str, Any], field: str) -> str:
    """A field that must hold text. Raises 422."""
    value = given.get(field)
    if not isinstance(value, str) or not value.strip():
        raise invalid("body", field)
    return value
