"""What the tests of probes share: a caller, leave to call, a peer that answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfsip_nb.sip import Call, MapResolver
from sfsip_nb.sip.probes import CallPlan

LOCAL = MapResolver()
FROM = "sip:+15550100@probe.test"


def leaves(count: int) -> Callable[[], Mapping[str, str] | None]:
    """Leave for so many further calls."""
    marks: Iterator[int] = iter(range(count))

    def leave() -> Mapping[str, str] | None:
        number = next(marks, None)
        return None if number is None else {"X-Mark": str(number)}

    return leave


async def answering(call: Call) -> None:
    if await call.answer(srtp="optional") and call.audio:
        call.audio.play(440)
        await call.wait_ended(5)


def plan(to: str, **more: Any) -> CallPlan:
    return CallPlan(to, FROM, resolver=LOCAL, **more)
