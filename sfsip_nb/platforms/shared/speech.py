"""A call to people's voices: what is heard is sound, whosever it is.

On the testbed each voice is known by its tone. On a live call only the platforms' records say who
spoke; so the caller stays on the line for as long as somebody else may take to come to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfsip_nb.platforms.shared.stages import CallScript, CallStage, while_up

if TYPE_CHECKING:
    from sfsip_nb.sip import Call

_LOUD_WINDOWS = 3
"""Windows of 100 ms above silence that make a voice: more than a click."""

_HAND_OVER, _AT_LEAST = 45.0, 6.0
"""Seconds, divided by the testbed's time scale, in which a call is handed over and answered; and
those that it takes on any testbed."""


def unhurried(stages: Sequence[CallStage], time_scale: float) -> list[CallStage]:
    """The stages with time for everyone who is waited for after the first to come to the line."""
    within = max(_HAND_OVER / time_scale, _AT_LEAST)
    voices = [stage.hear for stage in stages]
    return [
        replace(stage, within=within) if _is_another(stage.hear, voices[:place]) else stage
        for place, stage in enumerate(stages)
    ]


def _is_another(voice: float | None, before: Sequence[float | None]) -> bool:
    """Whether somebody is waited for who was not on the line before."""
    return voice is not None and bool(before) and voice not in before


@dataclass
class SpokenScript(CallScript):
    """The stages of a call in which any sound counts as the voice that was waited for.

    Whoever comes to the line later may not be heard from anybody else: that stage lasts to its end.
    """

    _voices: list[float | None] = field(default_factory=list)

    async def hears(self, leg: Call, hz: float, within: float) -> bool:
        """Whether there is sound while the call stands, at most so many seconds from now."""
        from sfsip_nb.sip.media.tones import QUIET_DBOV  # numpy, which only a call needs

        assert leg.audio is not None
        listener, sounded = leg.audio.listener, asyncio.Event()
        another = _is_another(hz, self._voices)
        self._voices.append(hz)

        async def listen() -> None:
            loud = 0
            while loud < _LOUD_WINDOWS:
                await listener.changed.wait()
                loud += listener.level_dbov >= QUIET_DBOV
            sounded.set()
            if another:
                await leg.wait_ended(within)

        await while_up(leg, listen(), within)
        return sounded.is_set()
