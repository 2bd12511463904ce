"""The called side of an INVITE (RFC 3261 §13.3)."""

from collections.abc import Sequence

from sipmessage import Response

from . import sdp
from .call import Call, now
from .dialog import Dialog
from .digest import Credentials
from .fields import ExtraHeaders, values
from .messages import ABILITIES, SDP, session_body, set_body
from .reliable import Reliable
from .sdp import CODECS, SdpRefusal, Srtp
from .serving import Incoming
from .stack import Stack


class IncomingCall(Call):
    """A call of a peer: it can be rung for, answered and rejected."""

    def __init__(
        self, stack: Stack, incoming: Incoming, credentials: Sequence[Credentials]
    ) -> None:
        """An INVITE came outside a dialog; 100 is sent at once (RFC 3261 §8.2.6.1)."""
        request = incoming.request
        super().__init__(stack, "in", request, incoming.peer, incoming.to_tag, credentials)
        self.incoming = incoming
        self.session.offer = sdp.parse(session_body(request))
        self.dialog = Dialog.of_callee(stack, self.answerer, incoming)
        self.dialogs[self.dialog.remote_tag] = self.dialog
        self.reliable: Reliable | None = None
        if "100rel" in (option.lower() for option in values(request.headers, "Require")):
            self.reliable = Reliable(self, incoming, lambda: self.reject(504, "No PRACK"))
        incoming.transaction.on_cancel = self._cancelled
        incoming.transaction.respond(incoming.make(100))

    async def ring(self, code: int = 180, *, early: bool = False) -> None:
        """Send a provisional response (RFC 3261 §13.3.1.1).

        `early`: with our description for plain PCMU or PCMA, so that audio flows before the
        answer. Where the caller requires it, the response is sent until its PRACK, and the next
        one waits for that (RFC 3262).
        """
        if self.decided.is_set():
            return
        # The first reliable response has to carry the offer that the INVITE had not (§13.2.1),
        # and one that may get lost must not.
        if self.offer is None:
            early = self.reliable is not None and (early or not self.session.body)
        if early and not await self._describe(CODECS, "off"):
            return
        self.state, self.ringing_at = "ringing", self.ringing_at or now()
        response = self._response(code, {}, self.session.body if early else b"")
        if self.reliable is not None:
            await self.reliable.send(response)
        else:
            self.incoming.transaction.respond(response)

    async def answer(
        self,
        *,
        codecs: Sequence[str] = CODECS,
        srtp: Srtp = "off",
        headers: ExtraHeaders | None = None,
        mute: bool = False,
    ) -> bool:
        """Answer with 200, or with 488 if no medium fits; True once the ACK has come.

        `mute`: send no RTP packet until `audio.unmute()`.
        """
        if self.decided.is_set() or not await self._describe(codecs, srtp):
            return False
        assert self.audio is not None
        self.audio.sender.muted = mute
        body = self.session.body
        if self.reliable is not None:
            await self.reliable.settled()
            if self.decided.is_set():
                return False
            if self.reliable.described:
                body = b""  # Said reliably before.
        extra = dict(ABILITIES) | self.timer.accept(self.invite) | dict(headers or {})
        response = self._response(200, extra, body)
        late = self.session.offering  # The ACK has to answer.
        self.answered(200, response.phrase)
        self.decided.set()
        ack = await self.acks.accept(self.incoming, response)
        if self.state != "answered":
            return False
        if not ack.came.is_set():  # RFC 3261 §13.3.1.4
            self.end_reason = 'SIP;cause=408;text="no ACK"'
            self.end("ended", "timeout")
            await self.send_bye()
            return False
        if late and not self.session.take_answer(ack.description):
            self.stack.spawn(self.bye(reason='SIP;cause=488;text="answer not acceptable"'))
        return True

    async def reject(
        self, code: int = 486, phrase: str = "", headers: ExtraHeaders | None = None
    ) -> None:
        """Refuse with a final response of 300 or more."""
        if not self.decided.is_set():
            response = self.incoming.make(code, phrase, headers)
            self.incoming.transaction.respond(response)
            self.codes.append(code)
            self.end("failed", "local", code=code, phrase=response.phrase)

    async def abandon(self, reason: str, code: int) -> None:
        """Reject with a reason (RFC 3326)."""
        await self.reject(code, headers={"Reason": reason} if reason else None)

    def terminated(self) -> None:
        """The caller gave up: 487 for the INVITE."""
        self.codes.append(487)
        self.incoming.transaction.respond(self.incoming.make(487))
        super().terminated()

    def _cancelled(self, cancel: Incoming) -> None:
        """200 for the CANCEL (RFC 3261 §9.2)."""
        cancel.to_tag = self.incoming.to_tag
        cancel.transaction.respond(cancel.make(200))
        if not self.decided.is_set():
            self.end_reason = cancel.header("Reason")
            self.terminated()

    async def _describe(self, codecs: Sequence[str], srtp: Srtp) -> bool:
        """Make our description, once; False where no medium fits, and 488 was sent."""
        session, layer = self.session, self.stack.transport
        if session.body:
            return True
        if session.offer is None and session_body(self.invite):
            made: bytes | SdpRefusal = SdpRefusal(304, "Media type not available")
        else:
            await session.open(layer.media_host(self.source), codecs, srtp)
            if self.decided.is_set():  # Canceled while the port was being opened.
                session.close()
                return False
            made = session.make_answer(session.offer) if session.offer else session.make_offer()
        if not isinstance(made, SdpRefusal):
            return True
        session.close()
        session.audio = None
        await self.reject(488, headers={"Warning": made.warning(layer.sent_by(self.peer))})
        return False

    def _response(self, code: int, headers: ExtraHeaders, body: bytes) -> Response:
        """A response that makes a dialog: with Contact and Record-Route (RFC 3261 §12.1.1)."""
        assert self.dialog is not None
        extra: dict[str, str | list[str]] = {"Contact": self.dialog.contact}
        if self.dialog.routes:
            extra["Record-Route"] = self.dialog.routes
        self.codes.append(code)
        response = self.incoming.make(code, "", extra | dict(headers))
        set_body(response, body, SDP)
        return response
