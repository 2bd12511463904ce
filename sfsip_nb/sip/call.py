"""A call: what both sides of an INVITE dialog can do (RFC 3261 §12 to §15).

`outgoing.place` and `incoming.receive` make calls; `inside` answers what comes in a dialog,
`modifying` changes a call that stands, `refer` holds the transfer.
"""

import asyncio
import urllib.parse
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from sipmessage import Request, Response

from . import fields, sdp
from .accepting import Ack
from .dialog import Dialog
from .digest import Answerer, Credentials
from .fields import ExtraHeaders, cseq, header, name_addr
from .leg import Leg, now
from .messages import Incoming, session_body, set_body
from .refer import Referral, ReferResult, Subscriptions
from .session import Direction
from .session_timer import SessionTimer
from .transport import Peer

if TYPE_CHECKING:
    from .agent import UserAgent
    from .outgoing import InviteAttempt
    from .reliable import Reliable

__all__ = ["Call", "now"]


class Call(Leg):
    """One leg. Attributes are facts to be read; methods act on the call."""

    def __init__(
        self,
        agent: "UserAgent",
        direction: Literal["in", "out"],
        invite: Request,
        peer: Peer,
        local_tag: str,
        credentials: Sequence[Credentials],
    ) -> None:
        super().__init__(agent, direction, invite, peer, local_tag)
        self.on_refer: Callable[[Referral], Awaitable[None]] | None = None
        # Of the other modules of this package:
        self.dialog: Dialog | None = None
        self.dialogs: dict[str, Dialog] = {}
        self.answerer = Answerer(credentials)
        self.incoming: Incoming | None = None
        self.attempt: InviteAttempt | None = None
        self.reliable: Reliable | None = None
        self.timer = SessionTimer(self)
        self.subscriptions = Subscriptions()
        self.acks: dict[int, Ack] = {cseq(invite)[0]: Ack()} if direction == "in" else {}
        self._callbacks: list[Callable[[Call], None]] = []
        agent.calls[self.key] = self

    @property
    def ack(self) -> asyncio.Event:
        """Set when the ACK for our 200 has come."""
        return self.acks[cseq(self.invite)[0]].came

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

    def add_ended_callback(self, action: "Callable[[Call], None]") -> None:
        """Call `action(call)` when the call is over, or at once if it is."""
        if self.over.is_set():
            action(self)
        else:
            self._callbacks.append(action)

    # Acting: the called side

    async def ring(
        self,
        code: int = 180,
        phrase: str = "",
        headers: ExtraHeaders | None = None,
        *,
        early: bool = False,
        codecs: Sequence[str] = ("PCMU", "PCMA"),
        srtp: sdp.Srtp = "off",
    ) -> None:
        """Send a provisional response (RFC 3261 §13.3.1.1).

        `early`: with our description, so that audio flows before the answer; `answer` then
        keeps to these `codecs` and `srtp`. Where the caller requires it, the response is sent
        until its PRACK, and the next one waits for that (RFC 3262).
        """
        from . import incoming

        await incoming.ring(self, code, phrase, headers, early=early, codecs=codecs, srtp=srtp)

    async def answer(
        self,
        *,
        codecs: Sequence[str] = ("PCMU", "PCMA"),
        srtp: sdp.Srtp = "off",
        headers: ExtraHeaders | None = None,
        mute: bool = False,
    ) -> bool:
        """Answer with 200, or with 488 if no medium fits; True once the ACK has come.

        `mute`: send no RTP packet.
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
        answer = self.incoming.transaction.last
        self.end("failed", "local", code=code, phrase=answer.phrase if answer else phrase)

    # Acting: both sides

    async def cancel(self, reason: str = "") -> None:
        """Give up an outgoing call that is not decided (RFC 3261 §9.1)."""
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

    async def reinvite(self, direction: Direction = "sendrecv") -> int:
        """Offer our media again: "sendonly" or "inactive" hold the peer (RFC 3264 §8.4).

        The final code, 0 for none. A refusal leaves the call as it was. What is held stays so,
        whatever the peer offers, until the next of these.
        """
        from . import modifying

        return await modifying.reinvite(self, direction)

    async def update(self) -> int:
        """Refresh the session and our Contact without an offer (RFC 3311); the final code."""
        from . import modifying

        return await modifying.update(self)

    async def refresh(self) -> int:
        """Show that the call lives: by UPDATE where the peer knows it (RFC 4028 §7.4)."""
        allowed = fields.values(self.remote_headers, "Allow")
        if "UPDATE" in allowed:
            return await self.update()
        return await self.reinvite(self.session.direction)

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

    def replacing(self) -> str:
        """URI that a third party calls to take our place in this call (RFC 3891, RFC 5589 §7).

        To be given to `refer` of another call: the attended transfer.
        """
        assert self.dialog is not None
        value = f"{self.call_id};to-tag={self.dialog.remote_tag};from-tag={self.local_tag}"
        target = self.dialog.target.partition("?")[0]
        return f"{target}?Replaces={urllib.parse.quote(value, safe='')}"

    async def send(
        self,
        method: str,
        headers: ExtraHeaders | None = None,
        body: bytes = b"",
        content_type: str = "",
        *,
        dialog: Dialog | None = None,
    ) -> Response | None:
        """A request inside the dialog; challenges are answered; None if nothing was heard."""
        dialog = dialog or self.dialog
        if dialog is None:
            return None
        request = dialog.request(method)
        fields.add_headers(request, headers)
        set_body(request, body, content_type)
        try:
            return await self.agent.transact(
                request,
                self.answerer,
                transport=dialog.transport,
                flow=self.peer,
                next_seq=dialog.next_seq,
            )
        except OSError as error:
            self.send_error = error
            return None

    # What the agent passes on

    def acknowledged(self, request: Request) -> None:
        """An ACK for one of our 200s."""
        if (ack := self.acks.get(cseq(request)[0])) is not None:
            if not ack.came.is_set():
                ack.description = sdp.parse(session_body(request))
            ack.came.set()

    def cancelled(self, cancel: Incoming) -> None:
        """The caller gave up: 200 for the CANCEL, 487 for the INVITE (RFC 3261 §9.2)."""
        cancel.to_tag = self.local_tag
        cancel.transaction.respond(cancel.make(200))
        if self.incoming is not None and not self.decided.is_set():
            self.end_reason, self.bye_headers = cancel.header("Reason"), cancel.request.headers
            self.codes.append(487)
            self.incoming.transaction.respond(self.incoming.make(487))
            self.end("failed", "remote", code=487, phrase="Request Terminated")

    async def on_request(self, incoming: Incoming) -> None:
        """A request inside the dialog."""
        from . import inside

        await inside.receive(self, incoming)

    def end(
        self,
        state: Literal["ended", "failed"],
        by: Literal["local", "remote", "timeout"],
        *,
        code: int = 0,
        phrase: str = "",
    ) -> None:
        """Mark the call as over, once; one that was answered stays known for late requests."""
        if self.over.is_set():
            return
        self.timer.stop()
        for ack in self.acks.values():
            ack.came.set()
        super().end(state, by, code=code, phrase=phrase)
        wait = 64 * self.agent.t1 if self.ok else 0.0
        asyncio.get_running_loop().call_later(wait, self.forget)
        for action in self._callbacks:
            action(self)

    def contact(self) -> str:
        """Our Contact in this dialog: the number called, or our own when we called."""
        user = self.user if self.direction == "in" else self.caller
        return self.agent.contact(user, self.peer)

    def forget(self) -> None:
        """Let late requests of this dialog meet a 481."""
        self.agent.calls.pop(self.key, None)
