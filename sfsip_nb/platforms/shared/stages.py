"""What the caller of a test call says, and what should come back while the call stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfsip_nb.sip.shown import plain

if TYPE_CHECKING:
    from sfsip_nb.sip import Audio, Call, Referral, Speech

FIRST_WORD_SECONDS = 5.0
"""How long the caller waits for a greeting, before they speak first."""

_PAUSE_SECONDS = 0.3
"""Silence after which it is the caller's turn."""

_OVER_SECONDS = 1.0
"""Silence after which nothing more is said: sentences are further apart than words."""

_BEGUN_SECONDS = 0.5
"""How much of an answer the caller listens to before they know that it is one."""

_LONGEST_SECONDS = 6.0
"""No recording of the caller's is longer, and for no answer do they wait longer to end."""

_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class CallStage:
    """While the call stands: what is said and what should be heard, within so many seconds.

    What is said is a tone, nothing, or a recording by its name: that is said once, when it is the
    caller's turn, and the stage is over when there is an answer too. Without anything to hear it
    lasts until the other side refers the caller to somebody else. ``whole``: what answers words is
    listened to until it falls silent.
    """

    say: float | str | None
    hear: float | None
    within: float = 6.0
    at_least: float = 0.8
    whole: bool = False

    @property
    def longest(self) -> float:
        """Seconds that it takes at most."""
        if isinstance(self.say, str):
            return FIRST_WORD_SECONDS + 2 * _LONGEST_SECONDS + self.answer
        return max(self.within, self.at_least)

    @property
    def answer(self) -> float:
        """Seconds that an answer to words takes at most."""
        return self.within + _LONGEST_SECONDS * self.whole


def longest(stages: Sequence[CallStage]) -> float:
    """Seconds from the answer after which a call with these stages is hung up."""
    return sum(stage.longest for stage in stages) + 1.0


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
        turns = Turns(leg.audio) if in_words(self.stages) else None
        for stage in self.stages:
            if turns and isinstance(stage.say, str):
                await while_up(leg, turns.say(stage.say), FIRST_WORD_SECONDS + 2 * _LONGEST_SECONDS)
                said: Awaitable[object] = while_up(leg, turns.answered(stage.whole), stage.answer)
            else:
                self.say(leg, stage)
                said = leg.wait_ended(stage.at_least)
            saying = asyncio.ensure_future(said)
            if stage.hear is None:
                await while_up(leg, asked.wait(), stage.within)
                self.heard.append(asked.is_set())
            else:
                self.heard.append(await self.hears(leg, stage.hear, stage.within))
            await saying

    def say(self, leg: Call, stage: CallStage) -> None:
        """Say a tone from now on, or nothing."""
        assert leg.audio is not None
        leg.audio.play(stage.say if isinstance(stage.say, float) else None)

    async def hears(self, leg: Call, hz: float, within: float) -> bool:
        """Whether a voice is heard while the call stands, at most so many seconds from now."""
        assert leg.audio is not None
        await while_up(leg, leg.audio.heard(hz, within), within)
        return await leg.audio.heard(hz, 0.0)


def in_words(stages: Sequence[CallStage]) -> bool:
    """Whether the caller says recordings."""
    return any(isinstance(stage.say, str) for stage in stages)


class Turns:
    """The caller's turns in a conversation: they let the other side finish."""

    def __init__(self, audio: Audio) -> None:
        audio.find_speech()
        self._audio, self._since, self._waits = audio, 0.0, FIRST_WORD_SECONDS

    async def say(self, name: str) -> None:
        """Say a recording once the other side has spoken, or has not for long."""
        from sfsip_nb.sip.media import recordings  # what says nothing loads none

        await self._until(self._answer, self._waits)
        if self._answer():
            await self._until(self._has_finished, _LONGEST_SECONDS)
        await self._audio.say(recordings.caller(name))
        self._since = time.time()

    async def answered(self, whole: bool = False) -> None:
        """Wait until the other side answers, or has; if it does not, nobody waits for its end."""
        self._waits = 0.0
        await self._until(self._has_begun, None)
        if whole:
            await self._until(lambda: self._has_finished(_OVER_SECONDS), _LONGEST_SECONDS)
        self._waits = _LONGEST_SECONDS

    def _answer(self) -> list[Speech]:
        """The other side's speech since our own."""
        heard = self._audio.speech_heard(self._since)
        return [each for each in heard if each.start > self._since]

    def _has_begun(self) -> bool:
        answer = self._answer()
        return bool(answer) and time.time() - answer[0].start >= _BEGUN_SECONDS

    def _has_finished(self, pause: float = _PAUSE_SECONDS) -> bool:
        answer = self._answer()
        return bool(answer) and time.time() - answer[-1].end >= pause

    async def _until(self, happened: Callable[[], object], seconds: float | None) -> None:
        until = None if seconds is None else time.monotonic() + seconds
        # Speech is found by looking: nothing tells when the other side falls silent.
        while (until is None or time.monotonic() < until) and not happened():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)


async def while_up(leg: Call, awaited: Awaitable[object], within: float) -> None:
    """Wait for something, at most so many seconds, while the call stands."""
    waits = (asyncio.ensure_future(awaited), asyncio.ensure_future(leg.wait_ended(within)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
