"""Who may call: what every border element asks of an INVITE before it looks at the number."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from sfsip_nb.sip import Call, DigestGuard, IncomingCall

from .net import hops_left


@dataclass(frozen=True)
class Refusal:
    """The call goes no further. `code` is the SIP answer, `error` the platform's own error code."""

    code: int
    phrase: str
    reason: str
    error: str = ""


def listed(address: str, entries: Sequence[str] | None) -> bool:
    """`address` stands in a list of addresses and networks; entries that are neither count not."""
    if not address:
        return False
    for entry in entries or ():
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def unfit(call: Call) -> Refusal | None:
    """Why no contact center takes this INVITE, whatever it is for; None if it is fit.

    That TLS asks for SRTP is Genesys's rule; of others it is not known, so the stricter reading.
    """
    if hops_left(call) < 0:
        return Refusal(483, "Too Many Hops", "the call goes round in a circle")
    if call.transport == "tls" and not (call.offer and call.offer.crypto):
        return Refusal(488, "Not Acceptable Here", "a TLS trunk takes SRTP only")
    return None


async def challenged(call: IncomingCall, guard: DigestGuard) -> bool:
    """Ask for credentials again and again, until they are right: True while they are not."""
    login = guard.check(call.invite)
    if not login.ok:
        await call.reject(guard.code, guard.phrase, guard.challenge(login.stale))
    return not login.ok
