"""The transport layer: by which names an element is reached, and each message sent and traced.

RFC 3261 §18, over the sockets of `wire`.
"""

import re
from dataclasses import dataclass

from sipmessage import Request, Response

from . import fields
from .addresses import local_ip
from .dns import Resolver
from .fields import ViaParts, header, name_addr, uri_parts
from .messages import ALLOW, SUPPORTED, set_body
from .reading import Reading, read
from .shown import where
from .trace import Address, Trace
from .wire import Peer, Wire

_WITHOUT_CONTACT = ("ACK", "BYE", "REGISTER", "PRACK", "INFO")
_WITH_ABILITIES = ("INVITE", "OPTIONS", "UPDATE")
_ANY_ADDRESS = ("0.0.0.0", "::", "")
_RPORT = re.compile(r";\s*rport(?:\s*=[^;]*)?(?=\s*(?:;|$))", re.I)
_RECEIVED = re.compile(r";\s*received\s*=[^;]*", re.I)


@dataclass
class TransportLayer:
    """What one element sends and receives."""

    wire: Wire
    name: str
    resolver: Resolver
    trace: Trace

    def sent_by(self, peer: Peer) -> str:
        """host:port where this element can be reached over the peer's transport."""
        ip, port = self.wire.addresses.get(peer.transport, peer.local)
        return where((local_ip(peer.remote) if ip in _ANY_ADDRESS else ip, port))

    def contact(self, user: str, peer: Peer) -> str:
        """Contact value: a user at the address where we listen (RFC 3261 §8.1.1.8)."""
        tail = "" if peer.transport == "udp" else f";transport={peer.transport}"
        return f"<sip:{user + '@' if user else ''}{self.sent_by(peer)}{tail}>"

    def media_host(self, remote: Address) -> str:
        """Local address for RTP toward a peer."""
        return local_ip(remote) if self.wire.host in _ANY_ADDRESS else self.wire.host

    def prepare(self, request: Request, peer: Peer, branch: str) -> None:
        """Via and the headers that every request needs (RFC 3261 §8.1.1)."""
        headers = request.headers
        via = f"SIP/2.0/{peer.transport.upper()} {self.sent_by(peer)};branch={branch};rport"
        headers.set("Via", via)
        if headers.get("Max-Forwards") is None:
            headers.set("Max-Forwards", "70")
        # A REGISTER with a Contact binds it, so there it has to be meant (RFC 3261 §10.2).
        if headers.get("Contact") is None and request.method not in _WITHOUT_CONTACT:
            user = uri_parts(name_addr(header(request, "From")).uri).user
            headers.set("Contact", self.contact(user, peer))
        if request.method in _WITH_ABILITIES:
            headers.set("Allow", ALLOW)
            if headers.get("Supported") is None:
                headers.set("Supported", SUPPORTED)
        headers.set("User-Agent", self.name)
        set_body(request, request.body, header(request, "Content-Type"))

    def transmit(self, message: Request | Response, peer: Peer, data: bytes = b"") -> None:
        """Send a message, written as `data` if it was written before, and trace it."""
        data = data or bytes(message)
        self.trace.add("sent", peer.transport, peer.local, peer.remote, data, message, self.name)
        self.wire.send(data, peer)

    def read(self, data: bytes, peer: Peer) -> Reading:
        """Read and trace what came."""
        reading = read(data, stream=peer.transport != "udp")
        message = reading.message
        self.trace.add(
            "received", peer.transport, peer.local, peer.remote, data, message, self.name
        )
        return reading


def mark_via(request: Request, via: ViaParts, peer: Peer) -> Peer:
    """Add received and rport to the top Via; where the response goes (RFC 3581 §4)."""
    top, *others = fields.values(request.headers, "Via")
    asked = "rport" in via.params
    if asked:
        top = _RPORT.sub(f";rport={peer.remote[1]}", top, count=1)
    if asked or via.host.strip("[]").lower() != peer.remote[0].lower():
        top = f"{_RECEIVED.sub('', top)};received={peer.remote[0]}"
    request.headers.setlist("Via", [top, *others])
    if peer.transport != "udp" or asked:
        return peer
    return Peer("udp", peer.local, (peer.remote[0], via.port or 5060))


def closed(peer: Peer) -> ConnectionResetError:
    """What is to be told of a connection that ended before the answer."""
    return ConnectionResetError(
        f"{where(peer.remote)} closed the {peer.transport.upper()} connection without an answer."
    )
