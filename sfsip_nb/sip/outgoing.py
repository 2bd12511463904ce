"""The calling side of an INVITE (RFC 3261 §13.2, §9.1, §22.2)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sipmessage import Request, Response

from . import fields, sdp
from .call import Call, now
from .dialog import Dialog
from .digest import Credentials
from .fields import cseq, header, name_addr
from .media.rtp import Audio
from .media.srtp import Crypto
from .messages import set_body
from .sdp import Description, Refused, Srtp
from .trace import Transport
from .transaction import ClientTransaction
from .transport import Peer

if TYPE_CHECKING:
    from .agent import UserAgent

Progress = Callable[[Call, int, Response], None]


async def place(
    agent: "UserAgent",
    invite: Request,
    *,
    transport: Transport | None,
    codecs: Sequence[str],
    srtp: Srtp,
    credentials: Sequence[Credentials],
    on_progress: Progress | None,
) -> Call:
    """Send the INVITE. Where there is no way to send it, the call fails with a local 503."""
    tag = name_addr(header(invite, "From")).tag
    try:
        peer = await agent.peer_for(invite, transport)
    except (OSError, TimeoutError) as error:
        # RFC 3261 §8.1.3.1: a transport error is treated as a 503.
        nowhere = Peer(transport or "udp", ("", 0), ("", 0))
        call = Call(agent, "out", invite, nowhere, tag, credentials)
        call.failure = error
        call.end("failed", "local", code=503, phrase=str(error) or "connection timed out")
        return call
    call = Call(agent, "out", invite, peer, tag, credentials)
    call.audio = await Audio.open(agent.media_host(peer))
    call.description = Description(call.audio.local)
    call.local_crypto = None if srtp == "off" else Crypto.new()
    body = call.description.offer(codecs, srtp, call.local_crypto)
    call.offer = sdp.parse(body)
    set_body(invite, body, "application/sdp")
    call.attempt = Attempt(call, peer, codecs, srtp, on_progress)
    agent.spawn(call.attempt.run())
    return call


class Attempt:
    """An INVITE until it is decided, and its 200s afterwards."""

    def __init__(
        self,
        call: Call,
        peer: Peer,
        codecs: Sequence[str],
        srtp: Srtp,
        on_progress: Progress | None,
    ) -> None:
        self.call, self.agent, self.peer = call, call.agent, peer
        self._codecs, self._srtp, self._on_progress = codecs, srtp, on_progress
        self._tried: set[str] = set()
        self._transaction: ClientTransaction | None = None
        self._provisional = False
        self._cancelled: str | None = None
        self._cancel_sent = False
        self._ack: tuple[Request, Peer] | None = None

    async def run(self) -> None:
        """Follow the responses, through challenges, until the transaction is over."""
        while await self._once():
            pass

    async def _once(self) -> bool:
        """One INVITE; True if a challenge was answered and another has to be sent."""
        branch = fields.new_branch()
        call = self.call
        self.agent.prepare(call.invite, self.peer, branch)
        self._transaction = self.agent.start_transaction(call.invite, self.peer, branch)
        self._provisional = self._cancel_sent = False
        while True:
            response = await self._transaction.responses.get()
            if response is None:
                if not call.decided.is_set():
                    call.end("failed", "timeout", code=408, phrase="Request Timeout")
                return False
            call.codes.append(response.code)
            call.remote_headers = response.headers
            if response.code < 200:
                await self._progress(response)
            elif response.code < 300:
                await self._success(response)
            else:
                return self._failure(response)

    async def _progress(self, response: Response) -> None:
        call = self.call
        self._provisional = True
        if response.code > 100 and not call.decided.is_set():
            call.ringing_at = call.ringing_at or now()
            call.state = "ringing"
            call.ringing.set()
            if (early := sdp.parse(response.body)) is not None:
                self._media(early)
        if self._on_progress is not None:
            self._on_progress(call, response.code, response)
        if self._cancelled is not None:
            self._send_cancel(self._cancelled)

    def _failure(self, response: Response) -> bool:
        call = self.call
        if response.code in (401, 407):
            call.challenges += 1
            if self._cancelled is None and call.answerer.answer(response, call.invite, self._tried):
                call.invite.headers.set("CSeq", f"{cseq(call.invite)[0] + 1} INVITE")
                return True
        cancelled = self._cancelled is not None
        call.end(
            "failed", "local" if cancelled else "remote", code=response.code, phrase=response.phrase
        )
        return False

    async def _success(self, response: Response) -> None:
        """A 2xx: ACK it, each copy again (RFC 3261 §13.2.2.4)."""
        call = self.call
        tag = name_addr(header(response, "To")).tag
        if call.dialog is not None and call.dialog.remote_tag == tag:
            call.codes.pop()
            call.retransmitted_200 += 1
            if self._ack is not None:
                self.agent.transmit(*self._ack)
            return
        dialog = Dialog.of_caller(call.invite, response, self.peer.transport)
        ack = dialog.request("ACK", cseq(call.invite)[0])
        for name in ("Authorization", "Proxy-Authorization"):  # RFC 3261 §22.1
            if lines := call.invite.headers.getlist(name):
                ack.headers.setlist(name, list(lines))
        unwanted = call.decided.is_set() or self._cancelled is not None
        if call.dialog is None and not call.decided.is_set():
            call.dialog = dialog
        try:
            peer = await self.agent.peer_for(ack, dialog.transport, self.peer)
        except (OSError, TimeoutError) as error:
            self.agent.errors.append(error)
            call.end("failed", "local", code=503, phrase=f"no way to send the ACK: {error}")
            return
        self.agent.prepare(ack, peer, fields.new_branch())
        if call.dialog is dialog:
            self._ack = ack, peer
        self.agent.transmit(ack, peer)
        described = sdp.parse(response.body)
        if unwanted or call.dialog is not dialog:
            # Answered after CANCEL, or a second branch of a fork: hang up (§9.1, §13.2.2.4).
            await self._hang_up(dialog)
            if not call.decided.is_set():
                call.end("failed", "local", code=487, phrase="Request Terminated")
        elif described is None or not self._media(described):
            call.code, call.phrase = response.code, response.phrase
            call.state = "answered"
            call.answered_at = now()
            self.agent.spawn(self._bye_unusable())
        else:
            call.code, call.phrase = response.code, response.phrase
            call.state, call.answered_at = "answered", now()
            call.decided.set()

    async def _bye_unusable(self) -> None:
        """The answer fits no medium: the dialog stands, so BYE ends it (RFC 3261 §13.2.2.4)."""
        await self.call.bye(reason='SIP;cause=488;text="answer not acceptable"')

    async def _hang_up(self, dialog: Dialog) -> None:
        bye = dialog.request("BYE")
        await self.agent.transact(
            bye, self.call.answerer, transport=dialog.transport, flow=self.peer
        )

    def _media(self, described: sdp.Sdp) -> bool:
        """Take an answer, early or final; False if it is not one to our offer (RFC 3264 §6)."""
        call = self.call
        agreed = sdp.negotiate(described, self._codecs, self._srtp)
        if isinstance(agreed, Refused):
            return False
        call.answer_sdp = described
        call.start_audio(described, agreed)
        return True

    async def cancel(self, reason: str) -> None:
        """CANCEL, at once or as soon as a provisional response allows it (RFC 3261 §9.1)."""
        if self._cancelled is None:
            self._cancelled = reason
            if self._provisional:
                self._send_cancel(reason)

    def _send_cancel(self, reason: str) -> None:
        if self._cancel_sent or self._transaction is None:
            return
        self._cancel_sent = True
        invite = self._transaction.request
        cancel = Request("CANCEL", invite.uri)
        for name in ("Via", "Route", "From", "To", "Call-ID", "Max-Forwards"):
            if lines := invite.headers.getlist(name):
                cancel.headers.setlist(name, list(lines))
        cancel.headers.set("CSeq", f"{cseq(invite)[0]} CANCEL")
        if reason:
            fields.add_headers(cancel, {"Reason": reason})
        set_body(cancel, b"", "")
        self.agent.start_transaction(cancel, self.peer, self._transaction.key[0])
        loop = asyncio.get_running_loop()
        # RFC 3261 §9.1: without a final response for 64 T1 the INVITE counts as cancelled.
        loop.call_later(64 * self.agent.t1, self._cancel_unheard)

    def _cancel_unheard(self) -> None:
        self.call.end("failed", "local", code=487, phrase="Request Terminated")
