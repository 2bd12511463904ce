"""Received requests and their transactions, bounded in number (RFC 3261 §17.2, RFC 6026)."""

import asyncio
from collections.abc import Callable

from sipmessage import Request, Response

from .fields import ExtraHeaders, add_headers, header, name_addr, token
from .headers import IndexedHeaders
from .messages import PHRASES, set_body
from .trace import Address, Transport
from .transaction import Key
from .wire import Peer

MAX_SERVERS = 10_000
"""Server transactions at a time. Beyond, answered ones are forgotten before their time."""


class Incoming:
    """A received request and the way to answer it, as `server` (RFC 3261 §20.35)."""

    def __init__(
        self,
        server: str,
        request: Request,
        peer: Peer,
        reply_to: Peer,
        transaction: "ServerTransaction",
    ) -> None:
        self.request, self.transaction = request, transaction
        self._server = server
        self.peer, self.reply_to = peer, reply_to
        self.to_tag = name_addr(header(request, "To")).tag or token(5)

    @property
    def method(self) -> str:
        """The request's method."""
        return self.request.method

    @property
    def source(self) -> Address:
        """Address and port that the request came from."""
        return self.peer.remote

    @property
    def transport(self) -> Transport:
        """How the request came."""
        return self.peer.transport

    def header(self, name: str, default: str = "") -> str:
        """First value of a header of the request."""
        return header(self.request, name, default)

    def make(self, code: int, phrase: str = "", headers: ExtraHeaders | None = None) -> Response:
        """A response to this request (RFC 3261 §8.2.6)."""
        response = Response(code, phrase or PHRASES.get(code, ""))
        response.headers = IndexedHeaders()
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            response.headers.setlist(name, list(self.request.headers.getlist(name)))
        if code == 100 and (stamp := self.header("Timestamp")):
            response.headers.set("Timestamp", stamp)  # RFC 3261 §8.2.6.1
        to = header(response, "To")
        if code > 100 and not name_addr(to).tag:
            response.headers.set("To", f"{to};tag={self.to_tag}")
        response.headers.set("Server", self._server)
        response.headers.set("Content-Length", "0")
        add_headers(response, headers)
        return response

    async def respond(
        self,
        code: int,
        phrase: str = "",
        headers: ExtraHeaders | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> None:
        """Send a response; after a final one, nothing more is sent."""
        response = self.make(code, phrase, headers)
        set_body(response, body, content_type)
        self.transaction.respond(response)


class ServerTransaction:
    """One received request and its responses (RFC 3261 §17.2)."""

    def __init__(
        self,
        key: Key,
        request: Request,
        *,
        send: Callable[[Response], None],
        servers: "Servers",
        reliable: bool,
        t1: float,
    ) -> None:
        self.key, self.request = key, request
        self.last: Response | None = None
        self.on_cancel: Callable[[Incoming], None] | None = None
        """Answers a CANCEL that meets this transaction."""
        self._send, self._servers = send, servers
        self._reliable, self._t1 = reliable, t1
        self._invite = request.method == "INVITE"
        self.origin: Key = ()
        self._confirmed = False
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def answered(self) -> bool:
        """Whether a final response was sent."""
        return self.last is not None and self.last.code >= 200

    def respond(self, response: Response) -> None:
        """Send a response; a final one is sent again as the timers say. A second one is ignored."""
        if self.answered:
            return
        self.last = response
        self._send(response)
        if response.code < 200:
            return
        if not self._invite and self._reliable:
            self.end()  # Timer J is zero where nothing gets lost.
            return
        if self._invite and response.code >= 300 and not self._reliable:
            self._later(self._t1, self._again, self._t1)  # timer G
        # Timers H, J, L: in that time copies of the request are answered from here.
        self._later(64 * self._t1, self.end)
        self._servers.answered(self)

    def repeated(self) -> None:
        """A copy of the request came: send the last response again; a 2xx is the call's affair."""
        accepted = self._invite and self.last is not None and 200 <= self.last.code < 300
        if self.last is not None and not accepted and not self._confirmed:
            self._send(self.last)

    def acknowledged(self) -> None:
        """An ACK for a final response of 300 or more."""
        if not self._confirmed:
            self._confirmed = True
            self._stop()
            self._later(0.0 if self._reliable else 10 * self._t1, self.end)  # timer I

    def end(self) -> None:
        """Forget everything."""
        self._stop()
        self._servers.forget(self)

    def _again(self, waited: float) -> None:
        assert self.last is not None
        self._send(self.last)
        following = min(2 * waited, 8 * self._t1)
        self._later(following, self._again, following)

    def _later(self, seconds: float, action: Callable[..., None], *given: float) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, action, *given))

    def _stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


class Servers:
    """The server transactions of one element, bounded in number."""

    def __init__(self, limit: int = MAX_SERVERS) -> None:
        self._limit = limit
        self._pending: dict[Key, ServerTransaction] = {}
        self._answered: dict[Key, ServerTransaction] = {}
        self._origins: dict[Key, ServerTransaction] = {}

    def __len__(self) -> int:
        return len(self._pending) + len(self._answered)

    def get(self, key: Key) -> ServerTransaction | None:
        """The transaction of a key."""
        return self._pending.get(key) or self._answered.get(key)

    def merged(self, origin: Key) -> ServerTransaction | None:
        """The transaction of a request that came by another way before (RFC 3261 §8.2.2.2)."""
        return self._origins.get(origin)

    def add(self, transaction: ServerTransaction, origin: Key) -> bool:
        """Keep a transaction; False where there is no room, because none was answered yet.

        `origin` is what the copies of a request that was forked and met again have in common.
        """
        if len(self) >= self._limit:
            oldest = next(iter(self._answered.values()), None)
            if oldest is None:
                return False
            oldest.end()
        self._pending[transaction.key] = transaction
        transaction.origin = origin
        self._origins[origin] = transaction
        return True

    def answered(self, transaction: ServerTransaction) -> None:
        """A final response was sent: from now on the transaction only waits for copies."""
        if self._pending.pop(transaction.key, None) is not None:
            self._answered[transaction.key] = transaction

    def forget(self, transaction: ServerTransaction) -> None:
        """Remove a transaction."""
        self._pending.pop(transaction.key, None)
        self._answered.pop(transaction.key, None)
        if self._origins.get(transaction.origin) is transaction:
            del self._origins[transaction.origin]

    def end(self) -> None:
        """End all."""
        for transaction in [*self._pending.values(), *self._answered.values()]:
            transaction.end()
