"""What Genesys Cloud can tell about a call afterwards, made from the legs that really ran.

Shapes: ``analytics/conversations/details/query``, ``telephony/siptraces`` and
``edges/mediastatistics`` as the official SDK's models name them
(PureCloudPlatformClientV2 269). The wire form of values is the vendor's where a public sample shows
it (``tel:+E164``, SIP Call-ID as ``protocolCallId``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sipmessage import Request

from sfsip_nb.sip import Audio, TraceEntry
from sfsip_nb.sip.fields import header, name_addr, uri_parts
from sfsip_nb.sip.media import figures, quality
from sfsip_nb.testbed.telephony.legs import Conversation, Participant
from sfsip_nb.testbed.telephony.net import Net
from sfsip_nb.testbed.world import Json, World

from .routing import ArchitectFlow, setting


def utc(at: datetime | None) -> str | None:
    """``2026-11-21T10:00:00.000Z``, as Genesys writes times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if at else None


def tel(number: str) -> str:
    """``tel:+1…`` for a number, ``sip:…`` for anything else."""
    return f"tel:{number}" if number.lstrip("+").isdecimal() else f"sip:{number}"


@dataclass
class FlowLeg(Participant):
    """The part of an Architect flow, and what it transfers to."""

    flow: ArchitectFlow | None = None
    target: str = ""


def messages(conversation: Conversation, net: Net) -> list[Json]:
    """Every SIP message of every leg, in order, as siptraces entries.

    Not all records of a call carry its conversation (API description). Which ones is not known:
    here those that the far end sends within the call do not.
    """
    pairs = [(leg, entry) for leg in conversation.legs if leg.call for entry in leg.call.trace]
    pairs.sort(key=lambda pair: pair[1].at)
    return [
        homer(entry, net, "" if _sent_within(entry) else conversation.id, leg.id)
        for leg, entry in pairs
    ]


def _sent_within(entry: TraceEntry) -> bool:
    """Whether it is a request that the far end sends in a dialog."""
    request = isinstance(entry.message, Request)
    return entry.direction == "received" and request and bool(name_addr(_to(entry)).tag)


def _to(entry: TraceEntry) -> str:
    return header(entry.message, "To") if entry.message else ""


def keep_message(world: World, record: Json) -> None:
    """Keep one message that the platform traced (a ``HomerRecord``)."""
    micro = int(datetime.fromisoformat(record["date"]).timestamp() * 1e6)
    id_ = world.new_id()
    given = {"id": id_, "microTs": str(micro), "milliTs": str(micro // 1000)}
    world.keep("sip_messages", id_, given | record)


def media(conversation: Conversation) -> list[Json]:
    """Media statistics, one entry a leg that had audio."""
    return [entry for leg in conversation.legs if (entry := _media(leg))]


def details(conversation: Conversation, ended: bool) -> Json:
    """The conversation as the details query shows it; live ones have no end."""
    legs = conversation.legs
    heard = [mos(leg.call.audio) for leg in legs if leg.call and leg.call.audio]
    return {
        "conversationId": conversation.id,
        "conversationStart": utc(conversation.started),
        **({"conversationEnd": utc(conversation.ended)} if ended else {}),
        "originatingDirection": conversation.direction,
        **({"mediaStatsMinConversationMos": min(heard)} if ended and heard else {}),
        "participants": [
            {
                "participantId": leg.id,
                "participantName": leg.name,
                "purpose": leg.purpose,
                "sessions": [_session(leg, legs[0])],
            }
            for leg in legs
        ],
    }


def _session(leg: Participant, first: Participant) -> Json:
    session: Json = {
        "sessionId": leg.id,
        "mediaType": "voice",
        "provider": "Edge",
        "direction": leg.direction,
        "ani": tel(leg.ani),
        "dnis": tel(leg.dnis),
        "sessionDnis": tel(leg.dnis),
        "remote": leg.name or (leg.ani if leg.direction == "inbound" else leg.dnis),
        "recording": False,
        "segments": _segments(leg),
    }
    if leg.call:
        session["protocolCallId"] = leg.call.call_id
        session["remoteNameDisplayable"] = leg.call.caller_name or leg.ani
        if leg.call.audio:
            session["mediaEndpointStats"] = [
                {
                    "codecs": [f"audio/{leg.call.audio.codec}"],
                    "receivedPackets": leg.call.audio.packets_received,
                    "minMos": mos(leg.call.audio),
                    **({"eventTime": utc(leg.ended)} if leg.ended else {}),
                }
            ]
    elif first is not leg:
        session["peerId"] = first.id
    if isinstance(leg, FlowLeg) and leg.flow:
        session["flow"] = {
            "flowId": leg.flow.id,
            "flowName": leg.flow.name,
            "flowType": "INBOUNDCALL" if leg.direction == "inbound" else "OUTBOUNDCALL",
            "entryType": "dnis",
            "entryReason": tel(leg.dnis),
            "exitReason": "TRANSFER" if leg.disconnect == "transfer" else "DISCONNECT",
            "transferType": "ACD" if leg.flow.queue_id else "EXTERNAL",
            "transferTargetAddress": tel(leg.target) if leg.flow.transfer_to else leg.target,
        }
    return session


def _segments(leg: Participant) -> list[Json]:
    """What went on before an answer, then what went on after it."""
    kinds = {"ivr": ("ivr", "ivr"), "acd": ("delay", "delay"), "agent": ("alert", "interact")}
    before, after = kinds.get(leg.purpose, ("system", "interact"))
    answered = leg.call.answered_at if leg.call else None
    last: Json = {
        "segmentType": after if answered else before,
        "segmentStart": utc(answered or leg.started),
        "conference": False,
    }
    if leg.ended:
        last |= {"segmentEnd": utc(leg.ended), "disconnectType": leg.disconnect}
    if leg.queue_id:
        last["queueId"] = leg.queue_id
    if leg.error:
        last["errorCode"] = leg.error
    refused = [code for code in leg.call.codes if code >= 300] if leg.call else []
    if refused and leg.ended and not answered:
        last["sipResponseCodes"] = refused[-1:]
    elif leg.disconnect == "transfer":
        last["sipResponseCodes"] = [410]
    elif answered and leg.ended:
        last["q850ResponseCodes"] = [16]
    if not answered:
        return [last]
    first = {
        "segmentType": before,
        "segmentStart": utc(leg.started),
        "segmentEnd": utc(answered),
        "conference": False,
    }
    return [first, last]


def _media(leg: Participant) -> Json | None:
    audio = leg.call.audio if leg.call else None
    if audio is None:
        return None
    statistics: Json = {
        "rtp": {
            "packetsReceived": audio.packets_received,
            "packetsSent": audio.sender.packets,
            "estimatedAverageMos": mos(audio),
            "averageJitter": round(audio.arrivals.jitter_ms, 1),
        },
        "dateCreated": utc(leg.ended),
    }
    if leg.trunk:
        statistics["trunk"] = {
            "id": leg.trunk["id"],
            "name": leg.trunk["name"],
            "type": setting(leg.trunk, "trunk_type"),
        }
    return {
        "communicationId": leg.id,
        "dateStart": utc(leg.started),
        "mediaStatistics": [statistics],
    }


def mos(audio: Audio) -> float:
    """Estimated MOS of what was received: E-model (ITU-T G.107) for G.711 without concealment.

    1.0 where no stream came.
    """
    stream = figures.measured(audio)
    if stream is None:
        return 1.0
    r = quality.r_factor(stream.loss_percent, bpl=quality.UNCONCEALED)
    return round(quality.mos(r), 2)


def homer(entry: TraceEntry, net: Net, conversation: str = "", participant: str = "") -> Json:
    """One message as a siptraces entry (HomerRecord), with public addresses."""
    message = entry.data.decode("utf-8", "replace")
    words = message.partition("\r\n")[0].split(" ", 2)
    read = entry.message
    is_response = words[0].startswith("SIP/")
    source, target = (net.public(a, entry.transport) for a in (entry.source, entry.destination))

    def head(name: str) -> str:
        return header(read, name) if read else ""

    record: Json = {
        "date": utc(entry.at),
        "method": words[1] if is_response else words[0],
        "replyReason": words[2] if is_response and len(words) > 2 else "",
        "ruri": "" if is_response else words[1],
        "callid": entry.call_id,
        "cseq": head("CSeq"),
        "via1": head("Via"),
        "userAgent": head("User-Agent") or head("Server"),
        "reason": head("Reason"),
        "diversion": head("Diversion"),
        "contentType": head("Content-Type"),
        "sourceIp": source[0],
        "sourcePort": str(source[1]),
        "destinationIp": target[0],
        "destinationPort": str(target[1]),
        "proto": entry.transport,
        "family": "2",
        "conversationId": conversation,
        "participantId": participant,
        "msg": message,
    }
    headers = {"ruri": record["ruri"], "from": head("From"), "to": head("To")}
    for name, value in headers.items():
        record[f"{name}User"], record[f"{name}Domain"] = _user_and_host(value)
    record["contactUser"] = _user_and_host(head("Contact"))[0]
    return record


def _user_and_host(value: str) -> tuple[str, str]:
    """("+1555", "host") of a URI or a From, To, Contact value; ("", "") where there is none."""
    parts = uri_parts(name_addr(value).uri)
    return parts.user, parts.host
