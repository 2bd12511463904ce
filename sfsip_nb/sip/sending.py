"""The sending half of a user agent: client transactions, and what each request needs."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, cast

from sipmessage import Request, Response

from .digest import Answerer
from .dns import NextHop, Resolver
from .fields import cseq, header, name_addr, uri_parts
from .messages import ALLOW, SUPPORTED, ack_for, build, set_body
from .ordering import local_ip
from .shown import where
from .trace import Address, Trace, Transport
from .transaction import ClientTransaction, Key
from .transport import Peer, Wire
from .ways import Ways

if TYPE_CHECKING:
    from .call import Call

_WITHOUT_CONTACT = ("ACK", "BYE", "REGISTER", "PRACK", "INFO")
_WITH_ABILITIES = ("INVITE", "OPTIONS", "UPDATE")


class Sending:
    """What sends; `wire` is set by the subclass."""

    name: str
    host: str
    advertised: str
    resolver: Resolver
    trace: Trace
    t1: float
    _wire: Wire

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], Call] = {}
        self.errors: list[BaseException] = []
        self._clients: dict[Key, ClientTransaction] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a handler as a task of this agent; its exception is kept in `errors`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.errors.append(error)

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
        """Send a request other than INVITE, answer challenges, return the final response.

        Where a server fails (no connection, 503, silence), the next candidate is tried (RFC 3263
        §4.3). None if nothing was heard in time. Raises OSError where it cannot be sent.
        """
        ways = Ways(self, request, transport, flow)
        tried: set[str] = set()
        response: Response | None = None
        transaction: ClientTransaction | None = None
        answerer.attach(request)
        try:
            async with asyncio.timeout(timeout):
                peer = await ways.next()
                while peer is not None:
                    transaction = self.start_transaction(request, peer, ways.branch, ways.data)
                    heard = await transaction.final()
                    response = heard or response
                    challenged = heard is not None and answerer.answer(heard, request, tried)
                    if not challenged and heard is not None and heard.code != 503:
                        return heard
                    number = next_seq() if next_seq else cseq(request)[0] + 1
                    request.headers.set("CSeq", f"{number} {request.method}")
                    if challenged:
                        peer = await ways.again()
                    else:
                        tried.clear()  # Another server may ask for a password anew.
                        peer = await ways.next()
        except TimeoutError:
            if transaction is not None:
                transaction.end()
            return response
        if response is None and transaction is not None and transaction.lost:
            raise closed(transaction.peer)
        return response

    def start_transaction(
        self, request: Request, peer: Peer, branch: str, data: bytes = b""
    ) -> ClientTransaction:
        """Start a client transaction for a request that is ready to be sent, written as `data`."""
        data = data or bytes(request)
        transaction = ClientTransaction(
            (branch, request.method),
            request,
            peer,
            send=lambda message: self.transmit(message, peer, data if message is request else b""),
            make_ack=lambda response: ack_for(request, response),
            on_end=lambda done: cast(None, self._clients.pop(done.key, None)),
            t1=self.t1,
        )
        self._clients[transaction.key] = transaction
        transaction.start()
        return transaction

    async def peer_for(
        self, request: Request, transport: Transport | None, flow: Peer | None = None
    ) -> Peer:
        """The first peer that takes a request; the request is made ready. Raises OSError."""
        peer = await Ways(self, request, transport, flow).next()
        assert peer is not None
        return peer

    # What the ways to a peer have to know

    def known(self, hop: NextHop, name: str) -> Peer | None:
        """An open connection to a hop."""
        return self._wire.known(hop, name)

    async def connect(self, hop: NextHop, name: str) -> Peer:
        """A flow to a hop. Raises OSError."""
        return await self._wire.peer(hop, name)

    def has(self, transport: Transport) -> bool:
        """Whether this element speaks a transport."""
        return transport in self._wire.transports

    def reaches(self, hop: NextHop) -> bool:
        """Whether a hop is of the address family of our sockets."""
        return (":" in hop.ip) == (":" in self.host)

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

    async def contact_for(self, uri: str, aor: str, transport: Transport | None) -> str:
        """Contact of an address of record towards a registrar. Raises OSError."""
        asked = build("REGISTER", uri, host=self.host)
        return self.contact(uri_parts(aor).user, await self.peer_for(asked, transport))

    def media_host(self, remote: Address) -> str:
        """Local address for RTP towards a peer."""
        return self.host if self.host not in ("0.0.0.0", "::", "") else local_ip(remote)

    def transmit(self, message: Request | Response, peer: Peer, data: bytes = b"") -> None:
        """Send and trace."""
        data = data or bytes(message)
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

    def _lost(self, peer: Peer) -> None:
        """A connection ended: what waits for an answer on it need not wait longer."""
        for client in list(self._clients.values()):
            if client.peer.writer is peer.writer:
                client.lose()


def closed(peer: Peer) -> ConnectionResetError:
    """What is to be told of a connection that ended before the answer."""
    return ConnectionResetError(
        f"{where(peer.remote)} closed the {peer.transport.upper()} connection without an answer."
    )
