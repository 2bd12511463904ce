"""What test calls are placed over: an account of one's own, or the testbed's telephone network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sfsip_nb import sip
from sfsip_nb.engine import approval
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.platforms.shared import testcall
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.sip import probes, session_timer

if TYPE_CHECKING:
    from sfsip_nb.platforms.shared.stages import CallStage
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


def of_run(ctx: Context) -> PhoneLine | None:
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
        return PhoneLine(ctx.surroundings.phone, number, testcall.anonymous(number))
    return None


def can_dial(ctx: Context) -> bool:
    """Whether the runbook may and can place calls itself: allowed, and over a telephone line."""
    calls = ctx.parameters.test_calls
    return bool(calls.allowed and (calls.caller.uri or ctx.surroundings.phone))


def planned(ctx: Context, count: int) -> tuple[PlannedCalls, ...]:
    """So many calls over it, where the runbook can dial."""
    if not can_dial(ctx):
        return ()
    calls = ctx.parameters.test_calls
    caller, over = calls.caller, "the testbed's telephone network"
    if caller.uri:
        over = f"{caller.account} over {caller.transport.upper()}, as {calls.caller_number}"
    return (PlannedCalls(count, over, approval.LONGEST),)


def phone(
    ctx: Context, step: str, number: str, stages: Sequence[CallStage], listening: bool = False
) -> ObservedCall:
    """Call a number from outside, over the run's line, see `testcall.call`. Raises ``NotAllowed``.

    A carrier that takes TLS but refuses SRTP is called once more, if another call is allowed, with
    plain RTP offered beside it: it refused what was offered, and connected nobody.
    """
    over = of_run(ctx)
    if over is None:
        raise NotAllowed("There is no line for test calls: set test_calls.caller.")
    place = partial(
        testcall.call,
        *(ctx, step, number, over.uri(number), stages),
        over=over,
        credentials=over.credentials,
        listening=listening,
    )
    placed = place(srtp=over.srtp)
    if over.srtp == "required" and placed.code in probes.placing.UNFIT:
        with suppress(NotAllowed):
            placed = place(srtp="optional")
    return placed
