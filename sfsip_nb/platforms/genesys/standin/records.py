"""What Genesys Cloud tells about calls afterwards: traces, media statistics, analytics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json, World

from .errors import missing, not_found, refuse
from .objects import body

_PCAP = ("telephony:pcap:view",)
_DETAILS = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")
_FILTERS = {
    "callId": "callid",
    "toUser": "toUser",
    "fromUser": "fromUser",
    "conversationId": "conversationId",
    "participantId": "participantId",
}
_CAPACITY = 300  # concurrent calls of the sample organization


def moment(text: str, field: str) -> datetime:
    """A time with its zone. Raises 400 for any other text."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse(400, "invalid.date", f"'{text}' is not a date.", field=field) from error
    if at.tzinfo is None:
        raise refuse(400, "invalid.date", f"'{text}' needs a time zone.", field=field)
    return at


def _siptraces(asked: ApiRequest) -> Json:
    start, end = (
        moment(asked.query[field], field) if field in asked.query else _absent(field)
        for field in ("dateStart", "dateEnd")
    )
    found = traced(asked.world, start, end, asked.query)
    return {"status": 200, "message": "", "count": len(found), "data": found}


def traced(world: World, start: datetime, end: datetime, query: Mapping[str, Any]) -> list[Json]:
    """The messages between two times that pass each filter of a query."""
    return [
        record
        for record in world.records["sip_messages"].values()
        if start <= datetime.fromisoformat(record["date"]) <= end
        and all(
            record.get(field) == query[name] for name, field in _FILTERS.items() if name in query
        )
    ]


def _absent(field: str) -> datetime:
    raise missing(field)


def _media(asked: ApiRequest) -> Json:
    return {"entities": list(asked.world.records["media"].get(asked.path["id"], {}).values())}


def _details(asked: ApiRequest) -> Json:
    """Conversations whose beginning lies in the interval and that pass every filter."""
    query = body(asked)
    start_text, slash, end_text = str(query.get("interval") or "").partition("/")
    if not slash:
        raise missing("interval")
    start, end = moment(start_text, "interval"), moment(end_text, "interval")
    paging = query.get("paging") or {}
    size, number = paging.get("pageSize", 25), paging.get("pageNumber", 1)
    if not (isinstance(size, int) and isinstance(number, int) and 0 < size <= 100 and number > 0):
        raise refuse(400, "invalid.value", "The paging is not valid; pageSize is at most 100.")
    filters = query.get("segmentFilters") or []
    known = {} if asked.world.fault(faults.LATE_RECORDS) else asked.world.records["conversations"]
    found = [
        conversation
        for conversation in known.values()
        if start <= datetime.fromisoformat(conversation["conversationStart"]) < end
        and any(_passes(facts, filters) for facts in _segments(conversation))
    ]
    backwards = query.get("order") == "desc"
    found.sort(key=lambda c: str(c["conversationStart"]), reverse=backwards)
    shown = found[(number - 1) * size : number * size]
    return {"totalHits": len(found)} | ({"conversations": shown} if shown else {})


def _segments(conversation: Json) -> Iterator[Json]:
    """Each segment with what its session and participant add to it."""
    whole = {"conversationId": conversation["conversationId"]}
    for participant in conversation["participants"]:
        for session in participant["sessions"]:
            flow = session.get("flow") or {}
            for segment in session.get("segments") or [{}]:
                yield whole | {"purpose": participant["purpose"]} | session | flow | segment


def _passes(facts: Json, filters: list[Any]) -> bool:
    return all(_combine(f, [_holds(facts, p) for p in f.get("predicates") or ()]) for f in filters)


def _combine(group: Mapping[str, Any], results: list[bool]) -> bool:
    return any(results) if group.get("type") == "or" else all(results)


def _holds(facts: Json, predicate: Mapping[str, Any]) -> bool:
    """Values are compared as they are stored, ``tel:+1…`` and all."""
    seen, wanted = facts.get(str(predicate.get("dimension"))), predicate.get("value")
    if predicate.get("operator") == "exists":
        return seen is not None
    return str(wanted) in (map(str, seen) if isinstance(seen, list) else [str(seen)])


def _metrics(asked: ApiRequest) -> Json:
    running = sum("conversationEnd" not in c for c in asked.world.records["conversations"].values())
    return {
        "concurrentCallCount": running,
        "concurrentCallSessionCount": running,
        "maxCallCapacity": _CAPACITY,
        "maxCallSessionCapacity": _CAPACITY,
        "usage": round(running / _CAPACITY, 4),
        "autoScaleInProgress": "None",
        "autoScalingTriggerPercentage": 0.8,
        "cpuIntensity": "Low",
        "memoryIntensity": "Low",
    }


def _live(asked: ApiRequest) -> Json:
    """The call as it stands, in the shorter form of ``/conversations/calls``."""
    conversation = asked.world.records["conversations"].get(asked.path["id"])
    if conversation is None:
        raise not_found("conversation", asked.path["id"])
    participants = []
    for participant in conversation["participants"]:
        session = participant["sessions"][0]
        last = (session.get("segments") or [{}])[-1]
        ended = last.get("disconnectType")
        participants.append(
            {
                "id": participant["participantId"],
                "purpose": participant["purpose"],
                "direction": session["direction"],
                "state": "disconnected" if ended else "connected",
                **({"disconnectType": ended} if ended else {}),
                **({"errorInfo": {"code": last["errorCode"]}} if last.get("errorCode") else {}),
            }
        )
    return {"id": conversation["conversationId"], "participants": participants}


_STATISTICS = "/api/v2/telephony/providers/edges/mediastatistics/conversations/{id}"
ENDPOINTS = [
    Endpoint("GET", "/api/v2/telephony/siptraces", _siptraces, _PCAP),
    Endpoint("GET", _STATISTICS, _media, _DETAILS),
    Endpoint(
        "POST", "/api/v2/analytics/conversations/details/query", _details, _DETAILS, reads=True
    ),
    Endpoint(
        "GET",
        "/api/v2/conversations/calls/{id}",
        _live,
        ("conversation:communication:view",),
    ),
    Endpoint("GET", "/api/v2/telephony/calls/metrics", _metrics, ("telephony:callMetrics:view",)),
]
