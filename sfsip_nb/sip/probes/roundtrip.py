"""Headers of our own: whether a peer gives them back (X- headers, and RFC 7433's User-to-User)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..fields import token
from ..shown import plain
from ..trace import TraceEntry
from .calling import judged
from .isolating import isolate
from .listening import Listening
from .placing import place
from .plan import CallPlan, Kind, Leave
from .reach import ProbeResult

NONCE_HEADER = "X-Sfsip-Nonce"
USER_TO_USER = "User-to-User"


async def headers(
    plan: CallPlan,
    *,
    nonce: str = "",
    seconds: float = 2.0,
    timeout: float = 38.0,
    leave: Leave | None = None,
) -> ProbeResult:
    """Call with a nonce in an X- header and in User-to-User, and look for it in what returns.

    Passes where both come back. Where they do not, nothing is known from here: the peer may have
    taken them all the same, and its own record of the call says so. Bounded by `timeout` seconds.
    """
    mark = nonce or token(6)
    sent = {NONCE_HEADER: mark, USER_TO_USER: f"{mark.encode().hex()};encoding=hex"}

    async def attempt(plan: CallPlan) -> tuple[ProbeResult, Kind | None]:
        listening = Listening(seconds=seconds)
        placed = await place(
            plan, listening.run, seconds=listening.longest, timeout=timeout, name="headers"
        )
        if placed.kind is not None or placed.leg is None:
            return judged(placed, listening)
        back = returned(placed.trace, {NONCE_HEADER: mark, USER_TO_USER: mark.encode().hex()})
        facts = {"sent": sent, "returned": back}
        if not plan.headers:  # the variant without them: it only has to be answered
            return placed.result("pass", "The call was answered.", facts), None
        missing = [name for name in sent if name not in back]
        if not missing:
            return placed.result("pass", f"Both headers came back with {mark}.", facts), None
        what = " and ".join(missing)
        sentence = (
            f"The call with the headers was answered, but {what} did not come back. From here you"
            f" cannot see how far they got: look for {mark} in the peer's record of the call."
        )
        return placed.result("inconclusive", sentence, facts), None

    return await isolate(replace(plan, headers={**plan.headers, **sent}), attempt, leave)


def returned(trace: Iterable[TraceEntry], values: Mapping[str, str]) -> dict[str, str]:
    """By name, the first header received that holds the value sent under it, as `Name: value`."""
    back: dict[str, str] = {}
    for entry in trace:
        message = entry.message if entry.direction == "received" else None
        for header in message.headers.keys() if message else ():
            for value in message.headers.getlist(header) if message else ():
                for name, wanted in values.items():
                    if wanted.lower() in value.lower():
                        back.setdefault(name, plain(f"{header}: {value}"))
    return back
