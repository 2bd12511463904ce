"""An entry of Talkdesk's calls report, made from the legs that really ran.

Names: docs.talkdesk.com/docs/calls-report, and a public connector's schema of the report. How
several ring groups are written, and what one call handed over by REFER looks like, is not known:
here it stays one entry, and lists have commas.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sfsip_nb.testbed.telephony.legs import Conversation, Participant
from sfsip_nb.testbed.world import World

Json = dict[str, Any]

_NOTHING = timedelta()


def entry(world: World, conversation: Conversation, fell_back: bool) -> Json:
    """The entry of a conversation that is over; `fell_back` if a fallback was needed."""
    legs, first = conversation.legs, conversation.legs[0]
    outward = conversation.direction == "outbound"
    own, contact = (first.ani, first.dnis) if outward else (first.dnis, first.ani)
    rung = [leg for leg in legs if leg.purpose in ("external", "agent")]
    talks = [leg for leg in rung if leg.call and leg.call.answered_at]
    agent = next((leg for leg in talks if leg.purpose == "agent"), None)
    handed = [leg for leg in talks if leg.purpose == "external" and not outward]
    started, ended = conversation.started, conversation.ended
    connected = min((leg.started + _rang(leg) for leg in talks), default=ended)
    waited = _seconds(connected - started)
    abandoned = not talks and first.call is not None and first.call.ended_by == "remote"
    user = {
        "id": f"{agent.queue_id}-1" if agent else None,
        "name": f"{agent.name} 1" if agent else None,
    }
    return {
        "call_id": conversation.id,
        "callsid": "CA" + conversation.id.replace("-", ""),
        "type": _type(outward, bool(talks), abandoned),
        "start_at": world.iso(started),
        "end_at": world.iso(ended),
        "talkdesk_phone_number": own,
        "talkdesk_phone_display_name": world.systems["talkdesk"]["numbers"]
        .get(own, {})
        .get("name", ""),
        "contact_phone_number": contact,
        "total_time": _seconds(ended - started),
        "talk_time": _seconds(sum((_talked(leg) for leg in talks), _NOTHING)),
        "wait_time": waited,
        "hold_time": 0,
        "abandon_time": waited if abandoned else 0,
        "total_ringing_time": _seconds(sum((_rang(leg) for leg in rung), _NOTHING)),
        "ring_groups": _names(leg for leg in legs if leg.purpose == "acd"),
        "ivr_options": _names(leg for leg in legs if leg.purpose == "ivr"),
        "is_transfer": any(leg.disconnect == "transfer" for leg in handed),
        "is_external_transfer": any(leg.trunk is not None for leg in handed),
        "is_call_forwarding": any(leg.trunk is None for leg in handed),
        "is_if_no_answer": fell_back,
        **{f"user_{key}": value for key, value in user.items()},
        **{f"handling_user_{key}": value for key, value in user.items()},
        "recording_url": None,
    }


def _type(outward: bool, talked: bool, abandoned: bool) -> str:
    if outward:
        return "outbound" if talked else "outbound_missed"
    if talked:
        return "inbound"
    return "abandoned" if abandoned else "missed"


def _rang(leg: Participant) -> timedelta:
    """Until the leg was answered, or came to nothing."""
    until = (leg.call.answered_at if leg.call else None) or leg.ended
    return until - leg.started if until else _NOTHING


def _talked(leg: Participant) -> timedelta:
    return (leg.ended - leg.started - _rang(leg)) if leg.ended else _NOTHING


def _seconds(time: timedelta) -> int:
    return round(time.total_seconds())


def _names(legs: Iterable[Participant]) -> str:
    return ", ".join(dict.fromkeys(leg.name for leg in legs))
