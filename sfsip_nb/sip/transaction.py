"""Client and server transactions with the timers of RFC 3261 §17 and RFC 6026."""

import asyncio
from collections.abc import Callable

from sipmessage import Request, Response

Key = tuple[str, ...]


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

    `responses` yields each response that the user has to see, then None: over, or timed out.
    """

    def __init__(
        self,
        key: Key,
        request: Request,
        *,
        send: Callable[[Request], None],
        make_ack: Callable[[Response], Request],
        on_end: Callable[["ClientTransaction"], None],
        reliable: bool,
        t1: float,
    ) -> None:
        self.key, self.request = key, request
        self.responses: asyncio.Queue[Response | None] = asyncio.Queue()
        self._send, self._make_ack, self._on_end = send, make_ack, on_end
        self._reliable, self._t1 = reliable, t1
        self._invite = request.method == "INVITE"
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
        """A response that belongs to this transaction."""
        if response.code < 200:
            if self._state in ("calling", "proceeding"):
                self._state = "proceeding"
                if self._invite:
                    self._timers.clear()
                self.responses.put_nowait(response)
        elif self._invite and response.code < 300:
            # Every 2xx goes up, so that each copy is answered by an ACK (RFC 6026 §7.2).
            if self._state in ("calling", "proceeding"):
                self._complete("accepted", 64 * self._t1)
            self.responses.put_nowait(response)
        else:
            if self._invite:
                self._send(self._make_ack(response))  # RFC 3261 §17.1.1.3
            if self._state in ("calling", "proceeding"):
                wait = 64 * self._t1 if self._invite else 10 * self._t1  # timers D, K
                self._complete("completed", 0.0 if self._reliable else wait)
                self.responses.put_nowait(response)

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
        on_end: Callable[["ServerTransaction"], None],
        reliable: bool,
        t1: float,
    ) -> None:
        self.key, self.request = key, request
        self.last: Response | None = None
        self._send, self._on_end = send, on_end
        self._reliable, self._t1 = reliable, t1
        self._invite = request.method == "INVITE"
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
        if self._invite and response.code >= 300 and not self._reliable:
            self._timers.set("again", self._t1, lambda: self._again(self._t1))  # timer G
        # Timers H, J, L: in that time copies of the request are answered from here.
        self._timers.set("end", 64 * self._t1, self.end)

    def repeated(self) -> None:
        """A copy of the request came: send the last response again; a 2xx is the call's affair."""
        if self.last is not None and not (self._invite and 200 <= self.last.code < 300):
            self._send(self.last)

    def acknowledged(self) -> None:
        """An ACK for a final response of 300 or more."""
        self._timers.clear("again")

    def end(self) -> None:
        """Forget everything."""
        self._timers.clear()
        self._on_end(self)

    def _again(self, waited: float) -> None:
        assert self.last is not None
        self._send(self.last)
        following = min(2 * waited, 8 * self._t1)
        self._timers.set("again", following, lambda: self._again(following))
