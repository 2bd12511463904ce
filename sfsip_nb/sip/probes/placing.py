"""Placing one call and keeping what came of it, before anybody judges it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sipmessage import Response

from ..agent import UserAgent
from ..call import Call
from ..evidence.finding import Verdict
from ..refer import Referral
from ..standing import Standing
from ..trace import TraceEntry
from .plan import CallPlan, Kind
from .reach import ProbeResult, Reach

ANY_ANSWER = 8.0
"""Seconds for the first response of any kind, 100 Trying included; UDP is repeated 4 times."""

HANG_UP = 5.0
"""Seconds for the answer to BYE."""

UNFIT = (400, 406, 415, 488, 606)
"""Codes with which audio is refused as it was offered (400: some SBCs, in place of 488)."""

Script = Callable[[Call], Awaitable[object]]
"""What is said and listened for while an answered call stands."""


@dataclass
class PlacedCall:
    """A call after its end. `leg` is None where no agent could be made (`failed` says why).

    `given_up`: it was neither answered nor refused in time, and canceled.
    """

    name: str
    where: str
    leg: Call | None = None
    failed: ProbeResult | None = None
    given_up: bool = False
    early_packets: int = 0
    seen: dict[str, Any] = field(default_factory=dict)
    trace: list[TraceEntry] = field(default_factory=list)

    @property
    def kind(self) -> Kind | None:
        """How it failed as far as signaling goes; None for a call that was answered."""
        leg = self.leg
        if leg is None or leg.failure is not None:
            return "unreached"
        if not leg.codes:
            return "silent"
        if leg.ok:
            return None
        return "unfit" if leg.code in UNFIT else "refused"

    def result(self, verdict: Verdict, sentence: str, facts: Mapping[str, Any]) -> ProbeResult:
        """A verdict on it, with its evidence."""
        audio = self.leg.audio if self.leg else None
        seen = {**self.seen, **facts}
        if audio is None or not audio.kept:
            return ProbeResult(self.name, verdict, sentence, seen, self.trace)
        media, wav = list(audio.kept), audio.heard_wav()
        return ProbeResult(self.name, verdict, sentence, seen, self.trace, media, wav)


async def place(
    plan: CallPlan,
    script: Script,
    *,
    seconds: float,
    timeout: float,
    name: str = "call",
    find_speech: bool = False,
    enough: Callable[[int], bool] = lambda code: False,
    follow: Callable[[UserAgent, Referral], Awaitable[None]] | None = None,
    on_standing: Callable[[Standing], None] | None = None,
) -> PlacedCall:
    """Call, run `script` (at most `seconds`) while the call stands, and hang up.

    All of it takes at most `timeout` seconds: what script and hanging up leave of it is for the
    answer. A provisional code that is `enough` ends the call at once. `follow` answers
    a REFER while the call stands. `on_standing` is that of `UserAgent.invite`.
    """
    reach = Reach(name, plan)
    placed = PlacedCall(name, reach.where)
    answer_within = max(0.1, timeout - seconds - HANG_UP)
    any_within = min(ANY_ANSWER, answer_within)

    async def ask(agent: UserAgent) -> ProbeResult:
        first, stop = asyncio.Event(), asyncio.Event()

        def progress(call: Call, code: int, response: Response) -> None:
            first.set()
            if enough(code):
                stop.set()

        leg = placed.leg = await agent.invite(
            plan.uri,
            from_=plan.from_,
            headers={**plan.headers, **plan.marks},
            codecs=plan.codecs,
            srtp=plan.srtp,
            credentials=plan.credentials,
            transport=plan.transport,
            proxy=plan.proxy,
            on_progress=progress,
            on_standing=on_standing,
        )
        if plan.keep and leg.audio is not None:
            leg.audio.keep()
        if find_speech and leg.audio is not None:
            leg.audio.find_speech()
        try:
            began = time.monotonic()
            if not await _answers(reach, leg, first, any_within):
                await leg.outcome(0.0)
            await _either(leg.decided, stop, answer_within - (time.monotonic() - began))
            placed.given_up = not leg.decided.is_set()
            placed.early_packets = leg.audio.packets_received if leg.audio else 0
            if leg.state == "answered":
                leg.on_refer = partial(follow, agent) if follow else None
                await asyncio.wait_for(script(leg), seconds)
        except TimeoutError:
            pass  # The script's time is over; what it saw until now counts.
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HANG_UP):
                    await leg.hangup()
                    await leg.decided.wait()  # A canceled call has its 487 still to come.
        if leg.failure is not None:
            return reach.refused(leg.failure, answer_within)
        if not leg.codes:
            return await reach.silence(any_within)
        return reach.result("inconclusive", "")

    result = await reach.run(ask, timeout)
    if result.sentence:
        placed.failed = result
    placed.seen, placed.trace = result.seen, result.trace
    return placed


async def _answers(reach: Reach, leg: Call, first: asyncio.Event, seconds: float) -> bool:
    """Whether anything is heard in time. A closed port need not be waited for."""
    early = min(1.0, seconds)
    if await _either(leg.decided, first, early):
        return True
    return not await reach.port_closed() and await _either(leg.decided, first, seconds - early)


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> bool:
    """Whether one of two things happens in time."""
    waits = [asyncio.create_task(event.wait()) for event in (one, other)]
    try:
        done, _ = await asyncio.wait(
            waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        for wait in waits:
            wait.cancel()
