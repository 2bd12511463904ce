"""What test calls are placed over: an account of one's own, or the testbed's telephone network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfsip_nb import sip
from sfsip_nb.engine.context import Context
from sfsip_nb.sip import session_timer

if TYPE_CHECKING:
    from sfsip_nb.sip import Credentials
    from sfsip_nb.sip.sdp import Srtp


@dataclass(frozen=True)
class PhoneLine:
    """A telephone line. ``headers`` are those that an INVITE needs there.

    ``account`` is user and host of the account, empty for the telephone network of the testbed.
    """

    host: str
    caller: str
    from_: str
    account: str = ""
    tail: str = ""
    credentials: Sequence[Credentials] = ()
    srtp: Srtp = "off"
    headers: Mapping[str, str] = field(default_factory=dict)

    def uri(self, number: str) -> str:
        """The Request-URI that calls a number over it."""
        return f"sip:{number}@{self.host}{self.tail}"


def anonymous(user: str) -> str:
    """From of a call that no account places; its host is nobody's (RFC 2606 §2)."""
    return f"sip:{user}@sfsip.invalid"


def line(ctx: Context) -> PhoneLine | None:
    """The line of the run's test calls; None where they are not allowed, or a person dials.

    Over TLS the audio of an account is encrypted too, as a platform's is. A call from an account
    asks for the shortest session timer, so that the far end drops it once it is not refreshed.
    """
    calls = ctx.parameters.test_calls
    caller, number = calls.caller, calls.caller_number
    if not calls.allowed:
        return None
    if caller.uri:
        password = ctx.secrets["test_calls.caller.password"]
        udp, tls = caller.transport == "udp", caller.transport == "tls"
        return PhoneLine(
            caller.server,
            number,
            f"sip:{number}@{caller.server}",
            caller.account,
            "" if udp else f";transport={caller.transport}",
            [sip.Credentials(caller.username, password.reveal)],
            "required" if tls else "off",
            session_timer.brief(),
        )
    if ctx.surroundings.phone:
        return PhoneLine(ctx.surroundings.phone, number, anonymous(number))
    return None
