"""The calling side of an INVITE (RFC 3261 §13.2, §9.1, §22.2; RFC 3262 §4)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from sipmessage import Request, Response

from . import fields, sdp
from .call import Call, now
from .dialog import Dialog
from .digest import Credentials
from .fields import cseq, header, name_addr, number
from .messages import SDP, new_request, session_body, set_body
from .sdp import Srtp
from .sending import closed
from .trace import Transport
from .transaction import ClientTransaction
from .transport import Peer
from .ways import Ways

if TYPE_CHECKING:
    from .agent import UserAgent

Progress = Callable[[Call, int, Response], None]

Outcome = Literal["decided", "challenged", "failed"]


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
    nowhere = Peer(transport or "udp", ("", 0), ("", 0))
    call = Call(agent, "out", invite, nowhere, tag, credentials)
    ways = Ways(agent, invite, transport)
    try:
        first = (await ways.find())[0]
        await call.session.open(agent.media_host((first.ip, first.port)), codecs, srtp)
        body = call.session.make_offer()
        call.session.offer = sdp.parse(body)
        set_body(invite, body, SDP)
        await ways.next()
    except OSError as error:
        call.unreachable(error)
        return call
    call.attempt = InviteAttempt(call, ways, on_progress)
    agent.spawn(call.attempt.run())
    return call


async def acknowledge(
    agent: "UserAgent", dialog: Dialog, invite: Request, flow: Peer
) -> tuple[Request, Peer]:
    """Send the ACK for a 2xx, along the route set (RFC 3261 §13.2.2.4). Raises OSError."""
    ack = dialog.request("ACK", cseq(invite)[0])
    for name in ("Authorization", "Proxy-Authorization"):  # RFC 3261 §22.1
        if lines := invite.headers.getlist(name):
            ack.headers.setlist(name, list(lines))
    peer = await agent.peer_for(ack, dialog.transport, flow)
    agent.transmit(ack, peer)
    return ack, peer


class InviteAttempt:
    """An INVITE until it is decided, and its 200s afterwards."""

    def __init__(self, call: Call, ways: Ways, on_progress: Progress | None) -> None:
        self.call, self.agent = call, call.agent
        self._ways, self._on_progress = ways, on_progress
        self._tried: set[str] = set()
        self._phrase = ""
        self._transaction: ClientTransaction | None = None
        self._provisional = False
        self._cancelled: str | None = None
        self._cancel_sent = False
        self._early: dict[str, Dialog] = {}
        self._reliable: dict[str, int] = {}
        self._acks: dict[str, tuple[Request, Peer] | None] = {}

    async def run(self) -> None:
        """Follow the responses, through challenges and candidates, until all is over."""
        call, peer = self.call, self._ways.peer
        try:
            while peer is not None:
                call.met(peer)
                outcome = await self._once(peer)
                if outcome == "decided" or call.decided.is_set():
                    return
                call.invite.headers.set("CSeq", f"{cseq(call.invite)[0] + 1} INVITE")
                if outcome == "challenged":
                    peer = await self._ways.again()
                else:
                    self._tried.clear()  # Another server may ask for a password anew.
                    peer = await self._ways.next()
        except OSError as error:
            call.unreachable(error)
            return
        transaction = self._transaction
        if transaction is not None and transaction.lost:
            call.unreachable(closed(transaction.peer))
        elif call.codes and call.codes[-1] == 503:
            call.end("failed", "remote", code=503, phrase=self._phrase)
        else:
            call.end("failed", "timeout", code=408, phrase="Request Timeout")

    async def _once(self, peer: Peer) -> Outcome:
        """One INVITE. "failed": another server may do better (RFC 3263 §4.3)."""
        call, ways = self.call, self._ways
        transaction = self.agent.start_transaction(call.invite, peer, ways.branch, ways.data)
        self._transaction = transaction
        self._provisional = self._cancel_sent = False
        while True:
            response = await transaction.responses.get()
            if response is None:
                hopeless = self._provisional or self._cancelled is not None
                if call.decided.is_set() or not hopeless:
                    return "failed"
                if transaction.lost:
                    call.unreachable(closed(peer))
                else:
                    call.end("failed", "timeout", code=408, phrase="Request Timeout")
                return "decided"
            call.remote_headers = response.headers
            if response.code < 200:
                await self._progress(response)
                continue
            call.codes.append(response.code)
            if response.code < 300:
                await self._success(response)
            else:
                return self._failure(response)

    async def _progress(self, response: Response) -> None:
        call = self.call
        self._provisional = True
        if not self._in_order(response):
            return
        call.codes.append(response.code)
        if response.code > 100 and not call.decided.is_set():
            call.ringing_at = call.ringing_at or now()
            call.state = "ringing"
            self._dialog(response)
            if (early := sdp.parse(session_body(response))) is not None:
                call.session.take_answer(early)
            call.ringing.set()
        if self._on_progress is not None:
            self._on_progress(call, response.code, response)
        if self._cancelled is not None:
            self._send_cancel(self._cancelled)

    def _dialog(self, response: Response) -> Dialog:
        """The early dialog of a 1xx, made by the first with its tag (RFC 3261 §12.1.2)."""
        tag = name_addr(header(response, "To")).tag
        dialog = self._early.get(tag)
        if dialog is None:
            dialog = Dialog.of_caller(self.call.invite, response, self.call.transport)
            if tag:
                self._early[tag] = self.call.dialogs[tag] = dialog
        else:
            dialog.refresh(response)
        return dialog

    def _in_order(self, response: Response) -> bool:
        """PRACK a reliable provisional; False for a copy or one out of order (RFC 3262 §4)."""
        required = [option.lower() for option in fields.values(response.headers, "Require")]
        count = number(header(response, "RSeq"))
        tag = name_addr(header(response, "To")).tag
        if count is None or "100rel" not in required or not tag:
            return True
        last = self._reliable.get(tag)
        if last is not None and count != last + 1:
            return False
        self._reliable[tag] = count
        extra = {"RAck": f"{count} {header(response, 'CSeq')}"}
        dialog = self._dialog(response)
        self.agent.spawn(self._prack(dialog, extra))
        return True

    async def _prack(self, dialog: Dialog, extra: dict[str, str]) -> None:
        await self.call.send("PRACK", extra, dialog=dialog)

    def _failure(self, response: Response) -> Outcome:
        call = self.call
        if response.code in (401, 407):
            call.challenges += 1
            if self._cancelled is None and call.answerer.answer(response, call.invite, self._tried):
                return "challenged"
        self._phrase = response.phrase
        if response.code == 503 and self._cancelled is None:
            return "failed"
        by: Literal["local", "remote"] = "remote" if self._cancelled is None else "local"
        call.end("failed", by, code=response.code, phrase=response.phrase)
        return "decided"

    async def _success(self, response: Response) -> None:
        """A 2xx: ACK it, each copy again (RFC 3261 §13.2.2.4)."""
        call = self.call
        tag = name_addr(header(response, "To")).tag
        if tag in self._acks:
            call.codes.pop()
            call.retransmitted_200 += 1
            if (sent := self._acks[tag]) is not None:
                self.agent.transmit(*sent)
            return
        self._acks[tag] = None
        unwanted = call.decided.is_set() or self._cancelled is not None
        dialog = self._early.get(tag)
        if dialog is None:
            dialog = Dialog.of_caller(call.invite, response, call.transport)
        dialog.confirm(response)
        if not unwanted:
            call.dialog, call.dialogs = dialog, {tag: dialog}
        try:
            self._acks[tag] = await acknowledge(self.agent, dialog, call.invite, call.peer)
        except OSError as error:
            call.unreachable(error, "no way to send the ACK: ")
            return
        if unwanted:
            # Answered after CANCEL, or a second branch of a fork: hang up (§9.1, §13.2.2.4).
            self.agent.spawn(self._hang_up(dialog))
            if not call.decided.is_set():
                call.end("failed", "local", code=487, phrase="Request Terminated")
            return
        described = sdp.parse(session_body(response))
        # What a 1xx settled need not stand in the 200 again (RFC 6337 §3.1.1).
        fits = call.session.take_answer(described) if described else call.session.settled
        call.session.offering = False
        call.answered(response.code, response.phrase)
        call.timer.agreed(response)
        if fits:
            call.decided.set()
        else:
            self.agent.spawn(self._bye_unusable())

    async def _bye_unusable(self) -> None:
        """The answer fits no medium: the dialog stands, so BYE ends it (RFC 3261 §13.2.2.4)."""
        await self.call.bye(reason='SIP;cause=488;text="answer not acceptable"')

    async def _hang_up(self, dialog: Dialog) -> None:
        await self.call.send("BYE", dialog=dialog)

    async def cancel(self, reason: str) -> None:
        """CANCEL, at once or as soon as a provisional response allows it (RFC 3261 §9.1)."""
        if self._cancelled is None:
            self._cancelled = reason
            if self._provisional:
                self._send_cancel(reason)

    def _send_cancel(self, reason: str) -> None:
        transaction = self._transaction
        if self._cancel_sent or transaction is None:
            return
        self._cancel_sent = True
        invite = transaction.request
        cancel = new_request("CANCEL", str(invite.uri))
        for name in ("Via", "Route", "From", "To", "Call-ID", "Max-Forwards"):
            if lines := invite.headers.getlist(name):
                cancel.headers.setlist(name, list(lines))
        cancel.headers.set("CSeq", f"{cseq(invite)[0]} CANCEL")
        if reason:
            fields.add_headers(cancel, {"Reason": reason})
        set_body(cancel, b"", "")
        self.agent.start_transaction(cancel, transaction.peer, transaction.key[0])
        loop = asyncio.get_running_loop()
        # RFC 3261 §9.1: without a final response for 64 T1 the INVITE counts as cancelled.
        loop.call_later(64 * self.agent.t1, self._cancel_unheard)

    def _cancel_unheard(self) -> None:
        self.call.end("failed", "local", code=487, phrase="Request Terminated")
