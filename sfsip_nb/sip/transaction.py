"""Client and server transactions with the timers of RFC 3261 §17 and RFC 6026."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from sipmessage import Request, Response

if TYPE_CHECKING:
    from .messages import Incoming
    from .transport import Peer

Key = tuple[str, ...]

MAX_SERVERS = 10_000
"""Server transactions at a time. Beyond, answered ones are forgotten before their time."""


class _Timers:
    """Named one-shot timers that end with their owner."""

    def __init__(self) -> None:
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self.clear(name)
        self._handles[name] = asyncio.get_running_loop().call_later(seconds, action)

    def clear(self, *names: str) -> None:
        for name in names or tuple(self._handles):
            if handle := self._handles.pop(name, None):
                handle.cancel()


class ClientTransaction:
    """One request until its final response (RFC 3261 §17.1).

    `responses` yields each response that the user has to see, then None: over, or nothing was
    heard in time, or (`lost`) its connection ended before.
    """

    def __init__(
        self,
        key: Key,
        request: Request,
        peer: "Peer",
        *,
        send: Callable[[Request], None],
        make_ack: Callable[[Response], Request],
        on_end: Callable[["ClientTransaction"], None],
        t1: float,
    ) -> None:
        self.key, self.request, self.peer = key, request, peer
        self.responses: asyncio.Queue[Response | None] = asyncio.Queue()
        self.lost = False
        self._send, self._make_ack, self._on_end = send, make_ack, on_end
        self._reliable, self._t1 = peer.transport != "udp", t1
        self._invite = request.method == "INVITE"
        self._ack: Request | None = None
        self._state = "calling"
        self._timers = _Timers()

    def start(self) -> None:
        """Send the request; over UDP again and again until something is heard (timers A, E)."""
        self._send(self.request)
        if not self._reliable:
            self._timers.set("again", self._t1, lambda: self._again(self._t1))
        self._timers.set("give up", 64 * self._t1, self.end)  # timers B, F

    async def final(self) -> Response | None:
        """The final response, None if none came in time."""
        while True:
            response = await self.responses.get()
            if response is None or response.code >= 200:
                return response

    def receive(self, response: Response) -> None:
        """A response that belongs to this transaction; a code that is none is dropped."""
        early = self._state in ("calling", "proceeding")
        if not 100 <= response.code <= 699:
            return
        if response.code < 200:
            if early:
                self._state = "proceeding"
                if self._invite:
                    self._timers.clear()
                self.responses.put_nowait(response)
        elif self._invite and response.code < 300:
            # Every 2xx goes up, so that each copy is answered by an ACK (RFC 6026 §7.2).
            if early:
                self._complete("accepted", 64 * self._t1)  # timer M
            if self._state == "accepted":
                self.responses.put_nowait(response)
        elif early or self._state == "completed":
            if self._invite:
                # Made once: the user may send the same request again, changed (§17.1.1.3).
                self._ack = self._ack or self._make_ack(response)
                self._send(self._ack)
            if early:
                self.responses.put_nowait(response)
                if self._invite:
                    wait = 0.0 if self._reliable else 64 * self._t1  # timer D
                    self._complete("completed", wait)
                else:
                    # Timer K would only keep this to absorb copies of the response; those that
                    # belong to no transaction are dropped as well (RFC 3261 §18.1.2).
                    self.end()

    def lose(self) -> None:
        """The connection ended: there will be no answer (RFC 3261 §17.1.4)."""
        if self._state in ("calling", "proceeding"):
            self.lost = True
            self.end()

    def end(self) -> None:
        """Forget everything."""
        self._timers.clear()
        self._state = "terminated"
        self.responses.put_nowait(None)
        self._on_end(self)

    def _complete(self, state: str, linger: float) -> None:
        self._state = state
        self._timers.clear()
        self._timers.set("end", linger, self.end)

    def _again(self, waited: float) -> None:
        self._send(self.request)
        # Timer E is capped by T2 = 8 T1 and stays there once a 1xx came; timer A is not capped.
        following = 2 * waited
        if not self._invite:
            following = min(following, 8 * self._t1)
            if self._state == "proceeding":
                following = 8 * self._t1
        self._timers.set("again", following, lambda: self._again(following))


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
        self._timers = _Timers()

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
            self._timers.set("again", self._t1, lambda: self._again(self._t1))  # timer G
        # Timers H, J, L: in that time copies of the request are answered from here.
        self._timers.set("end", 64 * self._t1, self.end)
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
            self._timers.clear()
            self._timers.set("end", 0.0 if self._reliable else 10 * self._t1, self.end)  # timer I

    def end(self) -> None:
        """Forget everything."""
        self._timers.clear()
        self._servers.forget(self)

    def _again(self, waited: float) -> None:
        assert self.last is not None
        self._send(self.last)
        following = min(2 * waited, 8 * self._t1)
        self._timers.set("again", following, lambda: self._again(following))


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
