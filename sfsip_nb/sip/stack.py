"""Sockets and transactions of a user agent, and the way of each message to its owner.

`UserAgent` adds what a person wants; this is RFC 3261 §17 and §18 under one roof.
"""

import asyncio
import socket
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal, cast

from sipmessage import Request, Response

from . import fields
from .dialog import next_hop
from .digest import Answerer
from .dns import ResolveError, Resolver
from .fields import cseq, header, name_addr, top_via, uri_parts
from .messages import ALLOW, Incoming, ack_for, set_body
from .reading import read
from .trace import Address, Trace, Transport
from .transaction import ClientTransaction, Key, ServerTransaction
from .transport import Peer, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call

_WITHOUT_CONTACT = ("ACK", "BYE", "REGISTER")


class Stack:
    """One SIP element without opinions; `wire` is set by the subclass."""

    name: str
    host: str
    advertised: str
    resolver: Resolver
    trace: Trace
    t1: float
    gate: "Callable[[Address, Transport], bool] | None"
    _wire: Wire

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], Call] = {}
        self.errors: list[BaseException] = []
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a handler as a task of this agent; its exception is kept in `errors`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.errors.append(error)

    # Sending

    async def transact(
        self,
        request: Request,
        answerer: Answerer,
        *,
        transport: Transport | None = None,
        timeout: float | None = None,
        flow: Peer | None = None,
        next_seq: "Callable[[], int] | None" = None,
    ) -> Response | None:
        """Send a request other than INVITE, answer challenges, return the final response.

        None if nothing was heard in time. Raises OSError where it cannot be sent.
        """
        tried: set[str] = set()
        try:
            async with asyncio.timeout(timeout):
                while True:
                    peer = await self.peer_for(request, transport, flow)
                    branch = fields.new_branch()
                    self.prepare(request, peer, branch)
                    response = await self.start_transaction(request, peer, branch).final()
                    if response is None or not answerer.answer(response, request, tried):
                        return response
                    number = next_seq() if next_seq else cseq(request)[0] + 1
                    request.headers.set("CSeq", f"{number} {request.method}")
        except TimeoutError:
            return None

    def start_transaction(self, request: Request, peer: Peer, branch: str) -> ClientTransaction:
        """Start a client transaction for a request that is ready to be sent."""
        transaction = ClientTransaction(
            (branch, request.method),
            request,
            send=lambda message: self.transmit(message, peer),
            make_ack=lambda response: ack_for(request, response),
            on_end=lambda done: cast(None, self._clients.pop(done.key, None)),
            reliable=peer.transport != "udp",
            t1=self.t1,
        )
        self._clients[transaction.key] = transaction
        transaction.start()
        return transaction

    async def peer_for(
        self, request: Request, transport: Transport | None, flow: Peer | None = None
    ) -> Peer:
        """Where a request goes: next hop by Route or Request-URI, then the resolver (§8.1.2).

        A dialog without a route stays on its open connection `flow`: behind NAT, and where a
        certificate names no address, the Contact of the peer cannot be connected to (RFC 5923).
        Raises OSError: ResolveError, a refused or failed connection, a refused certificate.
        """
        if flow is not None and flow.open and not request.headers.getlist("Route"):
            return flow
        uri = next_hop(request)
        parts = uri_parts(uri)
        if not parts.host:
            raise ResolveError(f"{uri!r} names no host to send to.")
        kind = parts.params.get("transport", "").lower() or transport or "udp"
        if parts.scheme == "sips":
            kind = "tls"
        if kind not in ("udp", "tcp", "tls"):
            raise ResolveError(f"transport {kind!r} of {uri!r} is not supported.")
        hop = await self.resolver.resolve(parts.host, parts.port, cast(Transport, kind))
        return await self._wire.peer(hop, parts.host)

    def prepare(self, request: Request, peer: Peer, branch: str) -> None:
        """Via and the headers that every request needs (RFC 3261 §8.1.1)."""
        via = f"SIP/2.0/{peer.transport.upper()} {self.sent_by(peer)};branch={branch};rport"
        request.headers.set("Via", via)
        if request.headers.get("Max-Forwards") is None:
            request.headers.set("Max-Forwards", "70")
        # A REGISTER with a Contact binds it, so there it has to be meant (RFC 3261 §10.2).
        if request.headers.get("Contact") is None and request.method not in _WITHOUT_CONTACT:
            user = uri_parts(name_addr(header(request, "From")).uri).user
            request.headers.set("Contact", self.contact(user, peer))
        if request.method in ("INVITE", "OPTIONS"):
            request.headers.set("Allow", ALLOW)
        request.headers.set("User-Agent", self.name)
        set_body(request, request.body, header(request, "Content-Type"))

    def sent_by(self, peer: Peer) -> str:
        """host:port where this agent can be reached over the peer's transport."""
        if self.advertised:
            return self.advertised
        bound = self._wire.addresses.get(peer.transport, peer.local)
        ip = bound[0] if bound[0] not in ("0.0.0.0", "::") else local_ip(peer.remote)
        return f"[{ip}]:{bound[1]}" if ":" in ip else f"{ip}:{bound[1]}"

    def contact(self, user: str, peer: Peer) -> str:
        """Contact value: a user at the address where we listen (RFC 3261 §8.1.1.8)."""
        tail = "" if peer.transport == "udp" else f";transport={peer.transport}"
        return f"<sip:{user + '@' if user else ''}{self.sent_by(peer)}{tail}>"

    def media_host(self, peer: Peer) -> str:
        """Local address for RTP towards a peer."""
        return self.host if self.host not in ("0.0.0.0", "::", "") else local_ip(peer.remote)

    def transmit(self, message: Request | Response, peer: Peer) -> None:
        """Send and trace."""
        data = bytes(message)
        self._note("sent", data, peer, message)
        self._wire.send(data, peer)

    def _note(
        self,
        direction: Literal["sent", "received"],
        data: bytes,
        peer: Peer,
        message: Request | Response | None,
    ) -> None:
        self.trace.add(direction, peer.transport, peer.local, peer.remote, data, message, self.name)

    # Receiving

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
            self._request_received(message, peer)

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

    def _request_received(self, request: Request, peer: Peer) -> None:
        via = top_via(request)
        if via is None:
            return  # There is no way to answer it; the trace shows why.
        method = "INVITE" if request.method == "ACK" else request.method
        # RFC 2543 elements have no cookie; Call-ID and CSeq stand in (RFC 3261 §17.2.3).
        stem: Key = (via.branch, via.host, str(via.port))
        if not via.branch.startswith(fields.COOKIE):
            stem = (header(request, "Call-ID"), str(cseq(request)[0]), header(request, "From"))
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
        reply_to = _mark_via(request, peer)
        transaction = ServerTransaction(
            (*stem, method),
            request,
            send=lambda response: self.transmit(response, reply_to),
            on_end=lambda done: cast(None, self._servers.pop(done.key, None)),
            reliable=peer.transport != "udp",
            t1=self.t1,
        )
        self._servers[transaction.key] = transaction
        incoming = Incoming(self, request, peer, reply_to, transaction)
        if request.method == "CANCEL":
            self.spawn(self._cancel(incoming, self._servers.get((*stem, "INVITE"))))
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

    async def _cancel(self, incoming: Incoming, target: ServerTransaction | None) -> None:
        """CANCEL: 200 if there is something to cancel, and 487 for that (RFC 3261 §9.2)."""
        if target is None:
            await incoming.respond(481)
            return
        await incoming.respond(200)
        for call in list(self.calls.values()):
            if call.transaction is target:
                await call.cancelled(incoming.header("Reason"))

    def _new_call(self, incoming: Incoming) -> None:
        raise NotImplementedError

    async def _handle(self, incoming: Incoming) -> None:
        raise NotImplementedError


def _mark_via(request: Request, peer: Peer) -> Peer:
    """Add received and rport to the top Via; where the response goes (RFC 3581 §4)."""
    via = top_via(request)
    assert via is not None
    top, *others = fields.values(request.headers, "Via")
    asked = "rport" in via.params
    if asked:
        top = top.replace(";rport", f";rport={peer.remote[1]}", 1)
    if asked or via.host != peer.remote[0]:
        top += f";received={peer.remote[0]}"
    request.headers.setlist("Via", [top, *others])
    if peer.transport != "udp" or asked:
        return peer
    return Peer("udp", peer.local, (peer.remote[0], via.port or 5060))


def local_ip(remote: Address) -> str:
    """The address that this machine uses towards a peer; nothing is sent."""
    family = socket.AF_INET6 if ":" in remote[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((remote[0], remote[1] or 9))
        return str(probe.getsockname()[0])
