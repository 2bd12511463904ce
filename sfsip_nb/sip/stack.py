"""The receiving half of a user agent: each message finds its transaction or its owner.

`UserAgent` adds what a person wants; this is RFC 3261 §17 and §18 under one roof.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sipmessage import Request, Response

from . import fields
from .admission import objection
from .fields import ViaParts, cseq, header, name_addr, top_via
from .messages import Incoming
from .reading import Reading, read
from .sending import Sending
from .serving import Servers, ServerTransaction
from .trace import Address, Transport
from .transaction import ClientTransaction, Key
from .transport import Peer

if TYPE_CHECKING:
    from .call import Call


class Stack(Sending):
    """One SIP element without opinions."""

    gate: Callable[[Address, Transport], bool] | None

    def __init__(self) -> None:
        super().__init__()
        self._servers = Servers()

    def _received(self, data: bytes, peer: Peer) -> None:
        if self.gate is not None and not self.gate(peer.remote, peer.transport):
            return
        reading = read(data, stream=peer.transport != "udp")
        message = reading.message
        self._note("received", data, peer, message)
        if isinstance(message, Response):
            if transaction := self._client_for(message):
                transaction.receive(message)
        elif message is not None:
            self._request_received(message, reading, peer)

    def _client_for(self, response: Response) -> ClientTransaction | None:
        via, method = top_via(response), cseq(response)[1]
        if via is not None:
            return self._clients.get((via.branch, method))
        # A response without Via breaks RFC 3261 §8.1.3.3 but is told by Call-ID and CSeq.
        for transaction in self._clients.values():
            if cseq(transaction.request) == cseq(response) and (
                header(transaction.request, "Call-ID") == header(response, "Call-ID")
            ):
                return transaction
        return None

    def _request_received(self, request: Request, reading: Reading, peer: Peer) -> None:
        via = top_via(request)
        if via is None:
            return  # There is no way to answer it; the trace shows why.
        method = "INVITE" if request.method == "ACK" else request.method
        call_id, (number, _) = header(request, "Call-ID"), cseq(request)
        # RFC 2543 elements have no cookie, or nothing behind it; Call-ID and CSeq stand in
        # (RFC 3261 §17.2.3).
        stem: Key = (via.branch, via.host, str(via.port))
        if not via.branch.startswith(fields.COOKIE) or via.branch == fields.COOKIE:
            stem = (call_id, str(number), header(request, "From"))
        known = self._servers.get((*stem, method))
        if request.method == "ACK":
            if known is not None and known.last is not None and known.last.code >= 300:
                known.acknowledged()
            elif call := self._call_of(request):
                call.acknowledged(request)
            return
        if known is not None:
            known.repeated()
            return
        reply_to = _mark_via(request, via, peer)
        transaction = ServerTransaction(
            (*stem, method),
            request,
            send=lambda response: self.transmit(response, reply_to),
            servers=self._servers,
            reliable=peer.transport != "udp",
            t1=self.t1,
        )
        incoming = Incoming(self, request, peer, reply_to, transaction)
        origin = call_id, str(number), name_addr(header(request, "From")).tag, method
        earlier = self._servers.merged(origin)
        if not self._servers.add(transaction, origin):
            self.transmit(incoming.make(503, "", {"Retry-After": "10"}), reply_to)
        elif refused := objection(incoming, reading, earlier):
            code, phrase, extra = refused
            transaction.respond(incoming.make(code, phrase, extra))
        else:
            self._admitted(incoming, self._servers.get((*stem, "INVITE")))

    def _admitted(self, incoming: Incoming, invite: ServerTransaction | None) -> None:
        """Hand a request to its owner; `invite` is what a CANCEL of it would mean."""
        request = incoming.request
        if request.method == "CANCEL":
            self._cancel(incoming, invite)
        elif name_addr(header(request, "To")).tag:
            call = self._call_of(request)
            self.spawn(call.on_request(incoming) if call else incoming.respond(481))
        elif request.method == "INVITE":
            self._new_call(incoming)
        else:
            self.spawn(self._handle(incoming))

    def _call_of(self, request: Request) -> "Call | None":
        tag = name_addr(header(request, "To")).tag
        return self.calls.get((header(request, "Call-ID"), tag))

    def _cancel(self, incoming: Incoming, target: ServerTransaction | None) -> None:
        """CANCEL: 200 if there is something to cancel, and 487 for that (RFC 3261 §9.2)."""
        if target is None:
            incoming.transaction.respond(incoming.make(481))
            return
        if target.on_cancel is not None:
            target.on_cancel(incoming)
        else:
            incoming.transaction.respond(incoming.make(200))

    def _new_call(self, incoming: Incoming) -> None:
        raise NotImplementedError

    async def _handle(self, incoming: Incoming) -> None:
        raise NotImplementedError


def _mark_via(request: Request, via: ViaParts, peer: Peer) -> Peer:
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
    port = via.port if via.port and via.port < 65_536 else 5060
    return Peer("udp", peer.local, (peer.remote[0], port))


_RPORT = re.compile(r";\s*rport(?:\s*=[^;]*)?(?=\s*(?:;|$))", re.I)
_RECEIVED = re.compile(r";\s*received\s*=[^;]*", re.I)
