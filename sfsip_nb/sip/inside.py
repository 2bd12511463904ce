"""Requests that the peer sends inside a dialog (RFC 3261 §12.2.2)."""

from . import sdp
from .call import Call
from .fields import cseq
from .messages import ALLOW, Incoming
from .refer import Referral
from .sdp import Refused


async def receive(call: Call, incoming: Incoming) -> None:
    """Answer it. After the end of a call only NOTIFY still has a meaning (RFC 6665 §4.4)."""
    dialog, number = call.dialog, cseq(incoming.request)[0]
    if dialog is None or (call.over.is_set() and incoming.method != "NOTIFY"):
        await incoming.respond(481)
        return
    if number <= dialog.remote_seq:
        # The phrase names no header: SIPp looks for "CSeq" from the start of a message.
        await incoming.respond(500, "Request Out Of Order")
        return
    dialog.remote_seq = number
    match incoming.method:
        case "BYE":
            call.end_reason = incoming.header("Reason")
            call.bye_code = 200
            await incoming.respond(200)
            call.end("ended", "remote")
        case "INVITE":
            await _reinvited(call, incoming)
        case "REFER" if call.on_refer is not None:
            await call.on_refer(Referral(call, incoming))
        case "REFER":
            await incoming.respond(603)
        case "NOTIFY":
            await call.subscriptions.notified(incoming)
        case "OPTIONS":
            await incoming.respond(200)
        case _:
            await incoming.respond(405, headers={"Allow": ALLOW})


async def _reinvited(call: Call, incoming: Incoming) -> None:
    """Answer a re-INVITE and follow its media address (RFC 3261 §14.2, RFC 3264 §8)."""
    call.reinvites += 1
    offer = sdp.parse(incoming.request.body)
    if call.audio is None or call.description is None or call.dialog is None or offer is None:
        await incoming.respond(488)
        return
    secure = call.audio.secure
    agreed = sdp.negotiate(offer, [call.audio.codec], "required" if secure else "off")
    if isinstance(agreed, Refused):
        await incoming.respond(488)
        return
    call.dialog.refresh(incoming.request)
    body = call.description.answer(offer, agreed, call.local_crypto)
    call.start_audio(offer, agreed)
    await incoming.respond(200, "", {"Contact": call.contact()}, body, "application/sdp")
