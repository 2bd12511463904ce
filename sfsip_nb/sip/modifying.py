"""A call that stands is offered our media again: re-INVITE sent (RFC 3261 §14.1)."""

import asyncio
import secrets

from sipmessage import Request, Response

from . import sdp
from .accepting import Acks
from .dialog import Dialog
from .fields import cseq
from .messages import SDP, session_body, set_body
from .session import Direction, MediaSession
from .session_timer import SessionTimer
from .transaction import ClientTransaction
from .wire import Peer

_TRIES = 4
"""Times that a re-INVITE is made when the peer makes one at the same time (491)."""


async def reinvite(
    dialog: Dialog,
    session: MediaSession,
    timer: SessionTimer,
    acks: Acks,
    direction: Direction,
    over: asyncio.Event,
) -> Response | None:
    """The final response to a re-INVITE, after challenges and collisions.

    Where it cannot be sent, nothing was heard. `over`: set when the call is.
    """
    body, t1 = session.make_offer(direction), dialog.stack.t1
    response: Response | None = None
    try:
        for _ in range(_TRIES):
            response = await _once(dialog, session, timer, acks, body)
            if response is None or response.code != 491 or over.is_set():
                break
            # RFC 3261 §14.1: who made the Call-ID waits 2.1 to 4 s, the other up to 2 s.
            units = 210 + secrets.randbelow(191) if dialog.ours else secrets.randbelow(201)
            session.offering = False
            await asyncio.sleep(units * 0.01 * t1 / 0.5)
            session.offering = True
    except OSError:
        return None
    finally:
        session.offering = False
    if response is not None and response.code < 300:
        session.direction = direction
    return response


async def _once(
    dialog: Dialog, session: MediaSession, timer: SessionTimer, acks: Acks, body: bytes
) -> Response | None:
    """One re-INVITE. Raises OSError where the ACK cannot be sent."""
    stack = dialog.stack
    request = dialog.request("INVITE", headers={"Contact": dialog.contact, **timer.asked()})
    set_body(request, body, SDP)
    response = await dialog.ask(request, timeout=64 * stack.t1)
    if response is not None and response.code < 300:
        dialog.refresh(response)
        timer.agreed(response)
        acked = await dialog.acknowledge(request)
        if transaction := stack.client_for(response):
            stack.spawn(_repeat_ack(acks, dialog, transaction, *acked))
        session.take_answer(sdp.parse(session_body(response)))
    return response


async def _repeat_ack(
    acks: Acks, dialog: Dialog, transaction: ClientTransaction, ack: Request, peer: Peer
) -> None:
    """Each copy of the 200 says that the ACK was lost (RFC 3261 §13.2.2.4)."""
    while (copy := await transaction.responses.get()) is not None:
        if cseq(copy) == cseq(transaction.request):
            acks.copies += 1
            dialog.stack.transport.transmit(ack, peer)
