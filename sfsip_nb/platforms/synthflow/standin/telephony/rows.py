"""Rows of Synthflow's call list, from calls that really ran (vocabulary of ``GET /calls``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sfsip_nb.sip import Call
from sfsip_nb.testbed.world import World

Json = dict[str, Any]

REGISTERED = "registered"
"""The state of a call that was announced and did not come yet."""

_STATUS = {408: "no-answer", 480: "no-answer", 486: "busy", 487: "canceled"}


def new_row(world: World, assistant: Json, kind: str, caller: str, called: str) -> Json:
    """The row of a call that begins now; `kind` is inbound or outbound."""
    now = world.now()
    agent, lead = (called, caller) if kind == "inbound" else (caller, called)
    row = {
        "call_id": world.new_id(),
        "model_id": assistant["model_id"],
        "name": assistant["name"],
        "type_of_call": kind,
        "call_status": "pending",
        "start_time": str(int(now.timestamp() * 1000)),
        "telephony_start": _naive(now),
        "phone_number_from": caller,
        "phone_number_to": called,
        "agent_phone_number": agent,
        "lead_phone_number": lead,
        "executed_actions": [],
        "telephony_sip_headers": {},
    }
    world.keep("synthflow_calls", row["call_id"], row)
    return row


def announced(world: World, call_id: str, assistant: Json, caller: str, called: str) -> Json | None:
    """The row of a call that was announced under this id, as it comes; None if none was.

    Who answers is decided by the number, not by the announcement (stricter reading).
    """
    row: Json | None = world.records["synthflow_calls"].get(call_id)
    if row is None or row["call_status"] != REGISTERED or row["phone_number_to"] != called:
        return None
    row |= {
        "call_status": "pending",
        "telephony_start": _naive(world.now()),
        "model_id": assistant["model_id"],
        "name": assistant["name"],
        "phone_number_from": caller,
        "lead_phone_number": caller,
        "telephony_sip_headers": {},
    }
    world.keep("synthflow_calls", call_id, row)
    return row


def settle(world: World, row: Json, call: Call | None, transcript: str, reason: str) -> None:
    """Complete the row of a call that has ended; `reason` is set if the assistant ended it."""
    end = (call.ended_at if call else None) or world.now()
    answered = call.answered_at if call and call.ok else None
    row["telephony_end"] = _naive(end)
    row["transcript"] = transcript
    if call and answered:
        caller_ended = (call.ended_by == "remote") == (row["type_of_call"] == "inbound")
        row |= {
            "call_status": "completed",
            "duration": round((end - answered).total_seconds()),
            "telephony_duration": round((end - answered).total_seconds() * 1000),
            "telephony_hangup": "caller" if caller_ended else "callee",
            "telephony_disconnect_reason": "caller_hangup" if caller_ended else "callee_hangup",
            "end_call_reason": reason or "human_ended_call",
        }
    else:
        code = call.code if call else 503
        phrase = call.phrase if call else "Service Unavailable"
        row |= {
            "call_status": _STATUS.get(code, "failed"),
            "duration": 0,
            "telephony_duration": 0,
            "telephony_disconnect_reason": "forbidden" if code == 403 else "error",
            "end_call_reason": "error",
            "error_message": f"Telephony - {code} - {phrase}",
        }
    if call and call.ringing_at:
        rang = (answered or end) - call.ringing_at
        row["telephony_ringing_duration"] = round(rang.total_seconds() * 1000)
    world.keep("synthflow_calls", row["call_id"], row)


def _naive(at: datetime) -> str:
    """ISO without a zone, as the vendor's rows have it (UTC)."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds")
