"""A 2xx to an INVITE or re-INVITE, sent until its ACK comes (RFC 3261 §13.3.1.4, §14.2)."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sipmessage import Response

from .sdp import Sdp
from .transport import Peer

if TYPE_CHECKING:
    from .call import Call


@dataclass
class Ack:
    """The ACK that one of our 2xx waits for, and the description in it."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    description: Sdp | None = None


async def send_until_acknowledged(
    call: "Call", response: Response, reply_to: Peer, number: int
) -> bool:
    """Repeat a 2xx that was sent once; False if no ACK with CSeq `number` came in 64 T1.

    Over TCP too: a proxy on the way may have lost it over UDP.
    """
    t1 = call.agent.t1
    acknowledged = call.acks.setdefault(number, Ack()).came
    wait, waited = t1, 0.0
    while True:
        try:
            async with asyncio.timeout(wait):
                await acknowledged.wait()
                return True
        except TimeoutError:
            waited += wait
        if waited >= 64 * t1 or call.over.is_set():
            return acknowledged.is_set()
        call.retransmitted_200 += 1
        call.agent.transmit(response, reply_to)
        wait = min(2 * wait, 8 * t1)
