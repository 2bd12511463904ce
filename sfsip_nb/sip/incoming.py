"""The called side of an INVITE (RFC 3261 §13.3)."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import fields, sdp
from .call import Call, now
from .dialog import Dialog
from .fields import ExtraHeaders, header
from .media.rtp import Audio
from .media.srtp import Crypto
from .messages import PHRASES, Incoming, set_body
from .sdp import Agreed, Description, Refused, Sdp, Srtp

if TYPE_CHECKING:
    from .agent import UserAgent


def receive(agent: "UserAgent", incoming: Incoming) -> Call:
    """A new call for an INVITE outside a dialog; 100 is sent at once (RFC 3261 §8.2.6.1)."""
    request = incoming.request
    call = Call(
        agent,
        "in",
        request,
        incoming.peer,
        incoming.to_tag,
        agent.credentials,
    )
    call.incoming, call.transaction = incoming, incoming.transaction
    call.offer = sdp.parse(request.body)
    local = f"{header(request, 'To')};tag={incoming.to_tag}"
    call.dialog = Dialog.of_callee(request, local, incoming.transport)
    incoming.transaction.respond(incoming.make(100))
    return call


def _dialog_headers(call: Call) -> dict[str, str | list[str]]:
    """Contact and the copied Record-Route of a response that makes a dialog (§12.1.1)."""
    extra: dict[str, str | list[str]] = {"Contact": call.contact()}
    if routes := fields.values(call.invite.headers, "Record-Route"):
        extra["Record-Route"] = routes
    return extra


def ring(call: Call, code: int, phrase: str, headers: ExtraHeaders | None) -> None:
    """A provisional response of an undecided call."""
    if call.incoming is None or call.decided.is_set():
        return
    call.state, call.ringing_at = "ringing", call.ringing_at or now()
    call.codes.append(code)
    response = call.incoming.make(code, phrase, _dialog_headers(call) | dict(headers or {}))
    set_body(response, b"", "")
    call.incoming.transaction.respond(response)


async def answer(
    call: Call, codecs: Sequence[str], srtp: Srtp, headers: ExtraHeaders | None, mute: bool
) -> bool:
    """200 with an answer (or with an offer, if the INVITE had none), then wait for the ACK."""
    incoming = call.incoming
    if incoming is None or call.decided.is_set():
        return False
    agreed: Agreed | Refused | None = None
    if call.offer is not None:
        agreed = sdp.negotiate(call.offer, codecs, srtp)
    elif call.invite.body:
        agreed = Refused(304, "Media type not available")
    if isinstance(agreed, Refused):
        warning = agreed.warning(call.agent.sent_by(incoming.peer))
        await call.reject(488, headers={"Warning": warning})
        return False
    audio = await Audio.open(call.agent.media_host(incoming.peer))
    if call.decided.is_set():  # Cancelled while the port was being opened.
        audio.close()
        return False
    audio.muted = mute
    call.audio, call.description = audio, Description(audio.local)
    if agreed is None:
        call.local_crypto = None if srtp == "off" else Crypto.new()
        body = call.description.offer(codecs, srtp, call.local_crypto)
    else:
        assert call.offer is not None
        if agreed.crypto is not None:
            call.local_crypto = Crypto.new(agreed.crypto.tag, agreed.crypto.suite)
        body = call.description.answer(call.offer, agreed, call.local_crypto)
        call.answer_sdp = sdp.parse(body)
        call.start_audio(call.offer, agreed)
    await _accept(call, incoming, body, headers)
    if call.state == "answered" and agreed is None:
        _take_late_answer(call, codecs, srtp, sdp.parse(call.ack_body))
    return call.state == "answered"


async def _accept(
    call: Call, incoming: Incoming, body: bytes, headers: ExtraHeaders | None
) -> None:
    """Send the 200 until its ACK comes, for 64 T1; then BYE (RFC 3261 §13.3.1.4)."""
    response = incoming.make(200, "", _dialog_headers(call) | dict(headers or {}))
    set_body(response, body, "application/sdp")
    call.code, call.phrase = 200, PHRASES[200]
    call.codes.append(200)
    call.state, call.answered_at = "answered", now()
    call.decided.set()
    incoming.transaction.respond(response)
    t1 = call.agent.t1
    wait, waited = t1, 0.0
    while not call.ack.is_set() and waited < 64 * t1:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await call.ack.wait()
                break
        waited += wait
        wait = min(2 * wait, 8 * t1)
        if waited < 64 * t1:
            # TCP too: a proxy on the way may have lost it over UDP.
            call.retransmitted_200 += 1
            call.agent.transmit(response, incoming.reply_to)
    if not call.ack.is_set():
        call.end_reason = 'SIP;cause=408;text="no ACK"'
        call.end("ended", "timeout")
        answered = await call.send("BYE", {"Reason": call.end_reason})
        call.bye_code = answered.code if answered else 0


def _take_late_answer(call: Call, codecs: Sequence[str], srtp: Srtp, late: Sdp | None) -> None:
    """The answer that came in the ACK, to the offer in our 200 (RFC 3261 §13.2.1)."""
    agreed = sdp.negotiate(late, codecs, srtp) if late is not None else None
    if late is None or agreed is None or isinstance(agreed, Refused):
        call.agent.spawn(_bye(call))
        return
    call.answer_sdp = late
    call.start_audio(late, agreed)


async def _bye(call: Call) -> None:
    await call.bye(reason='SIP;cause=488;text="answer not acceptable"')
