"""Requests that the peer sends inside a dialog (RFC 3261 §12.2.2)."""

import secrets

from . import sdp
from .call import Call
from .dialog import Dialog
from .fields import ExtraHeaders, cseq, header, name_addr
from .incoming import IncomingCall
from .messages import ABILITIES, ALLOW, SDP, session_body, set_body
from .refer import Referral
from .sdp import SdpRefusal
from .serving import Incoming


async def receive(call: Call, incoming: Incoming) -> None:
    """Answer it. After the end of a call only BYE and NOTIFY have a meaning (RFC 6665 §4.4)."""
    dialog = call.dialogs.get(name_addr(header(incoming.request, "From")).tag)
    number, method = cseq(incoming.request)
    if dialog is None or (call.over.is_set() and method not in ("BYE", "NOTIFY")):
        await incoming.respond(481)
        return
    if number <= dialog.remote_seq:
        # The phrase names no header: SIPp looks for "CSeq" from the start of a message.
        await incoming.respond(500, "Request Out Of Order")
        return
    dialog.remote_seq = number
    match method:
        case "BYE":
            await _bye(call, incoming)
        case "INVITE":
            await _reinvited(call, dialog, incoming)
        case "UPDATE":
            await _updated(call, dialog, incoming)
        case "PRACK" if isinstance(call, IncomingCall) and call.reliable is not None:
            await call.reliable.pracked(incoming)
        case "PRACK":
            await incoming.respond(481)
        case "REFER" if call.on_refer is not None:
            await call.on_refer(Referral(dialog, incoming))
        case "REFER":
            await incoming.respond(603)
        case "NOTIFY":
            await call.subscriptions.notified(incoming)
        case "INFO" if incoming.header("Info-Package"):
            await incoming.respond(469, headers={"Recv-Info": ""})  # RFC 6086 §4.2.2
        case "INFO":
            await incoming.respond(200)
        case "OPTIONS":
            await incoming.respond(200, headers=dict(ABILITIES) | {"Accept": SDP})
        case _:
            await incoming.respond(405, headers={"Allow": ALLOW})


async def _bye(call: Call, incoming: Incoming) -> None:
    """200; an INVITE of ours that is still unanswered is over too (RFC 3261 §15.1.2)."""
    if not call.over.is_set():
        call.end_reason, call.bye_code = incoming.header("Reason"), 200
    await incoming.respond(200)
    if call.decided.is_set():
        call.end("ended", "remote")
    else:
        call.terminated()


async def _busy(call: Call, incoming: Incoming) -> bool:
    """Refuse an offer while another waits for its answer (RFC 3261 §14.2, RFC 3311 §5.2)."""
    if call.session.offering:
        await incoming.respond(491)
        return True
    if call.state != "answered" and not call.session.settled:
        await incoming.respond(500, headers={"Retry-After": str(secrets.randbelow(11))})
        return True
    return False


async def _reinvited(call: Call, dialog: Dialog, incoming: Incoming) -> None:
    """Answer a re-INVITE and follow its media address (RFC 3261 §14.2, RFC 3264 §8)."""
    if call.state != "answered":
        await incoming.respond(500, headers={"Retry-After": str(secrets.randbelow(11))})
        return
    if await _busy(call, incoming):
        return
    body = await _described(call, incoming)
    if body is None:
        return
    dialog.refresh(incoming.request)
    extra = {"Contact": dialog.contact} | dict(ABILITIES) | call.timer.accept(incoming.request)
    response = incoming.make(200, "", extra)
    set_body(response, body, SDP)
    ack = await call.acks.accept(incoming, response)
    if not incoming.request.body:
        call.session.take_answer(ack.description)
    if not ack.came.is_set():
        await call.bye(reason='SIP;cause=408;text="no ACK"')


async def _updated(call: Call, dialog: Dialog, incoming: Incoming) -> None:
    """Answer an UPDATE, which changes what a re-INVITE does, before the answer too (RFC 3311)."""
    body: bytes | None = b""
    if incoming.request.body:
        if await _busy(call, incoming):
            return
        body = await _described(call, incoming)
    if body is not None:
        dialog.refresh(incoming.request)
        extra: ExtraHeaders = {"Contact": dialog.contact} | call.timer.accept(incoming.request)
        await incoming.respond(200, "", extra, body, SDP)


async def _described(call: Call, incoming: Incoming) -> bytes | None:
    """Our answer to the offer in a request, our offer where it has no body.

    None where no medium fits: 488 was sent, and the session goes on as it was (RFC 3261 §14.2).
    """
    offer = sdp.parse(session_body(incoming.request))
    made: bytes | SdpRefusal = SdpRefusal(304, "Media type not available")
    if call.audio is not None and offer is not None:
        made = call.session.make_answer(offer)
    elif call.audio is not None and not incoming.request.body:
        made = call.session.make_offer()
    if isinstance(made, bytes):
        return made
    warning = made.warning(call.stack.transport.sent_by(incoming.peer))
    await incoming.respond(488, headers={"Warning": warning})
    return None
