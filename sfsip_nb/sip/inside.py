"""Requests that the peer sends inside a dialog (RFC 3261 §12.2.2)."""

import secrets

from . import sdp
from .accepting import Ack, send_until_acknowledged
from .call import Call
from .dialog import Dialog
from .fields import ExtraHeaders, cseq, header, name_addr
from .messages import ABILITIES, ALLOW, SDP, Incoming, session_body, set_body
from .refer import Referral
from .sdp import Sdp, SdpRefusal


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
        case "PRACK" if call.reliable is not None:
            await call.reliable.pracked(incoming)
        case "PRACK":
            await incoming.respond(481)
        case "REFER" if call.on_refer is not None:
            await call.on_refer(Referral(call, incoming))
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
        call.end_reason, call.bye_headers = incoming.header("Reason"), incoming.request.headers
        call.bye_code = 200
    await incoming.respond(200)
    if call.incoming is not None and not call.decided.is_set():
        call.codes.append(487)
        await call.incoming.respond(487)
        call.end("failed", "remote", code=487, phrase="Request Terminated")
    elif not call.decided.is_set():
        # It overtook the 200, or the called side ends a call that it never took.
        call.end("failed", "remote", code=487, phrase="Request Terminated")
    else:
        call.end("ended", "remote")


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
    call.reinvites += 1
    offer = sdp.parse(session_body(incoming.request))
    body = _answer(call, incoming, offer) if offer or not incoming.request.body else None
    if body is None:
        await _unfit(call, incoming, SdpRefusal(304, "Media type not available"))
        return
    if isinstance(body, SdpRefusal):
        await _unfit(call, incoming, body)
        return
    dialog.refresh(incoming.request)
    extra = {"Contact": call.contact()} | dict(ABILITIES) | call.timer.accept(incoming.request)
    response = incoming.make(200, "", extra)
    set_body(response, body, SDP)
    number = cseq(incoming.request)[0]
    ack = call.acks.setdefault(number, Ack())
    incoming.transaction.respond(response)
    acknowledged = await send_until_acknowledged(call, response, incoming.reply_to, number)
    del call.acks[number]
    if offer is None:
        call.session.take_answer(ack.description)
    if not acknowledged:
        await call.bye(reason='SIP;cause=408;text="no ACK"')


def _answer(call: Call, incoming: Incoming, offer: Sdp | None) -> bytes | SdpRefusal:
    """Our answer, or our offer where there was none."""
    if call.audio is None:
        return SdpRefusal(304, "Media type not available")
    return call.session.make_answer(offer) if offer else call.session.make_offer()


async def _updated(call: Call, dialog: Dialog, incoming: Incoming) -> None:
    """Answer an UPDATE, which changes what a re-INVITE does, before the answer too (RFC 3311)."""
    offer = sdp.parse(session_body(incoming.request))
    body: bytes | SdpRefusal = b""
    if incoming.request.body:
        if await _busy(call, incoming):
            return
        body = _answer(call, incoming, offer) if offer else SdpRefusal(304, "No audio is described")
    if isinstance(body, SdpRefusal):
        await _unfit(call, incoming, body)
        return
    call.updates += 1
    dialog.refresh(incoming.request)
    extra: ExtraHeaders = {"Contact": call.contact()} | call.timer.accept(incoming.request)
    await incoming.respond(200, "", extra, body, SDP)


async def _unfit(call: Call, incoming: Incoming, refused: SdpRefusal) -> None:
    """488; the session goes on as it was (RFC 3261 §14.2)."""
    warning = refused.warning(call.agent.sent_by(incoming.peer))
    await incoming.respond(488, headers={"Warning": warning})
