"""Received requests and their transactions, bounded in number (RFC 3261 §17.2, RFC 6026)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import Request, Response

from .fields import ExtraHeaders, add_headers, header, name_addr, token
from .headers import IndexedHeaders
from .messages import PHRASES, set_body
from .trace import Address, Transport
from .transaction import Key
from .wire import Peer

MAX_SERVERS = 10_000
"""Server transactions at a time. Beyond, answered ones are forgotten before their time."""


@dataclass(eq=False)
class Incoming:
    """A received request and the way to answer it, as `server` (RFC 3261 §20.35)."""

    server: str
    request: Request
    peer: Peer
    reply_to: Peer
    transaction: "ServerTransaction"
    to_tag: str = ""

    def __post_init__(self) -> None:
        self.to_tag = name_addr(header(self.request, "To")).tag or token(5)

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
        response.headers.set("Server", self.server)
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


@dataclass(eq=False)
class ServerTransaction:
    """One received request and its responses (RFC 3261 §17.2)."""

    key: Key
    request: Request
    send: Callable[[Response], None]
    servers: "Servers"
    reliable: bool
    t1: float
    origin: Key
    """What the copies of a request that was forked and met again have in common."""
    last: Response | None = None
    on_cancel: Callable[[Incoming], None] | None = None
    """Answers a CANCEL that meets this transaction."""
    _confirmed: bool = False
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def invite(self) -> bool:
        """Whether the request is an INVITE."""
        return self.request.method == "INVITE"

    @property
    def answered(self) -> bool:
        """Whether a final response was sent."""
        return self.last is not None and self.last.code >= 200

    def respond(self, response: Response) -> None:
        """Send a response; a final one is sent again as the timers say. A second one is ignored."""
        if self.answered:
            return
        self.last = response
        self.send(response)
        if response.code < 200:
            return
        if not self.invite and self.reliable:
            self.end()  # Timer J is zero where nothing gets lost.
            return
        if self.invite and response.code >= 300 and not self.reliable:
            self._later(self.t1, self._again, self.t1)  # timer G
        # Timers H, J, L: in that time copies of the request are answered from here.
        self._later(64 * self.t1, self.end)
        self.servers.answered(self)

    def repeated(self) -> None:
        """A copy of the request came: send the last response again; a 2xx is the call's affair."""
        accepted = self.invite and self.last is not None and 200 <= self.last.code < 300
        if self.last is not None and not accepted and not self._confirmed:
            self.send(self.last)

    def acknowledged(self) -> None:
        """An ACK for a final response of 300 or more."""
        if not self._confirmed:
            self._confirmed = True
            self._stop()
            self._later(0.0 if self.reliable else 10 * self.t1, self.end)  # timer I

    def end(self) -> None:
        """Forget everything."""
        self._stop()
        self.servers.forget(self)

    def _again(self, waited: float) -> None:
        assert self.last is not None
        self.send(self.last)
        following = min(2 * waited, 8 * self.t1)
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

    def add(self, transaction: ServerTransaction) -> bool:
        """Keep a transaction; False where there is no room, because none was answered yet."""
        if len(self) >= self._limit:
            oldest = next(iter(self._answered.values()), None)
            if oldest is None:
                return False
            oldest.end()
        self._pending[transaction.key] = transaction
        self._origins[transaction.origin] = transaction
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
