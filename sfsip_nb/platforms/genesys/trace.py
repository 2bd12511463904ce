"""Genesys Cloud's own SIP messages of its leg to Synthflow: read, and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from sfsip_nb.sip.addresses import is_private
from sfsip_nb.sip.digest import AUTHORIZATION, digest_fields
from sfsip_nb.sip.evidence.calls import CallTrace, Transaction, conversations
from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.causes import cause
from sfsip_nb.sip.evidence.diagnose import diagnosed
from sfsip_nb.sip.evidence.finding import Finding
from sfsip_nb.sip.fields import name_addr, uri_parts
from sfsip_nb.sip.reading import read as read_message
from sfsip_nb.sip.shown import counted, plain, where
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

_ASKED = {"WWW-Authenticate": (401,), "Proxy-Authenticate": (407,)}


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


def told(leg: Leg) -> str:
    """What became of the leg's INVITE: `403 Forbidden after 1 login to sip:…;transport=udp, …`."""
    talk = leg.talk
    if talk is None:
        return _untraced(leg)
    last = talk.attempts[-1]
    request = last.requests[0]
    target = plain(f"{last.uri};transport={request.entry.transport}")
    server = where(request.entry.destination)
    words = [
        f"{_answer(talk, last)} {_login(talk)} to {target} ({server})",
        f"from {plain(caller_of(talk))}",
    ]
    return ", ".join([*words, *_credentials(talk)])


def caller_of(talk: CallTrace) -> str:
    """The caller that the leg's INVITE names: a number, or a word where it is none."""
    uri = name_addr(talk.attempts[-1].requests[0].header("From")).uri
    return "anonymous" if uri.endswith("anonymous.invalid") else uri_parts(uri).user or "nobody"


def _untraced(leg: Leg) -> str:
    why = ", ".join([*leg.errors, *(f"SIP {code}" for code in leg.codes)])
    said = f" ({why})" if why else ""
    if leg.unread:
        return f"its SIP messages cannot be read: {leg.unread}{said}"
    if leg.errors:
        return f"no SIP message: the call never left Genesys{said}"
    return f"no SIP message of a leg to Synthflow{said}"


def _answer(talk: CallTrace, last: Transaction) -> str:
    rings = [row for row in last.responses if 100 < row.code < 200]
    if last.final is None:
        after = f" after {rings[0].code} {plain(rings[0].phrase, 40)}" if rings else ""
        if last.responses:
            return f"no final answer{after}"
        return f"no answer (sent {counted(len(last.requests), 'time')})"
    rung = " (it had rung)" if rings and last.code >= 300 else ""
    canceled = ", as Genesys canceled it," if last.code == 487 and talk.of("CANCEL") else ""
    return f"{cause(last.final).said}{rung}{canceled}"


def _login(talk: CallTrace) -> str:
    logins = sum(attempt.authorized for attempt in talk.attempts)
    if logins:
        return f"after {counted(logins, 'login')}"
    asked = any(attempt.code in (401, 407) for attempt in talk.attempts)
    return "without the login that was asked for" if asked else "without a login"


def _credentials(talk: CallTrace) -> Iterator[str]:
    """Whose login in which realm, and what was asked for where that is another one."""
    last = talk.attempts[-1].requests[0]
    given = next(
        (digest_fields(last.header(name)) for name in AUTHORIZATION.values() if last.header(name)),
        {},
    )
    if given:
        yield f"user “{plain(given.get('username', ''))}” of “{plain(given.get('realm', ''))}”"
    if given and given.get("uri") != last.uri:
        yield f"digest uri “{plain(given.get('uri', ''))}”"
    asked = [
        digest_fields(attempt.final.header(name)).get("realm", "")
        for attempt in talk.attempts
        if attempt.final is not None
        for name, codes in _ASKED.items()
        if attempt.code in codes
    ]
    if asked and asked[-1] != given.get("realm"):
        yield f"asked for realm “{plain(asked[-1])}”"


def media_of(leg: Leg) -> tuple[Address | None, Address | None]:
    """Where Genesys and Synthflow want audio sent to, as the last SDP of each says."""
    ends: dict[str, Address] = {}
    for row in leg.talk.rows if leg.talk else ():
        if row.sdp is not None and leg.talk:
            ends[leg.talk.side(row)] = row.sdp.remote
    return ends.get("caller"), ends.get("callee")


def media_told(address: Address) -> str:
    """`203.0.113.10:20000`, and whether it is an address that nobody outside can send to."""
    private = ", a private address" if is_private(address[0]) else ""
    return plain(where(address)) + private
