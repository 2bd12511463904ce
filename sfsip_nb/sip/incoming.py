"""The called side of an INVITE (RFC 3261 §13.3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sipmessage import Response

from . import fields, sdp
from .accepting import send_until_acknowledged
from .call import Call, now
from .dialog import Dialog
from .fields import ExtraHeaders, cseq, header
from .messages import ABILITIES, SDP, Incoming, session_body, set_body
from .reliable import Reliable
from .sdp import SdpRefusal, Srtp

if TYPE_CHECKING:
    from .agent import UserAgent


def receive(agent: "UserAgent", incoming: Incoming) -> Call:
    """A new call for an INVITE outside a dialog; 100 is sent at once (RFC 3261 §8.2.6.1)."""
    request = incoming.request
    call = Call(agent, "in", request, incoming.peer, incoming.to_tag, agent.credentials)
    call.incoming = incoming
    call.session.offer = sdp.parse(session_body(request))
    local = f"{header(request, 'To')};tag={incoming.to_tag}"
    call.dialog = Dialog.of_callee(request, local, incoming.transport)
    call.dialogs[call.dialog.remote_tag] = call.dialog
    if "100rel" in (option.lower() for option in fields.values(request.headers, "Require")):
        call.reliable = Reliable(call, incoming)
    incoming.transaction.on_cancel = call.cancelled
    incoming.transaction.respond(incoming.make(100))
    return call


def _dialog_headers(call: Call) -> dict[str, str | list[str]]:
    """Contact and the copied Record-Route of a response that makes a dialog (§12.1.1)."""
    extra: dict[str, str | list[str]] = {"Contact": call.contact()}
    if routes := fields.values(call.invite.headers, "Record-Route"):
        extra["Record-Route"] = routes
    return extra


async def ring(
    call: Call,
    code: int,
    phrase: str,
    headers: ExtraHeaders | None,
    *,
    early: bool,
    codecs: Sequence[str],
    srtp: Srtp,
) -> None:
    """A provisional response of an undecided call, with our description if `early`."""
    incoming = call.incoming
    if incoming is None or call.decided.is_set():
        return
    # The first reliable response has to carry the offer that the INVITE had not (§13.2.1), and
    # one that may get lost must not.
    late = call.session.offer is None
    body = b""
    if late and call.reliable is not None and not call.session.body:
        early = True
    if early and not (late and call.reliable is None):
        if not await _describe(call, incoming, codecs, srtp):
            return
        body = call.session.body
    call.state, call.ringing_at = "ringing", call.ringing_at or now()
    call.codes.append(code)
    response = incoming.make(code, phrase, _dialog_headers(call) | dict(headers or {}))
    set_body(response, body, SDP)
    if call.reliable is not None:
        await call.reliable.send(response)
    else:
        incoming.transaction.respond(response)


async def _describe(call: Call, incoming: Incoming, codecs: Sequence[str], srtp: Srtp) -> bool:
    """Make our description, once; False where no medium fits, and 488 was sent."""
    session = call.session
    if session.body:
        return True
    agent, refused = call.agent, None
    if session.offer is None and session_body(call.invite):
        refused = SdpRefusal(304, "Media type not available")
    else:
        await session.open(agent.media_host(incoming.source), codecs, srtp)
        if call.decided.is_set():  # Cancelled while the port was being opened.
            session.close()
            return False
        made = session.make_offer() if session.offer is None else session.make_answer(session.offer)
        refused = made if isinstance(made, SdpRefusal) else None
    if refused is not None:
        session.close()
        session.audio = None
        await call.reject(488, headers={"Warning": refused.warning(agent.sent_by(incoming.peer))})
    return refused is None


async def answer(
    call: Call, codecs: Sequence[str], srtp: Srtp, headers: ExtraHeaders | None, mute: bool
) -> bool:
    """200 with an answer (or with an offer, if the INVITE had none), then wait for the ACK."""
    incoming, session = call.incoming, call.session
    if incoming is None or call.decided.is_set():
        return False
    if not await _describe(call, incoming, codecs, srtp):
        return False
    assert session.audio is not None
    session.audio.sender.muted = mute
    body = session.body
    if call.reliable is not None:
        await call.reliable.settled()
        if call.decided.is_set():
            return False
        if call.reliable.described:
            body = b""  # Said reliably before.
    extra = _dialog_headers(call) | dict(ABILITIES) | call.timer.accept(call.invite)
    response = incoming.make(200, "", extra | dict(headers or {}))
    set_body(response, body, SDP)
    late = session.offering  # The ACK has to answer.
    call.codes.append(200)
    call.answered(200, response.phrase)
    call.decided.set()
    await _accept(call, incoming, response)
    answer_came = call.acks[cseq(call.invite)[0]].description
    if late and call.state == "answered" and not session.take_answer(answer_came):
        call.agent.spawn(_bye(call))
    return call.state == "answered"


async def _accept(call: Call, incoming: Incoming, response: Response) -> None:
    """Send the 200 until its ACK comes; if it never does, hang up (RFC 3261 §13.3.1.4)."""
    incoming.transaction.respond(response)
    number = cseq(call.invite)[0]
    acknowledged = await send_until_acknowledged(call, response, incoming.reply_to, number)
    if not acknowledged and call.state == "answered":
        call.end_reason = 'SIP;cause=408;text="no ACK"'
        call.end("ended", "timeout")
        answered = await call.send("BYE", {"Reason": call.end_reason})
        call.bye_code = answered.code if answered else 0


async def _bye(call: Call) -> None:
    await call.bye(reason='SIP;cause=488;text="answer not acceptable"')
