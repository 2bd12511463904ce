"""Reliable provisional responses of the called side (RFC 3262 §3)."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from sipmessage import Response

from . import sdp
from .accepting import repeated
from .call import Call
from .fields import header, number
from .messages import SDP, session_body
from .serving import Incoming


class Reliable:
    """The provisional responses of one INVITE that requires 100rel, each sent until its PRACK.

    `give_up` is what to do where no PRACK comes.
    """

    def __init__(
        self,
        call: Call,
        incoming: Incoming,
        give_up: Callable[[], Coroutine[Any, Any, object]],
    ) -> None:
        self._call, self._incoming, self._give_up = call, incoming, give_up
        self._rseq = secrets.randbelow(2**31 - 1_000) + 1
        self._acknowledged = asyncio.Event()
        self._acknowledged.set()
        call.add_ended_callback(lambda _: self._acknowledged.set())
        self._describes = False
        self.described = False
        """Whether our description reached the caller."""

    async def send(self, response: Response) -> None:
        """Send, when the one before has been acknowledged."""
        await self.settled()
        if self._call.decided.is_set():
            return
        self._rseq += 1
        response.headers.set("Require", "100rel")
        response.headers.set("RSeq", str(self._rseq))
        self._describes = bool(response.body)
        self._acknowledged.clear()
        self._incoming.transaction.respond(response)
        self._call.stack.spawn(self._repeat(response))

    async def settled(self) -> None:
        """Wait until all that was sent is acknowledged, or the call over."""
        await self._acknowledged.wait()

    async def _repeat(self, response: Response) -> None:
        """T1, doubling without a cap; after 64 T1 the call has failed (RFC 3262 §3)."""
        respond, t1 = self._incoming.transaction.respond, self._call.stack.t1
        if not await repeated(partial(respond, response), self._acknowledged, t1, 64 * t1):
            await self._give_up()

    async def pracked(self, incoming: Incoming) -> None:
        """Answer a PRACK: 200 if it is for what was sent last, else 481 (RFC 3262 §3)."""
        words = incoming.header("RAck").split()
        wanted = [str(self._rseq), *header(self._incoming.request, "CSeq").split()]
        given = [str(number(word)) if word.isdigit() else word for word in words]
        if self._acknowledged.is_set() or given != wanted:
            await incoming.respond(481)
            return
        described = sdp.parse(session_body(incoming.request))
        session, body = self._call.session, b""
        if session.offering:
            session.take_answer(described)
        elif described is not None:
            made = session.make_answer(described)
            if not isinstance(made, bytes):
                await incoming.respond(488)
                return
            body = made
        self.described = self.described or self._describes
        self._acknowledged.set()
        await incoming.respond(200, "", None, body, SDP)
