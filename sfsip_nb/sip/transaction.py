"""Client transactions with the timers of RFC 3261 §17.1 and RFC 6026; `serving` has the others."""

import asyncio
from collections.abc import Callable

from sipmessage import Request, Response

from .messages import ack_for
from .wire import Peer

Key = tuple[str, ...]


class ClientTransaction:
    """One request until its final response (RFC 3261 §17.1).

    `responses` yields each response that the user has to see, then None: over, or nothing was
    heard in time, or (`lost`) its connection ended before.
    """

    def __init__(
        self,
        key: Key,
        request: Request,
        peer: Peer,
        *,
        send: Callable[[Request], None],
        clients: dict[Key, "ClientTransaction"],
        t1: float,
    ) -> None:
        self.key, self.request, self.peer = key, request, peer
        self.responses: asyncio.Queue[Response | None] = asyncio.Queue()
        self.lost = False
        self._send, self._clients = send, clients
        self._reliable, self._t1 = peer.transport != "udp", t1
        self._invite = request.method == "INVITE"
        self._ack: Request | None = None
        self._state = "calling"
        self._timer: asyncio.TimerHandle | None = None
        self._waited = 0.0

    def start(self) -> None:
        """Send the request; over UDP again and again until something is heard (timers A, E)."""
        self._clients[self.key] = self
        self._send(self.request)
        if self._reliable:
            self._set(64 * self._t1, self.end)  # timers B, F
        else:
            self._set(self._t1, self._again, self._t1)

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
                    self._stop()
                self.responses.put_nowait(response)
        elif not self._invite:
            # Timer K would only drop copies of the answer; without a transaction they are too.
            self.responses.put_nowait(response)
            self.end()
        elif response.code < 300:
            # Every 2xx goes up, so that each copy is answered by an ACK (RFC 6026 §7.2).
            if early:
                self._state = "accepted"
                self._set(64 * self._t1, self.end)  # timer M
            if self._state == "accepted":
                self.responses.put_nowait(response)
        elif early or self._state == "completed":
            # Made once: the user may send the same request again, changed (§17.1.1.3).
            self._ack = self._ack or ack_for(self.request, response)
            self._send(self._ack)
            if early:
                self._state = "completed"
                self._set(0.0 if self._reliable else 64 * self._t1, self.end)  # timer D
                self.responses.put_nowait(response)

    def abandon(self, *, lost: bool = False) -> None:
        """No answer will come: CANCEL led to none (§9.1), or the connection ended (§17.1.4)."""
        if self._state in ("calling", "proceeding"):
            self.lost = lost
            self.end()

    def end(self) -> None:
        """Forget everything."""
        self._stop()
        if self._state != "terminated":
            self._state = "terminated"
            self.responses.put_nowait(None)
            self._clients.pop(self.key, None)

    def _set(self, seconds: float, action: Callable[..., None], *given: float) -> None:
        self._stop()
        self._timer = asyncio.get_running_loop().call_later(seconds, action, *given)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self, waited: float) -> None:
        """Send again, `waited` after the time before; after 64 T1 give up (timers B, F)."""
        self._waited += waited
        left = 64 * self._t1 - self._waited
        if left <= 0:
            self.end()
            return
        self._send(self.request)
        # Timer E is capped by T2 = 8 T1 and stays there once a 1xx came; timer A is not capped.
        following = 2 * waited
        if not self._invite:
            following = min(following, 8 * self._t1)
            if self._state == "proceeding":
                following = 8 * self._t1
        self._set(min(following, left), self._again, following)
