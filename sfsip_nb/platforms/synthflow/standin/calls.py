"""The call list, and calls placed through the API."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime

from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json

from .assistants import find
from .errors import body, invalid, refuse, text
from .numbers import paged
from .telephony.rows import REGISTERED

# What the description allows to be null is null until it is known; the rest has its type from the
# beginning.
_LISTED: Json = {
    "agent_phone_number": "",
    "agents_used": [],
    "call_id": "",
    "call_status": "",
    "campaign_type": "",
    "collected_variables": {},
    "deployment_type": None,
    "duration": 0,
    "end_call_reason": "",
    "error_message": None,
    "labels": [],
    "lead_name": None,
    "lead_phone_number": "",
    "model_id": "",
    "name": None,
    "phone_number_from": "",
    "phone_number_to": "",
    "recording_duration": None,
    "recording_url": None,
    "start_time": "",
    "telephony_disconnect_reason": None,
    "telephony_duration": None,
    "telephony_end": None,
    "telephony_hangup": None,
    "telephony_sip_headers": {},
    "telephony_start": None,
    "timezone": None,
    "transcript": None,
    "type_of_call": "",
}
# One call alone: what is not known yet is left out, for nothing but the recording may be null.
_ALONE: Json = {"recording_url": None, "error_message": ""}
_ALONE_IF_KNOWN = (
    "call_id",
    "campaign_type",
    "collected_variables",
    "duration",
    "end_call_reason",
    "model_id",
    "name",
    "phone_number_from",
    "phone_number_to",
    "start_time",
    "telephony_disconnect_reason",
    "telephony_duration",
    "telephony_hangup",
    "telephony_ringing_duration",
    "timezone",
    "transcript",
    "type_of_call",
)


def _row(call: Json) -> Json:
    known = {name: call[name] for name in _LISTED if name in call}
    return _LISTED | known | {"executed_actions": _executed(call)}


def _alone(call: Json) -> Json:
    """One call; here its state is called ``status``, and a moment has its time zone."""
    known = {name: call[name] for name in (*_ALONE, *_ALONE_IF_KNOWN) if name in call}
    moments = {
        name: f"{call[name]}+00:00" for name in ("telephony_start", "telephony_end") if name in call
    }
    state = {"status": call["call_status"], "executed_actions": _executed(call)}
    return _ALONE | known | moments | state


def _executed(call: Json) -> Json:
    """The actions that the assistant took, by their ids."""
    return {action["action_id"]: action for action in call.get("executed_actions", ())}


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


def _ended(call: Json) -> float:
    """When a call ended, in epoch milliseconds; never while it is not over."""
    at = call.get("telephony_end")
    return datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000 if at else math.inf


def _all(asked: ApiRequest) -> Json:
    """Rows of one assistant, newest first. Unknown filters are ignored in silence.

    ``from_date`` is about the beginning of a call, ``to_date`` about its end: what is not over yet
    has none.
    """
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
        and (end is None or _ended(call) < end)
    ]
    found.sort(key=lambda row: float(row["start_time"]), reverse=True)
    page, pagination = paged(asked, found)
    return {"status": "ok", "response": {"pagination": pagination, "calls": page}}


def _get(asked: ApiRequest) -> Json:
    call = asked.world.records["synthflow_calls"].get(asked.path["id"])
    if call is None:
        raise refuse(404, f"Call {asked.path['id']} was not found.", "not_found")
    return {"status": "ok", "response": {"calls": [_alone(call)]}}


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
    return {"status": "ok", "response": {"answer": "", "call_id": call["call_id"]}, "eta": 0}


def _prepare(asked: ApiRequest) -> Json:
    """Announce a call that will come in (docs.synthflow.ai/forward-calls-to-synthflow).

    Whether its row is in the list before it comes is not known: here it is (stricter reading).
    """
    given = body(asked.body)
    assistant = find(asked.world, text(given, "model_id"))
    caller, called = text(given, "from_number"), text(given, "to_number")
    if text(given, "workspace_id") not in asked.objects["workspaces"]:
        raise refuse(403, "The workspace is not one of this key.", "forbidden")
    call = {
        "call_id": asked.world.new_id(),
        "call_status": REGISTERED,
        "model_id": assistant["model_id"],
        "name": assistant["name"],
        "type_of_call": "inbound",
        "phone_number_from": caller,
        "phone_number_to": called,
        "lead_phone_number": caller,
        "agent_phone_number": called,
        "start_time": str(int(time.time() * 1000)),
        "executed_actions": [],
    }
    asked.world.keep("synthflow_calls", call["call_id"], call)
    told = {"from_number": caller, "to_number": called, "model_id": assistant["model_id"]}
    return told | {
        "call_status": REGISTERED,
        "synthflow_call_id": call["call_id"],
        "direction": "inbound",
    }


ENDPOINTS = [
    Endpoint("GET", "/calls", _all),
    Endpoint("POST", "/calls", _dial),
    Endpoint("GET", "/calls/{id}", _get),
    Endpoint("POST", "/prepare_inbound", _prepare),
]
