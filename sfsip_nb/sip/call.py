"""A call: what both sides of an INVITE dialog can do (RFC 3261 §12 to §15)."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from sipmessage import Headers, Request, Response

from . import fields, modifying
from .accepting import Acks
from .dialog import Dialog
from .digest import Answerer, Credentials
from .fields import cseq, header, name_addr, uri_parts
from .media.rtp import Audio
from .refer import Referral, ReferResult, Subscriptions
from .sdp import Sdp
from .session import Direction, MediaSession
from .session_timer import SessionTimer
from .stack import Stack
from .trace import Address, TraceEntry, Transport
from .wire import Peer

_GONE = (408, 481)
"""Answers after which the dialog is over (RFC 3261 §12.2.1.2); 408 stands for silence too."""


def now() -> datetime:
    """Aware UTC time."""
    return datetime.now(UTC)


class Call(ABC):
    """One leg: an `IncomingCall` or an `OutgoingCall`.

    Attributes are facts to be read; methods act on the call.

    `request_uri` and its `user` were called by `caller` (user part of From) and `caller_name`
    (its display name, text of a stranger); `codes` are those of all responses to the INVITE.
    """

    def __init__(
        self,
        stack: Stack,
        direction: Literal["in", "out"],
        invite: Request,
        peer: Peer,
        local_tag: str,
        credentials: Sequence[Credentials],
    ) -> None:
        self.stack, self.direction, self.invite = stack, direction, invite
        self.met(peer)
        self.call_id = header(invite, "Call-ID")
        self.key = self.call_id, local_tag
        """Call-ID and our own tag: the dialog as this side finds it (RFC 3261 §12)."""
        caller = name_addr(header(invite, "From"))
        self.request_uri, self.caller_name = str(invite.uri), caller.name
        self.user = uri_parts(self.request_uri).user
        self.caller = uri_parts(caller.uri).user
        self.remote_headers: Headers = invite.headers if direction == "in" else Headers()
        self.state: Literal["trying", "ringing", "answered", "ended", "failed"] = "trying"
        self.code, self.phrase = 0, ""
        self.failure: OSError | None = None
        """Why the INVITE could not be sent, or what became of its connection."""
        self.codes: list[int] = []
        self.ringing_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.ended_by: Literal["", "local", "remote", "timeout"] = ""
        self.end_reason = ""
        self.bye_code: int | None = None
        self.challenges = 0
        self.decided, self.ringing, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.session = MediaSession()
        self.dialog: Dialog | None = None
        self.dialogs: dict[str, Dialog] = {}
        self.answerer = Answerer(credentials)
        self.acks = Acks(stack, cseq(invite)[0])
        expire = partial(self.bye, reason='SIP;cause=408;text="session timer expired"')
        self.timer = SessionTimer(stack.spawn, self.refresh, expire)
        self.subscriptions = Subscriptions()
        self.on_refer: Callable[[Referral], Awaitable[None]] | None = None
        self._callbacks: list[Callable[[Call], None]] = []

    def __repr__(self) -> str:
        return f"<Call {self.direction} {self.call_id} {self.state} {self.code}>"

    def met(self, peer: Peer) -> None:
        """The INVITE came from there, or is sent there."""
        self.peer = peer
        self.transport: Transport = peer.transport
        self.source: Address = peer.remote

    @property
    def ok(self) -> bool:
        """Whether the call was answered."""
        return self.answered_at is not None

    @property
    def retransmitted_200(self) -> int:
        """200s that were sent, or came, again."""
        return self.acks.copies

    @property
    def ack(self) -> asyncio.Event:
        """Set when the ACK for our 200 has come."""
        return self.acks.first.came

    @property
    def audio(self) -> Audio | None:
        """The audio; of an outgoing call from the INVITE on, of an incoming one once described."""
        return self.session.audio

    @property
    def offer(self) -> Sdp | None:
        """The first offer, of whichever side; None if the INVITE had none."""
        return self.session.offer

    @property
    def trace(self) -> list[TraceEntry]:
        """Messages of this Call-ID."""
        return self.stack.transport.trace.for_call(self.call_id)

    def header(self, name: str, default: str = "") -> str:
        """First value of one of the peer's headers."""
        return self.remote_headers.get(name) or default

    # Waiting

    async def outcome(self, timeout: float | None = None) -> int:
        """Final code of the INVITE. After `timeout` seconds it is given up, and 408 returned."""
        try:
            async with asyncio.timeout(timeout):
                await self.decided.wait()
        except TimeoutError:
            await self.abandon("", 408)
            self.end("failed", "timeout", code=408, phrase="Request Timeout")
        return self.code

    async def wait_ended(self, timeout: float | None = None) -> bool:
        """Whether the call is over within the time-out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.over.wait()
        return self.over.is_set()

    def add_ended_callback(self, action: "Callable[[Call], None]") -> None:
        """Call `action(call)` when the call is over, or at once if it is."""
        if self.over.is_set():
            action(self)
        else:
            self._callbacks.append(action)

    # Acting

    async def bye(self, reason: str = "") -> int:
        """Hang up an answered call; the code of the answer to BYE, 0 for none (§15.1.1)."""
        if self.state == "answered" and self.direction == "in":
            await self.ack.wait()  # The called side has to wait for the ACK (RFC 3261 §15).
        if self.state != "answered":
            return self.bye_code or 0
        # The call is over when BYE is sent, whatever is answered (RFC 3261 §15.1.1).
        self.end_reason = reason
        self.end("ended", "local")
        return await self.send_bye()

    async def send_bye(self) -> int:
        """The BYE of a call that is over for us, with `end_reason`; the code of its answer."""
        extra = {"Reason": self.end_reason} if self.end_reason else None
        response = await self.dialog.send("BYE", extra) if self.dialog else None
        self.bye_code = response.code if response else 0
        return self.bye_code

    async def hangup(self, reason: str = "", code: int = 480) -> None:
        """End the call in whatever way its state asks for; `code` refuses one that came."""
        if self.state == "answered":
            await self.bye(reason=reason)
        else:
            await self.abandon(reason, code)

    @abstractmethod
    async def abandon(self, reason: str, code: int) -> None:
        """Refuse or cancel a call that is not answered."""

    async def reinvite(self, direction: Direction = "sendrecv") -> int:
        """Offer our media again: "sendonly" or "inactive" hold the peer (RFC 3264 §8.4).

        The final code, 0 for none. A refusal leaves the call as it was; it ends where the peer
        knows it no longer. What is held stays so, whatever the peer offers, until the next of
        these.
        """
        if self.state == "answered" and self.direction == "in":
            await self.ack.wait()  # Until then the first INVITE is under way (RFC 3261 §14.1).
        if self.session.offering:
            return 491
        if self.state != "answered" or self.dialog is None or self.audio is None:
            return 0
        response = await modifying.reinvite(
            self.dialog, self.session, self.timer, self.acks, direction, over=self.over
        )
        return await self._changed(response, "re-INVITE")

    async def update(self) -> int:
        """Refresh the session and our Contact without an offer (RFC 3311 §5.1); the final code."""
        if self.dialog is None:
            return 0
        extra = {"Contact": self.dialog.contact, **self.timer.asked()}
        response = await self.dialog.send("UPDATE", extra)
        if response is not None and response.code < 300:
            self.dialog.refresh(response)
            self.timer.agreed(response)
        return await self._changed(response, "UPDATE")

    async def _changed(self, response: Response | None, method: str) -> int:
        """The code of an answer; after some, and after silence, the dialog is over."""
        if response is None or response.code in _GONE:
            await self.bye(reason=f'SIP;cause=408;text="no answer to {method}"')
        return response.code if response else 0

    async def refresh(self) -> int:
        """Show that the call lives: by UPDATE where the peer knows it (RFC 4028 §7.4)."""
        if self.state != "answered":
            return 0
        if "UPDATE" in fields.values(self.remote_headers, "Allow"):
            return await self.update()
        return await self.reinvite(self.session.direction)

    async def refer(self, refer_to: str, *, timeout: float = 10.0) -> ReferResult:
        """Ask the peer to call `refer_to`; what it reported by NOTIFY (RFC 3515)."""
        if self.dialog is None:
            return ReferResult()
        return await self.subscriptions.refer(self.dialog, refer_to, timeout)

    # What happens to the call

    def answered(self, code: int, phrase: str) -> None:
        """The call stands."""
        self.code, self.phrase = code, phrase
        self.state, self.answered_at = "answered", now()

    def terminated(self) -> None:
        """The peer gave up before the call was answered (RFC 3261 §9.2, §15.1.2)."""
        self.end("failed", "remote", code=487, phrase="Request Terminated")

    def end(
        self,
        state: Literal["ended", "failed"],
        by: Literal["local", "remote", "timeout"],
        *,
        code: int = 0,
        phrase: str = "",
    ) -> None:
        """Mark the call as over, once."""
        if self.over.is_set():
            return
        self.timer.stop()
        self.acks.end()
        self.state, self.ended_by, self.ended_at = state, by, now()
        if code:
            self.code, self.phrase = code, phrase
        self.decided.set()
        self.over.set()
        self.session.close()
        for action in self._callbacks:
            action(self)
