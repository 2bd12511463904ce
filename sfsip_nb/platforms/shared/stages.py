"""What the caller of a test call says, and what should come back while the call stands."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsip_nb.sip.shown import plain

if TYPE_CHECKING:
    from sfsip_nb.sip import Call, Referral


@dataclass(frozen=True)
class CallStage:
    """While the call stands: what is said and what should be heard, within so many seconds.

    Without anything to hear it lasts until the other side refers the caller to somebody else.
    """

    say: float
    hear: float | None
    within: float = 6.0
    at_least: float = 0.8


@dataclass
class CallScript:
    """The stages of one call: ``heard`` has an entry for each that began.

    ``referred`` is whom the other side asked the caller to call instead, which is declined.
    """

    stages: Sequence[CallStage]
    heard: list[bool] = field(default_factory=list)
    referred: str = ""

    async def run(self, leg: Call) -> None:
        """Say and hear each stage; what is left when the other side hangs up is not heard."""
        assert leg.audio is not None
        asked = asyncio.Event()

        async def decline(referral: Referral) -> None:
            self.referred = plain(referral.target)
            await referral.reject()
            asked.set()

        leg.on_refer = decline
        for stage in self.stages:
            leg.audio.play(stage.say)
            said = asyncio.ensure_future(leg.wait_ended(stage.at_least))
            if stage.hear is None:
                await _while_up(leg, asked.wait(), stage.within)
                self.heard.append(asked.is_set())
            else:
                await _while_up(leg, leg.audio.heard(stage.hear, stage.within), stage.within)
                self.heard.append(await leg.audio.heard(stage.hear, 0.0))
            await said


async def _while_up(leg: Call, awaited: Coroutine[Any, Any, object], within: float) -> None:
    """Wait for something, at most so many seconds, while the call stands."""
    waits = (asyncio.ensure_future(awaited), asyncio.ensure_future(leg.wait_ended(within)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
