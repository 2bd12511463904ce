"""Two legs joined to one call, as an edge or an SBC does (RFC 7092, signaling and media)."""

import asyncio
from collections.abc import Sequence

from .call import Call
from .incoming import IncomingCall
from .media.relaying import relay
from .outgoing import OutgoingCall
from .sdp import CODECS


async def bridge(
    a: IncomingCall,
    b: OutgoingCall,
    *,
    codecs: Sequence[str] = CODECS,
) -> int:
    """Join incoming leg `a` and outgoing leg `b`; returns the final code of `b`.

    Ringing of `b` is passed on, `a` is answered when `b` is, audio is relayed, and either
    hang-up ends the other leg. A refusal of `b` refuses `a` with the same code. A leg `a` that
    was answered before is only joined.
    """

    def a_ended(_: Call) -> None:
        b.stack.spawn(b.hangup(a.end_reason))

    a.add_ended_callback(a_ended)
    if a.state == "trying":
        waiting = asyncio.create_task(_pass_ringing(a, b))
        code = await b.outcome()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    else:
        code = await b.outcome()
    if not b.ok:
        if a.state in ("trying", "ringing"):
            await a.reject(code if code >= 300 else 480, b.phrase)
        return code
    if a.state in ("trying", "ringing"):
        await a.answer(codecs=codecs)
    if a.state != "answered" or a.audio is None or b.audio is None:
        await b.hangup(a.end_reason)
        return code
    joined = relay(a.audio, b.audio)

    def b_ended(_: Call) -> None:
        joined.close()
        a.stack.spawn(a.hangup(b.end_reason))

    b.add_ended_callback(b_ended)
    return code


async def _pass_ringing(a: IncomingCall, b: OutgoingCall) -> None:
    """Send on the first ringing of `b`."""
    await b.ringing.wait()
    if not b.decided.is_set():
        await a.ring()
