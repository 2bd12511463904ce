"""The call list, and calls placed through the API."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json

from .assistants import find
from .errors import body, invalid, refuse, text
from .numbers import paged

_ROW = (
    "agent_phone_number",
    "agents_used",
    "assistant_version",
    "call_id",
    "call_status",
    "campaign_type",
    "collected_variables",
    "deployment_type",
    "duration",
    "end_call_reason",
    "error_message",
    "executed_actions",
    "judge_results",
    "labels",
    "lead_name",
    "lead_phone_number",
    "model_id",
    "name",
    "phone_number_from",
    "phone_number_to",
    "recording_duration",
    "recording_url",
    "start_time",
    "telephony_disconnect_reason",
    "telephony_duration",
    "telephony_end",
    "telephony_hangup",
    "telephony_ringing_duration",
    "telephony_sip_headers",
    "telephony_start",
    "timezone",
    "transcript",
    "type_of_call",
)


def _row(call: Json) -> Json:
    return {name: call.get(name) for name in _ROW}


def _moment(asked: ApiRequest, name: str) -> float | None:
    """A limit of time in epoch milliseconds, from those or from ``YYYY-MM-DD``."""
    given = asked.query.get(name)
    if given is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        return datetime.fromisoformat(given).replace(tzinfo=UTC).timestamp() * 1000
    if not given.isdecimal():
        raise invalid("query", name, "value is not a valid integer")
    return float(given)


def _all(asked: ApiRequest) -> Json:
    """Rows of one assistant, newest first. Unknown filters are ignored in silence."""
    model_id = asked.query.get("model_id")
    if not model_id:
        raise invalid("query", "model_id")
    if not re.fullmatch(r"[1-9]\d?|100", asked.query.get("limit", "20")):
        raise invalid("query", "limit", "limit must be from 1 to 100")
    start, end = _moment(asked, "from_date"), _moment(asked, "to_date")
    found = [
        _row(call)
        for call in asked.world.records["synthflow_calls"].values()
        if call["model_id"] == model_id
        and (start is None or float(call["start_time"]) >= start)
        and (end is None or float(call["start_time"]) < end)
    ]
    found.sort(key=lambda row: float(row["start_time"]), reverse=True)
    page, pagination = paged(asked, found)
    return {"status": "ok", "response": {"pagination": pagination, "calls": page}}


def _get(asked: ApiRequest) -> Json:
    """One call; here its state is called ``status``."""
    call = asked.world.records["synthflow_calls"].get(asked.path["id"])
    if call is None:
        raise refuse(404, f"Call {asked.path['id']} was not found.", "not_found")
    row = _row(call)
    row["status"] = row.pop("call_status")
    return {"status": "ok", "response": {"calls": [row]}}


def _dial(asked: ApiRequest) -> Json:
    """Create the row of a call; the telephone part picks up what is pending."""
    given = body(asked.body)
    assistant = find(asked.world, text(given, "model_id"))
    phone, name = text(given, "phone"), text(given, "name")
    attached = [n for n in (assistant["phone_number"], *assistant["_phone_numbers"]) if n]
    origin = given.get("from_phone_number") or (attached[0] if attached else "")
    if origin not in attached:
        raise refuse(400, "from_phone_number is not attached to this agent.")
    call = {
        "call_id": asked.world.new_id(),
        "call_status": "pending",
        "model_id": assistant["model_id"],
        "type_of_call": "outbound",
        "lead_name": name,
        "lead_phone_number": phone,
        "phone_number_from": origin,
        "phone_number_to": phone,
        "agent_phone_number": origin,
        "start_time": str(int(time.time() * 1000)),
        "executed_actions": [],
    }
    asked.world.keep("synthflow_calls", call["call_id"], call)
    asked.world.dials["synthflow"](call)
    return {"status": "ok", "response": {"answer": "", "call_id": call["call_id"]}, "eta": None}


ENDPOINTS = [
    Endpoint("GET", "/calls", _all),
    Endpoint("POST", "/calls", _dial),
    Endpoint("GET", "/calls/{id}", _get),
]
