"""Genesys Cloud's own SIP messages of its leg to Synthflow: found and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.genesys import captured
from sfsip_nb.platforms.genesys.captured import Captured
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.sip import TraceEntry, Transport
from sfsip_nb.sip.evidence.calls import CallTrace, conversations
from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import diagnosed
from sfsip_nb.sip.evidence.finding import Finding
from sfsip_nb.sip.fields import uri_parts
from sfsip_nb.sip.reading import read as read_message
from sfsip_nb.sip.shown import plain
from sfsip_nb.sip.trace import Address, mask, summary

_AROUND = timedelta(minutes=1)
"""Before and after a call: two clocks."""

CONVERSATION = "x-inin-cnv"
"""The header of Genesys Cloud's INVITEs whose value people who get them take for the conversation's
id. That it is one is not documented, so that another value tells nothing by itself."""

_ASIDE = timedelta(seconds=1)
"""Two clocks, where a leg of the call before must not be taken for this one's."""

_OWN = frozenset({"agent", "user", "acd", "ivr", "workflow", "voicemail"})
"""Purposes of participants inside Genesys Cloud: their legs go to nobody outside."""

_TRANSPORTS: Mapping[str, Transport] = {"tcp": "tcp", "6": "tcp", "tls": "tls"}

LOGIN_REFUSED = (401, 403, 407)


@dataclass(frozen=True)
class Leg:
    """A conversation's leg to Synthflow: what analytics says, and its messages as far as traced.

    ``unread`` is why the messages could not be read. ``findings`` are what the messages show, the
    one that decides first. ``received`` counts the RTP packets that came from Synthflow, None where
    analytics has none. ``to`` is the number that it was placed to, ``traced`` says that messages of
    the conversation were there to look for it. ``call_id`` is its Call-ID as analytics names it,
    ``captured`` what Genesys's own capture holds of it.
    """

    errors: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    received: int | None = None
    to: str = ""
    traced: bool = False
    messages: Sequence[Mapping[str, Any]] = ()
    talk: CallTrace | None = None
    findings: tuple[Finding, ...] = ()
    unread: str = ""
    call_id: str = ""
    captured: Captured = field(default_factory=Captured)

    @property
    def code(self) -> int:
        """The final status of the last INVITE, 0 where none came or none was traced."""
        return self.talk.attempts[-1].code if self.talk else 0

    @property
    def challenged(self) -> bool:
        """Whether Synthflow asked for credentials."""
        return self.talk is not None and any(t.code in (401, 407) for t in self.talk.attempts)

    @property
    def logged_in(self) -> bool | None:
        """Whether the login that Synthflow asked for was accepted; None where nothing shows it.

        What fails after it for another reason, such as a codec, was let in all the same.
        """
        if not self.challenged or not self.code or self.talk is None:
            return None
        return self.talk.attempts[-1].authorized and self.code not in LOGIN_REFUSED


def leg_of(ctx: Context, call: SeenCall, number: str) -> Leg:
    """The leg of a conversation that went out to ``number``, else the last one that went out."""
    parts = call.facts.get("participants") or []
    sessions = [
        session
        for part in parts
        if part.get("purpose") not in _OWN
        for session in part.get("sessions") or []
        if session.get("direction") == "outbound"
    ]
    sessions.sort(key=lambda session: _called(session) == calls.digits(number))
    mine = sessions[-1] if sessions else {}
    call_id = str(mine.get("protocolCallId") or "")
    known = Leg(_errors(parts), _codes(mine), _received(mine), _called(mine), call_id=call_id)

    def is_it(talk: CallTrace) -> bool:
        return talk.call_id == call_id

    return _traced(ctx, known, is_it, call.started, conversationId=call.id)


def leg_to(ctx: Context, number: str, since: datetime, conversation: str = "") -> Leg:
    """The newest leg to ``number`` at Synthflow, where no record says of which conversation it is.

    The carrier's own leg to Genesys Cloud names the number too, but not Synthflow's host. Of
    several conversations at once it is that of which Synthflow's record has the id, if any.
    """
    hosts = {region.sip for region in facts.synthflow_regions().values()}
    fit: list[CallTrace] = []

    def is_it(talk: CallTrace) -> bool:
        began = talk.entries[0].at >= since - _ASIDE
        if not began or uri_parts(talk.attempts[-1].uri).host not in hosts:
            return False
        fit.append(talk)
        return not conversation or _conversation(talk) in ("", conversation)

    leg = _traced(ctx, Leg(to=calls.digits(number)), is_it, since, toUser=number)
    if leg.talk is None:  # legs of other calls show nothing of this one
        return replace(leg, traced=leg.traced and not fit)
    newest = leg.talk.entries[0].at
    near = {_conversation(t) for t in fit if newest - t.entries[0].at <= calls.APART}
    if len(near) == 1 or (conversation and _conversation(leg.talk) == conversation):
        return leg
    told = f"{len(near)} conversations called {number} at once: {', '.join(sorted(near))}"
    return Leg(to=leg.to, unread=told)


def _conversation(talk: CallTrace) -> str:
    return plain(talk.attempts[-1].requests[0].header(CONVERSATION).strip())


def _traced(
    ctx: Context, known: Leg, is_it: Callable[[CallTrace], bool], since: datetime, **by: str
) -> Leg:
    """What is known of a leg, and its messages: the newest call of the trace that is the one.

    Not all records of a call carry its conversation (API description), so that they are asked for
    by its Call-ID: at once where analytics names it. A capture is asked for where they are not all
    of the call, and counts where it holds more of them.
    """
    client, start, end = genesys(ctx), since - _AROUND, datetime.now(UTC) + _AROUND
    try:
        call_id = known.call_id
        found = client.siptraces(start, end, callId=call_id) if call_id else []
        talks = _talks(found)
        talk = next(iter(talks), None)
        if talk is None:
            found = client.siptraces(start, end, **by)
            talks = _talks(found)
            fit = [talk for talk in talks if is_it(talk)]
            talk = fit[-1] if fit else None
            if talk and not call_id:
                call_id = talk.call_id
                found = client.siptraces(start, end, callId=call_id)
                talk = next(iter(_talks(found)), talk)
    except ApiError as error:  # what the call itself showed counts all the same
        return replace(known, unread=f"{error} {error.advice}".strip())
    known = replace(known, traced=bool(talks))
    if call_id and not (talk and _is_whole(talk)):
        known = replace(known, captured=captured.of_call(ctx, call_id, start, end))
    both = [t for t in (talk, *_placed(known.captured.entries)[:1]) if t is not None]
    if not both:
        return known
    talk = max(both, key=lambda t: len(t.entries))
    messages = [message for message in found if str(message.get("callid")) == talk.call_id]
    report = diagnosed(Capture(talk.entries)).reports[0]
    return replace(known, messages=messages, talk=talk, findings=report.findings)


def _is_whole(talk: CallTrace) -> bool:
    """Whether messages tell of a call from its INVITE to its end: no capture can tell more."""
    acknowledged = any(attempt.acks for attempt in talk.attempts if 200 <= attempt.code < 300)
    paired = all(t.requests and t.final for t in talk.transactions)
    return bool(acknowledged and paired and talk.of("BYE"))


def _talks(messages: Iterable[Mapping[str, Any]]) -> list[CallTrace]:
    return _placed([entry for message in messages if (entry := _entry(message))])


def _placed(entries: Iterable[TraceEntry]) -> list[CallTrace]:
    """The calls of some messages of which an INVITE is there."""
    return [talk for talk in conversations(entries) if talk.attempts]


def _errors(participants: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Error codes of a conversation's segments, of its flow's included."""
    segments = [
        segment
        for participant in participants
        for session in participant.get("sessions") or []
        for segment in session.get("segments") or []
    ]
    return tuple(dict.fromkeys(str(s["errorCode"]) for s in segments if s.get("errorCode")))


def _codes(session: Mapping[str, Any]) -> tuple[int, ...]:
    """SIP codes of one leg's segments; elsewhere some are usual, such as 410 at a transfer."""
    segments = session.get("segments") or []
    return tuple(
        int(code) for segment in segments for code in segment.get("sipResponseCodes") or []
    )


def _received(session: Mapping[str, Any]) -> int | None:
    stats = [entry.get("receivedPackets") for entry in session.get("mediaEndpointStats") or []]
    counts = [int(count) for count in stats if count is not None]
    return sum(counts) if counts else None


def _called(session: Mapping[str, Any]) -> str:
    return calls.digits(str(session.get("dnis") or session.get("sessionDnis") or ""))


def _entry(message: Mapping[str, Any]) -> TraceEntry | None:
    """One message of the trace (API: `HomerRecord`); None without a time, as nothing orders it."""
    try:
        at = calls.moment(message["date"])
    except (KeyError, ValueError):
        return None
    data = mask(str(message.get("msg") or "").encode("utf-8", "surrogateescape"))
    read = read_message(data).message
    transport = _TRANSPORTS.get(str(message.get("proto")).lower(), "udp")
    ends = [_address(message, end) for end in ("source", "destination")]
    return TraceEntry(
        at, "sent", transport, ends[0], ends[1], data, str(message.get("callid")), summary(read)
    )


def _address(message: Mapping[str, Any], end: str) -> Address:
    port = str(message.get(f"{end}Port") or "")
    return str(message.get(f"{end}Ip") or ""), int(port) if port.isdecimal() else 0
