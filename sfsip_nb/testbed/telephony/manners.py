"""The bad manners of an element: what it makes of messages on their way out and in, fault by fault.

An element of the testbed is a user agent that keeps the rules. Here its transport breaks them, in
calls over a trunk, and toward a probe of the engineer's where nobody else calls: never toward the
telephone network.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sipmessage import Request, Response

from sfsip_nb.sip import UserAgent
from sfsip_nb.sip.fields import header, name_addr
from sfsip_nb.sip.messages import set_body
from sfsip_nb.sip.reading import Reading
from sfsip_nb.sip.transport import TransportLayer
from sfsip_nb.sip.wire import Peer

from .lines import Lines
from .net import BLACK_HOLE, Net

PRIVATE = "10.20.30.40"
"""An address that nobody outside reaches (RFC 1918)."""

Message = Request | Response


def _never() -> bool:
    return False


def _nothing(call_id: str) -> None:
    pass


@dataclass(frozen=True)
class Habits:
    """What an element does now. Each is asked at each message."""

    anybody: bool = False
    """Whoever calls meets these habits: only trunks and probes do."""
    private_media: Callable[[], bool] = _never
    """Its session descriptions name a private address."""
    ignores_routes: Callable[[], bool] = _never
    """It does not read Record-Route, so that its ACK, BYE and REFER go without Route."""
    stays: Callable[[], bool] = _never
    """It wants to stay on the path (RFC 3261 §16.6), and knows no dialog of what comes without
    Route: a BYE is answered 481, as by Twilio's gateway."""
    unheard: Callable[[str], None] = _nothing
    """Such a BYE came for this Call-ID."""
    lines: Lines | None = None
    """What its audio goes over."""


class Manners(TransportLayer):
    """The transport of one element, see `Habits`."""

    net: Net
    host: str
    habits: Habits

    def transmit(self, message: Message, peer: Peer, data: bytes = b"") -> None:
        """Send a message as the habits make it, whatever it was written as."""
        if not self._shown_to(peer):
            return super().transmit(message, peer, data)
        if message.body:
            body = _with_codec(message.body)
            if self.habits.lines:
                body = self.habits.lines.outward(header(message, "Call-ID"), body)
            if self.habits.private_media():
                body = re.sub(rb"(?m)^((?:o=.*|c=)IN IP4 )\S+", rb"\g<1>" + PRIVATE.encode(), body)
            set_body(message, body, header(message, "Content-Type"))
        elif self.habits.lines and _refuses(message):
            self.habits.lines.refused(header(message, "Call-ID"))
        if self.habits.stays() and _makes_dialog(message):
            message.headers.set("Record-Route", self._route(peer))
        super().transmit(message, peer)

    def read(self, data: bytes, peer: Peer) -> Reading:
        """Take in what came as the habits have it; nothing, if it is answered here."""
        reading = super().read(data, peer)
        message = reading.message
        if message is None or not self._shown_to(peer):
            return reading
        message.body = _within_reach(message.body)
        if self.habits.lines:
            message.body = self.habits.lines.inward(header(message, "Call-ID"), message.body)
        if self.habits.ignores_routes():
            message.headers.remove("Record-Route")
        if self.habits.stays() and isinstance(message, Request) and _has_lost_its_way(message):
            self.transmit(_unknown(message, self.name), peer)
            if message.method == "BYE":
                self.habits.unheard(header(message, "Call-ID"))
            return Reading(None)
        return reading

    def _shown_to(self, peer: Peer) -> bool:
        return self.habits.anybody or self.net.over_trunk(peer.remote, peer.transport)

    def _route(self, peer: Peer) -> str:
        tail = "" if peer.transport == "udp" else f";transport={peer.transport}"
        port = self.net.port_of(self.host, peer.transport)
        return f"<sip:{self.host}:{port}{tail};lr>"


def give(agent: UserAgent, net: Net, host: str, habits: Habits) -> None:
    """From now on the agent, known as `host`, has these habits."""
    old = agent.transport
    manners = Manners(old.wire, old.name, old.resolver, old.trace)
    manners.net, manners.host, manners.habits = net, host, habits
    agent.transport = agent.stack.transport = manners


def _makes_dialog(message: Message) -> bool:
    """An INVITE that begins a call, or an answer to one (RFC 3261 §12.1)."""
    if isinstance(message, Request):
        return message.method == "INVITE" and not name_addr(header(message, "To")).tag
    return header(message, "CSeq").endswith("INVITE") and 100 < message.code < 300


def _refuses(message: Message) -> bool:
    """It refuses an INVITE."""
    asked = header(message, "CSeq").endswith("INVITE")
    return isinstance(message, Response) and message.code >= 300 and asked


def _has_lost_its_way(request: Request) -> bool:
    """It belongs to a dialog and names no route. An ACK cannot be answered, so it counts."""
    inside = bool(name_addr(header(request, "To")).tag)
    return inside and request.method != "ACK" and not request.headers.getlist("Route")


def _unknown(request: Request, server: str) -> Response:
    response = Response(481, "Call/Transaction Does Not Exist")
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    response.headers.set("Server", server)
    set_body(response, b"", "")
    return response


def _with_codec(body: bytes) -> bytes:
    """An offer of digits alone is one of Opus, which the testbed's agents do not speak."""
    opus = rb"\g<1> 96 101\r\na=rtpmap:96 opus/48000/2"
    return re.sub(rb"(?m)^(m=audio \d+ \S+) 101\b", opus, body)


def _within_reach(body: bytes) -> bytes:
    """Audio for an address that is not of this machine goes nowhere."""
    if not re.search(rb"(?m)^c=IN IP4 (?!127\.|0\.0\.0\.0)", body):
        return body
    body = re.sub(rb"(?m)^c=IN IP4 \S+", b"c=IN IP4 " + BLACK_HOLE[0].encode(), body)
    return re.sub(rb"(?m)^m=audio \d+", b"m=audio %d" % BLACK_HOLE[1], body)
