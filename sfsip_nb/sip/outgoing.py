"""The calling side of an INVITE (RFC 3261 §13.2, §9.1, §22.2; RFC 3262 §4)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from sipmessage import Request, Response

from . import sdp
from .call import Call, now
from .dialog import Dialog
from .digest import Credentials
from .fields import add_headers, cseq, header, name_addr, number, values
from .hops import Hops
from .messages import SDP, copied, session_body, set_body
from .sdp import Srtp
from .session_timer import LONGEST
from .stack import Stack
from .standing import Standing
from .trace import Transport
from .transaction import ClientTransaction
from .transport import closed
from .wire import Peer

Outcome = Literal["decided", "challenged", "failed"]


class OutgoingCall(Call):
    """A call that we made: its INVITE until it is decided, and its 200s afterwards."""

    def __init__(
        self,
        stack: Stack,
        invite: Request,
        *,
        transport: Transport | None,
        credentials: Sequence[Credentials],
        on_progress: "Progress | None",
        on_standing: "Callable[[Standing], None] | None" = None,
    ) -> None:
        tag = name_addr(header(invite, "From")).tag
        nowhere = Peer(transport or "udp", ("", 0), ("", 0))
        super().__init__(stack, "out", invite, nowhere, tag, credentials)
        self._hops, self._on_progress = Hops(stack.transport, invite, transport), on_progress
        self._on_standing = on_standing
        self._tried: set[str] = set()
        self._transaction: ClientTransaction | None = None
        self._provisional = False
        self._cancelled: str | None = None
        self._cancel_sent = False
        self._reliable: dict[str, int] = {}
        self._early: dict[str, Dialog] = {}
        self._acknowledged: dict[str, tuple[Request, Peer] | None] = {}
        """The ACK of each 2xx, by the tag of its sender."""

    async def place(self, codecs: Sequence[str], srtp: Srtp) -> None:
        """Send the INVITE. Where there is no way to send it, the call fails with a local 503."""
        try:
            first = (await self._hops.find())[0]
            host = self.stack.transport.media_host(first.address)
            await self.session.open(host, codecs, srtp)
            offer = self.session.make_offer()
            self.session.offer = sdp.parse(offer)
            set_body(self.invite, offer, SDP)
            peer = await self._hops.first()
        except OSError as error:
            self._unreachable(error)
        else:
            self.stack.spawn(self._follow(peer))

    async def cancel(self, reason: str = "") -> None:
        """Give up a call that is not decided: CANCEL, once a 1xx allows it (RFC 3261 §9.1)."""
        if self.decided.is_set():
            return
        self.end_reason = reason
        if self._cancelled is None:
            self._cancelled = reason
            if self._provisional:
                self._send_cancel(reason)

    async def abandon(self, reason: str, code: int) -> None:
        """Cancel."""
        await self.cancel(reason)

    async def _follow(self, first: Peer) -> None:
        """Follow the responses, through challenges and candidates, until all is over."""
        peer: Peer | None = first
        try:
            while peer is not None:
                self.met(peer)
                outcome = await self._once(peer)
                if outcome == "decided" or self.decided.is_set():
                    return
                self.invite.headers.set("CSeq", f"{cseq(self.invite)[0] + 1} INVITE")
                if outcome == "failed":
                    self._tried.clear()  # Another server may ask for a password anew.
                peer = await self._hops.next(outcome == "challenged")
        except OSError as error:
            self._unreachable(error)
            return
        lost = self._transaction is not None and self._transaction.lost
        if self.codes and self.codes[-1] == 503 and not lost:
            self.end("failed", "remote", code=503, phrase=self.phrase)
        else:
            self._unheard()

    async def _once(self, peer: Peer) -> Outcome:
        """One INVITE. "failed": another server may do better (RFC 3263 §4.3)."""
        hops = self._hops
        if self._on_standing is not None:
            cancel = bytes(_cancel_of(self.invite, ""))
            self._on_standing(Standing.unanswered(peer, cancel))
        transaction = self.stack.start(self.invite, peer, hops.branch, hops.data)
        self._transaction = transaction
        self._provisional = self._cancel_sent = False
        while (response := await transaction.responses.get()) is not None:
            self.remote_headers = response.headers
            if response.code < 200:
                self._progress(response)
                continue
            self.codes.append(response.code)
            if response.code >= 300:
                return self._failure(response)
            await self._success(response)
        if self.decided.is_set() or not (self._provisional or self._cancelled is not None):
            return "failed"
        self._unheard()
        return "decided"

    def _progress(self, response: Response) -> None:
        self._provisional = True
        if not self._in_order(response):
            return
        self.codes.append(response.code)
        if response.code > 100 and not self.decided.is_set():
            self.state, self.ringing_at = "ringing", self.ringing_at or now()
            self._dialog(response)
            if (early := sdp.parse(session_body(response))) is not None:
                self.session.take_answer(early)
            self.ringing.set()
        if self._on_progress is not None:
            self._on_progress(self, response.code, response)
        if self._cancelled is not None:
            self._send_cancel(self._cancelled)

    def _dialog(self, response: Response) -> Dialog:
        """The dialog of a response, made by the first with its tag (RFC 3261 §12.1.2)."""
        tag = name_addr(header(response, "To")).tag
        dialog = self._early.get(tag)
        if dialog is not None:
            dialog.refresh(response)
            return dialog
        dialog = Dialog.of_caller(self.stack, self.answerer, self.peer, self.invite, response)
        if tag and response.code < 200:
            self._early[tag] = self.dialogs[tag] = dialog
        return dialog

    def _in_order(self, response: Response) -> bool:
        """PRACK a reliable provisional; False for a copy or one out of order (RFC 3262 §4)."""
        required = [option.lower() for option in values(response.headers, "Require")]
        count = number(header(response, "RSeq"))
        tag = name_addr(header(response, "To")).tag
        if count is None or "100rel" not in required or not tag:
            return True
        last = self._reliable.get(tag)
        if last is not None and count != last + 1:
            return False
        self._reliable[tag] = count
        extra = {"RAck": f"{count} {header(response, 'CSeq')}"}
        self.stack.spawn(self._dialog(response).send("PRACK", extra))
        return True

    def _failure(self, response: Response) -> Outcome:
        if response.code in (401, 407):
            self.challenges += 1
            if self._cancelled is None and self.answerer.answer(response, self.invite, self._tried):
                return "challenged"
        if response.code == 422 and self._cancelled is None and self._longer(response):
            return "challenged"
        self.phrase = response.phrase
        if response.code == 503 and self._cancelled is None:
            return "failed"
        by: Literal["local", "remote"] = "remote" if self._cancelled is None else "local"
        self.end("failed", by, code=response.code, phrase=response.phrase)
        return "decided"

    def _longer(self, response: Response) -> bool:
        """Ask for the session interval that the peer wants at least, once (RFC 4028 §7.3)."""
        least, asked = number(header(response, "Min-SE")), header(self.invite, "Min-SE")
        if not asked or least is None or not (number(asked) or 0) < least <= LONGEST:
            return False
        self.invite.headers.set("Session-Expires", f"{least};refresher=uac")
        self.invite.headers.set("Min-SE", str(least))
        return True

    async def _success(self, response: Response) -> None:
        """A 2xx: ACK it, each copy again (RFC 3261 §13.2.2.4)."""
        tag = name_addr(header(response, "To")).tag
        if tag in self._acknowledged:
            self.codes.pop()
            self.acks.copies += 1
            if (sent := self._acknowledged[tag]) is not None:
                self.stack.transport.transmit(*sent)
            return
        self._acknowledged[tag] = None
        unwanted = self.decided.is_set() or self._cancelled is not None
        dialog = self._dialog(response)
        dialog.confirm(response)
        if not unwanted:
            self.dialog, self.dialogs = dialog, {tag: dialog}
        try:
            self._acknowledged[tag] = await dialog.acknowledge(
                self.invite, lambda peer: self._stands(peer, dialog)
            )
        except OSError as error:
            self._unreachable(error, "no way to send the ACK: ")
            return
        if unwanted:
            # Answered after CANCEL, or a second branch of a fork: hang up (§9.1, §13.2.2.4).
            self.stack.spawn(dialog.send("BYE"))
            self._given_up()
            return
        described = sdp.parse(session_body(response))
        # What a 1xx settled need not stand in the 200 again (RFC 6337 §3.1.1).
        fits = self.session.take_answer(described) if described else self.session.settled
        self.session.offering = False
        self.answered(response.code, response.phrase)
        self.timer.agreed(response)
        if fits:
            self.decided.set()
        else:
            # The answer fits no medium: the dialog stands, so BYE ends it (§13.2.2.4).
            self.stack.spawn(self.bye(reason='SIP;cause=488;text="answer not acceptable"'))

    def _stands(self, peer: Peer, dialog: Dialog) -> None:
        """An ACK is about to be sent: from then on only BYE ends the call."""
        if self._on_standing is not None:
            self._on_standing(Standing.answered(peer, dialog))

    def _send_cancel(self, reason: str) -> None:
        transaction = self._transaction
        if self._cancel_sent or transaction is None:
            return
        self._cancel_sent = True
        cancel = _cancel_of(transaction.request, reason)
        self.stack.start(cancel, transaction.peer, transaction.key[0])
        # RFC 3261 §9.1: without a final response for 64 T1 the INVITE counts as canceled.
        loop, wait = asyncio.get_running_loop(), 64 * self.stack.t1
        loop.call_later(wait, self._given_up)
        loop.call_later(wait, transaction.abandon)

    # How it fails

    def _given_up(self) -> None:
        """By our CANCEL, if it was not decided before."""
        if not self.decided.is_set():
            self.end("failed", "local", code=487, phrase="Request Terminated")

    def _unheard(self) -> None:
        """There was no answer: in time, or until the connection ended."""
        transaction = self._transaction
        if transaction is not None and transaction.lost:
            self._unreachable(closed(transaction.peer))
        else:
            self.end("failed", "timeout", code=408, phrase="Request Timeout")

    def _unreachable(self, error: OSError, doing: str = "") -> None:
        """A message could not be sent, which counts as a 503 (RFC 3261 §8.1.3.1)."""
        self.failure = error
        said = str(error) or "connection timed out"
        self.end("failed", "local", code=503, phrase=f"{doing}{said}")


def _cancel_of(invite: Request, reason: str) -> Request:
    """The CANCEL of an INVITE as it was sent: with its branch (RFC 3261 §9.1)."""
    cancel = copied(invite, "CANCEL", "Via", "Route", "From", "To", "Call-ID", "Max-Forwards")
    add_headers(cancel, {"Reason": reason} if reason else None)
    return cancel


Progress = Callable[[OutgoingCall, int, Response], None]
"""Called with each provisional response."""
