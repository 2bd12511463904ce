"""The transaction layer of one element: each message finds its transaction or its owner.

RFC 3261 §17, over the transport layer. What is asked of the owner is in `Stack`'s arguments.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from sipmessage import Request, Response

from . import fields
from .admission import objection
from .digest import Answerer
from .fields import cseq, header, name_addr, top_via
from .hops import Hops
from .reading import Reading
from .serving import Incoming, Servers, ServerTransaction
from .trace import Transport
from .transaction import ClientTransaction, Key
from .transport import TransportLayer, closed, mark_via
from .wire import Peer


class Stack:
    """One SIP element without opinions.

    `on_request(incoming, invite)` gets each request that is new and admissible; `invite` is the
    transaction that it would cancel, were it a CANCEL. `on_ack(request)` gets the ACK of a 2xx.
    """

    def __init__(
        self,
        transport: TransportLayer,
        t1: float,
        on_request: Callable[[Incoming, ServerTransaction | None], None],
        on_ack: Callable[[Request], None],
    ) -> None:
        self.transport, self.t1 = transport, t1
        self.servers = Servers()
        self.errors: list[BaseException] = []
        self._on_request, self._on_ack = on_request, on_ack
        self._clients: dict[Key, ClientTransaction] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """End all transactions and tasks."""
        for client in list(self._clients.values()):
            client.end()
        self.servers.end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run work as a task of this element; its exception is kept in `errors`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
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
        next_seq: Callable[[], int] | None = None,
    ) -> Response | None:
        """Send a request, answer challenges, return the final response.

        Where a server fails (no connection, 503, silence), the next candidate is tried (RFC 3263
        §4.3). None if nothing was heard in time. Raises OSError where it cannot be sent.
        """
        hops = Hops(self.transport, request, transport, flow)
        tried: set[str] = set()
        response: Response | None = None
        transaction: ClientTransaction | None = None
        challenged = False
        answerer.attach(request)
        try:
            async with asyncio.timeout(timeout):
                while (peer := await hops.next(challenged)) is not None:
                    transaction = self.start(request, peer, hops.branch, hops.data)
                    heard = await transaction.final()
                    response = heard or response
                    challenged = heard is not None and answerer.answer(heard, request, tried)
                    if not challenged and heard is not None and heard.code != 503:
                        return heard
                    number = next_seq() if next_seq else cseq(request)[0] + 1
                    request.headers.set("CSeq", f"{number} {request.method}")
                    if not challenged:
                        tried.clear()  # Another server may ask for a password anew.
        except TimeoutError:
            if transaction is not None:
                transaction.end()
            return response
        if response is None and transaction is not None and transaction.lost:
            raise closed(transaction.peer)
        return response

    def start(
        self, request: Request, peer: Peer, branch: str, data: bytes = b""
    ) -> ClientTransaction:
        """Start a client transaction for a request that is ready to be sent, written as `data`."""
        data = data or bytes(request)
        transaction = ClientTransaction(
            (branch, request.method),
            request,
            peer,
            send=lambda message: self.transport.transmit(
                message, peer, data if message is request else b""
            ),
            clients=self._clients,
            t1=self.t1,
        )
        transaction.start()
        return transaction

    # Receiving

    def lost(self, peer: Peer) -> None:
        """A connection ended: what waits for an answer on it need not wait longer."""
        for client in list(self._clients.values()):
            if client.peer.writer is peer.writer:
                client.abandon(lost=True)

    def received(self, data: bytes, peer: Peer) -> None:
        """A message came from a peer."""
        reading = self.transport.read(data, peer)
        if isinstance(reading.message, Response):
            if transaction := self.client_for(reading.message):
                transaction.receive(reading.message)
        elif reading.message is not None:
            self._request_received(reading.message, reading, peer)

    def client_for(self, response: Response) -> ClientTransaction | None:
        """The transaction that a response belongs to (RFC 3261 §17.1.3)."""
        via, sequence = top_via(response), cseq(response)
        if via is not None:
            return self._clients.get((via.branch, sequence[1]))
        # A response without Via breaks RFC 3261 §8.1.3.3 but is told by Call-ID and CSeq.
        told = header(response, "Call-ID"), sequence
        for transaction in self._clients.values():
            if (header(transaction.request, "Call-ID"), cseq(transaction.request)) == told:
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
        known = self.servers.get((*stem, method))
        if request.method == "ACK":
            if known is not None and known.last is not None and known.last.code >= 300:
                known.acknowledged()
            else:
                self._on_ack(request)
            return
        if known is not None:
            known.repeated()
            return
        reply_to = mark_via(request, via, peer)
        transaction = ServerTransaction(
            (*stem, method),
            request,
            send=lambda response: self.transport.transmit(response, reply_to),
            servers=self.servers,
            reliable=peer.transport != "udp",
            t1=self.t1,
            origin=(call_id, str(number), name_addr(header(request, "From")).tag, method),
        )
        incoming = Incoming(self.transport.name, request, peer, reply_to, transaction)
        earlier = self.servers.merged(transaction.origin)
        if not self.servers.add(transaction):
            self.transport.transmit(incoming.make(503, "", {"Retry-After": "10"}), reply_to)
        elif refused := objection(incoming, reading, earlier, self.transport.sent_by(peer)):
            transaction.respond(incoming.make(*refused))
        else:
            self._on_request(incoming, self.servers.get((*stem, "INVITE")))
