"""Changing a call that stands: re-INVITE and UPDATE sent (RFC 3261 §14.1, RFC 3311)."""

import asyncio
import secrets
from typing import TYPE_CHECKING

from sipmessage import Request, Response

from . import fields, sdp
from .fields import cseq
from .messages import SDP, session_body, set_body
from .outgoing import acknowledge
from .session import Direction
from .transaction import ClientTransaction
from .transport import Peer
from .ways import Ways

if TYPE_CHECKING:
    from .call import Call

_GONE = (408, 481)
"""Answers after which the dialog is over (RFC 3261 §12.2.1.2); 408 stands for silence too."""

_TRIES = 4
"""Times that a re-INVITE is made when the peer makes one at the same time (491)."""


async def reinvite(call: "Call", direction: Direction) -> int:
    """Offer our description again, the peer's answer is followed; the final code, 0 for none.

    The call goes on as it was after a refusal; it ends when the peer knows it no longer.
    """
    if call.state != "answered" or call.dialog is None or call.audio is None:
        return 0
    if call.direction == "in":
        await call.ack.wait()  # Until then the first INVITE is under way (RFC 3261 §14.1).
    if call.state != "answered" or call.session.offering:
        return 491 if call.session.offering else 0
    body = call.session.make_offer(direction)
    try:
        response = await _sent(call, body)
    finally:
        call.session.offering = False
    if response is None or response.code in _GONE:
        await call.bye(reason='SIP;cause=408;text="no answer to re-INVITE"')
    elif response.code < 300:
        call.session.direction = direction
    return response.code if response else 0


async def update(call: "Call") -> int:
    """UPDATE without an offer, which refreshes the session and our Contact (RFC 3311 §5.1)."""
    extra = {"Contact": call.contact(), **call.timer.asked()}
    response = await call.send("UPDATE", extra)
    if response is not None and response.code < 300 and call.dialog is not None:
        call.dialog.refresh(response)
        call.timer.agreed(response)
    elif (response is None or response.code in _GONE) and call.state == "answered":
        await call.bye(reason='SIP;cause=408;text="no answer to UPDATE"')
    return response.code if response else 0


async def _sent(call: "Call", body: bytes) -> Response | None:
    """The final response to a re-INVITE, after challenges and collisions."""
    response: Response | None = None
    for _ in range(_TRIES):
        response = await _once(call, body)
        if response is None or response.code != 491 or call.over.is_set():
            break
        # RFC 3261 §14.1: who made the Call-ID waits 2.1 to 4 s, the other up to 2 s.
        first = 210 if call.direction == "out" else 0
        units = first + secrets.randbelow(191 if first else 201)
        call.session.offering = False
        await asyncio.sleep(units * 0.01 * call.agent.t1 / 0.5)
        call.session.offering = True
    return response


async def _once(call: "Call", body: bytes) -> Response | None:
    """One re-INVITE with its challenges. Where it cannot be sent, nothing was heard."""
    dialog, agent = call.dialog, call.agent
    assert dialog is not None
    request = dialog.request("INVITE")
    fields.add_headers(request, {"Contact": call.contact(), **call.timer.asked()})
    set_body(request, body, SDP)
    call.answerer.attach(request)
    ways = Ways(agent, request, dialog.transport, call.peer)
    tried: set[str] = set()
    try:
        peer = await ways.next()
        while peer is not None:
            transaction = agent.start_transaction(request, peer, ways.branch, ways.data)
            async with asyncio.timeout(64 * agent.t1):
                response = await transaction.final()
            if response is None:
                return None
            if response.code < 300:
                dialog.refresh(response)
                call.timer.agreed(response)
                acked = await acknowledge(agent, dialog, request, call.peer)
                agent.spawn(_repeat_ack(call, transaction, *acked))
                call.session.take_answer(sdp.parse(session_body(response)))
                return response
            if not call.answerer.answer(response, request, tried):
                return response
            request.headers.set("CSeq", f"{dialog.next_seq()} INVITE")
            peer = await ways.again()
    except OSError as error:
        call.send_error = error
    return None


async def _repeat_ack(
    call: "Call", transaction: ClientTransaction, ack: Request, peer: Peer
) -> None:
    """Each copy of the 200 says that the ACK was lost (RFC 3261 §13.2.2.4)."""
    while (copy := await transaction.responses.get()) is not None:
        if cseq(copy) == cseq(transaction.request):
            call.retransmitted_200 += 1
            call.agent.transmit(ack, peer)
