"""A call: what both sides of an INVITE dialog share (RFC 3261 §12 to §15).

`outgoing.place` and `incoming.receive` make calls; `refer` holds the transfer.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sipmessage import Headers, Request, Response

from . import fields, sdp
from .dialog import Dialog
from .digest import Answerer, Credentials
from .fields import ExtraHeaders, header, name_addr, uri_parts
from .media.rtp import Audio
from .media.srtp import Crypto, Protection
from .messages import Incoming, set_body
from .refer import Referral, ReferResult, Subscriptions
from .sdp import Agreed, Description, Sdp
from .trace import Address, TraceEntry, Transport
from .transaction import ServerTransaction
from .transport import Peer

if TYPE_CHECKING:
    from .agent import UserAgent
    from .outgoing import Attempt

State = Literal["trying", "ringing", "answered", "ended", "failed"]


def now() -> datetime:
    """Aware UTC time."""
    return datetime.now(UTC)


class Call:
    """One leg. Attributes are facts to be read; methods act. See the module's public notes."""

    def __init__(
        self,
        agent: "UserAgent",
        direction: Literal["in", "out"],
        invite: Request,
        peer: Peer,
        local_tag: str,
        credentials: Sequence[Credentials],
    ) -> None:
        self.agent, self.direction, self.invite = agent, direction, invite
        self.peer = peer
        self.transport: Transport = peer.transport
        self.source: Address = peer.remote
        self.call_id = header(invite, "Call-ID")
        self.request_uri = str(invite.uri)
        self.remote_headers: Headers = invite.headers if direction == "in" else Headers()
        self.offer: Sdp | None = None
        self.answer_sdp: Sdp | None = None
        self.audio: Audio | None = None
        self.state: State = "trying"
        self.code, self.phrase = 0, ""
        self.failure: OSError | TimeoutError | None = None  # why the INVITE could not be sent
        self.codes: list[int] = []
        self.started_at = now()
        self.ringing_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.ended_by: Literal["", "local", "remote", "timeout"] = ""
        self.end_reason = ""
        self.bye_code: int | None = None
        self.retransmitted_200 = self.challenges = self.reinvites = 0
        self.on_refer: Callable[[Referral], Awaitable[None]] | None = None
        # Of the other modules of this package:
        self.local_tag = local_tag
        self.dialog: Dialog | None = None
        self.answerer = Answerer(credentials)
        self.transaction: ServerTransaction | None = None
        self.incoming: Incoming | None = None
        self.attempt: Attempt | None = None
        self.description: Description | None = None
        self.local_crypto: Crypto | None = None
        self.decided = asyncio.Event()
        self.ringing = asyncio.Event()
        self.ack = asyncio.Event()
        self.ack_body = b""
        self.subscriptions = Subscriptions()
        self.over = asyncio.Event()
        self._keys: tuple[Crypto, Crypto] | None = None
        self._callbacks: list[Callable[[Call], None]] = []
        agent.calls[self.key] = self

    def __repr__(self) -> str:
        return f"<Call {self.direction} {self.call_id} {self.state} {self.code}>"

    # What can be read

    @property
    def key(self) -> tuple[str, str]:
        """Call-ID and our own tag: the dialog as this side finds it (RFC 3261 §12)."""
        return self.call_id, self.local_tag

    @property
    def from_uri(self) -> str:
        """URI of the From header."""
        return name_addr(header(self.invite, "From")).uri

    @property
    def to_uri(self) -> str:
        """URI of the To header."""
        return name_addr(header(self.invite, "To")).uri

    @property
    def user(self) -> str:
        """User part of the Request-URI: the number called."""
        return uri_parts(self.request_uri).user

    @property
    def caller(self) -> str:
        """User part of From: the number calling."""
        return uri_parts(self.from_uri).user

    @property
    def caller_name(self) -> str:
        """Display name of From; text of a stranger."""
        return name_addr(header(self.invite, "From")).name

    @property
    def ok(self) -> bool:
        """Whether the call was answered."""
        return self.answered_at is not None

    @property
    def trace(self) -> list[TraceEntry]:
        """Messages of this Call-ID."""
        return self.agent.trace.for_call(self.call_id)

    def header(self, name: str, default: str = "") -> str:
        """First value of one of the peer's headers."""
        return self.remote_headers.get(name) or default

    # Waiting

    async def outcome(self, timeout: float | None = None) -> int:
        """Final code of the INVITE. After `timeout` seconds it is cancelled, and 408 returned."""
        try:
            async with asyncio.timeout(timeout):
                await self.decided.wait()
        except TimeoutError:
            await self.cancel()
            self.end("failed", "timeout", code=408, phrase="Request Timeout")
        return self.code

    async def wait_ended(self, timeout: float | None = None) -> bool:
        """Whether the call is over within the time-out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.over.wait()
        return self.over.is_set()

    def add_ended_callback(self, action: Callable[["Call"], None]) -> None:
        """Call `action(call)` when the call is over, or at once if it is."""
        if self.over.is_set():
            action(self)
        else:
            self._callbacks.append(action)

    # Acting: the called side

    async def ring(
        self, code: int = 180, phrase: str = "", headers: ExtraHeaders | None = None
    ) -> None:
        """Send a provisional response (RFC 3261 §13.3.1.1)."""
        from . import incoming

        incoming.ring(self, code, phrase, headers)

    async def answer(
        self,
        *,
        codecs: Sequence[str] = ("PCMU", "PCMA"),
        srtp: sdp.Srtp = "off",
        headers: ExtraHeaders | None = None,
        mute: bool = False,
    ) -> bool:
        """Answer with 200, or with 488 if no medium fits; True once the ACK has come.

        `mute`: send no RTP packet until `audio.unmute()`.
        """
        from . import incoming

        return await incoming.answer(self, codecs, srtp, headers, mute)

    async def reject(
        self, code: int = 486, phrase: str = "", headers: ExtraHeaders | None = None
    ) -> None:
        """Refuse with a final response of 300 or more."""
        if self.incoming is None or self.decided.is_set():
            return
        self.codes.append(code)
        await self.incoming.respond(code, phrase, headers)
        self.end("failed", "local", code=code, phrase=phrase)

    # Acting: both sides

    async def cancel(self, reason: str = "") -> None:
        """Give up an outgoing call that is not yet answered (RFC 3261 §9.1)."""
        if self.attempt is not None and not self.decided.is_set():
            self.end_reason = reason
            await self.attempt.cancel(reason)

    async def bye(self, headers: ExtraHeaders | None = None, reason: str = "") -> int:
        """Hang up an answered call; the code of the answer to BYE, 0 for none (§15.1.1)."""
        if self.state != "answered":
            return self.bye_code or 0
        if self.direction == "in":
            await self.ack.wait()  # The called side has to wait for the ACK (RFC 3261 §15).
            if self.state != "answered":
                return self.bye_code or 0
        extra = dict(headers or {}) | ({"Reason": reason} if reason else {})
        # The call is over when BYE is sent, whatever is answered (RFC 3261 §15.1.1).
        self.end_reason = reason
        self.end("ended", "local")
        response = await self.send("BYE", extra)
        self.bye_code = response.code if response else 0
        return self.bye_code

    async def hangup(self, reason: str = "", code: int = 480) -> None:
        """End the call in whatever way its state asks for."""
        if self.state == "answered":
            await self.bye(reason=reason)
        elif self.direction == "in":
            await self.reject(code, headers={"Reason": reason} if reason else None)
        else:
            await self.cancel(reason)

    async def refer(
        self, refer_to: str, *, headers: ExtraHeaders | None = None, timeout: float = 10.0
    ) -> ReferResult:
        """Ask the peer to call `refer_to`; what it reported by NOTIFY (RFC 3515)."""
        uri = refer_to if "<" in refer_to else f"<{refer_to}>"
        referred_by = header(self.invite, "From" if self.direction == "out" else "To")
        extra: dict[str, str | list[str]] = {
            "Refer-To": uri,
            "Referred-By": f"<{name_addr(referred_by).uri}>",
            **(headers or {}),
        }
        return await self.subscriptions.refer(self, extra, timeout)

    async def send(
        self,
        method: str,
        headers: ExtraHeaders | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> Response | None:
        """A request inside the dialog; challenges are answered; None if nothing was heard."""
        dialog = self.dialog
        if dialog is None:
            return None
        request = dialog.request(method)
        fields.add_headers(request, headers)
        set_body(request, body, content_type)

        def next_seq() -> int:
            dialog.local_seq += 1
            return dialog.local_seq

        try:
            return await self.agent.transact(
                request,
                self.answerer,
                transport=dialog.transport,
                flow=self.peer,
                next_seq=next_seq,
            )
        except OSError as error:
            self.agent.errors.append(error)
            return None

    # What the agent passes on

    def acknowledged(self, request: Request) -> None:
        """The ACK for our 200."""
        self.ack_body = request.body
        self.ack.set()

    async def cancelled(self, reason: str) -> None:
        """The caller gave up: 487 (RFC 3261 §9.2)."""
        if self.incoming is not None and not self.decided.is_set():
            self.end_reason = reason
            self.codes.append(487)
            await self.incoming.respond(487)
            self.end("failed", "remote", code=487, phrase="Request Terminated")

    async def on_request(self, incoming: Incoming) -> None:
        """A request inside the dialog."""
        from . import inside

        await inside.receive(self, incoming)

    # Media and ends

    def start_audio(self, remote: Sdp, agreed: Agreed) -> None:
        """Send to what the peer described; keys are set up when both are known."""
        assert self.audio is not None
        protection = None
        ours = self.description.key(agreed.crypto) if self.description and agreed.crypto else None
        if agreed.crypto is not None and ours is not None:
            keys = ours, agreed.crypto
            if keys != self._keys:
                protection, self._keys = Protection(*keys), keys
        self.audio.held = remote.direction in ("sendonly", "inactive")
        self.audio.start(remote.remote, agreed, remote.payloads[agreed.codec], protection)

    def end(
        self,
        state: Literal["ended", "failed"],
        by: Literal["local", "remote", "timeout"],
        *,
        code: int = 0,
        phrase: str = "",
    ) -> None:
        """Mark the call as over, once. The dialog stays known for late requests."""
        if self.over.is_set():
            return
        self.state, self.ended_by, self.ended_at = state, by, now()
        if code:
            self.code, self.phrase = code, phrase
        self.decided.set()
        self.ack.set()
        self.over.set()
        if self.audio is not None:
            self.audio.close()
        loop = asyncio.get_running_loop()
        loop.call_later(64 * self.agent.t1, self.forget)
        for action in self._callbacks:
            action(self)

    def contact(self) -> str:
        """Our Contact in this dialog: the number called, or our own when we called."""
        user = self.user if self.direction == "in" else self.caller
        return self.agent.contact(user, self.peer)

    def forget(self) -> None:
        """Let late requests of this dialog meet a 481."""
        self.agent.calls.pop(self.key, None)

    def drop(self) -> None:
        """Release what the call holds, without a word to the peer."""
        if self.audio is not None:
            self.audio.close()
