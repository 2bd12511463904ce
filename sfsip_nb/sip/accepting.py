"""2xx to an INVITE or re-INVITE, each sent until its ACK comes (RFC 3261 §13.3.1.4, §14.2)."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import Request, Response

from . import sdp
from .fields import cseq
from .messages import session_body
from .sdp import Sdp
from .serving import Incoming
from .stack import Stack


@dataclass
class Ack:
    """The ACK that one of our 2xx waits for, and the description in it."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    description: Sdp | None = None


class Acks:
    """The ACKs of one call; `first` is that of its INVITE, with CSeq `number`."""

    def __init__(self, stack: Stack, number: int) -> None:
        self._stack = stack
        self.first = Ack()
        self._known = {number: self.first}
        self.copies = 0
        """2xx that were sent, or came, again."""

    async def accept(self, incoming: Incoming, response: Response) -> Ack:
        """Send a 2xx until its ACK comes, for 64 T1 at most, or until the call is over.

        Over TCP too: a proxy on the way may have lost it over UDP.
        """
        t1, number = self._stack.t1, cseq(incoming.request)[0]
        ack = self._known.setdefault(number, Ack())

        def again() -> None:
            self.copies += 1
            self._stack.transport.transmit(response, incoming.reply_to)

        incoming.transaction.respond(response)
        await repeated(again, ack.came, t1, longest=8 * t1)
        del self._known[number]
        return ack

    def came(self, request: Request) -> None:
        """An ACK came; a copy of it says nothing new."""
        ack = self._known.get(cseq(request)[0])
        if ack is not None and not ack.came.is_set():
            ack.description = sdp.parse(session_body(request))
            ack.came.set()

    def end(self) -> None:
        """The call is over: nobody waits any longer."""
        for ack in self._known.values():
            ack.came.set()


async def repeated(
    again: Callable[[], None], heard: asyncio.Event, t1: float, longest: float
) -> bool:
    """Call `again` after T1, twice that and so on up to `longest`; whether `heard` within 64 T1."""
    wait, left = t1, 64 * t1
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(wait, left)):
                return await heard.wait()
        left -= wait
        if left <= 0:
            return heard.is_set()
        wait = min(2 * wait, longest)
        again()
