"""What was heard of one leg, and waiting for it."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from .levels import Level
from .listening import Listener
from .receiving import Receiver
from .tones import Tone


class Ears:
    """The listening side of `Audio`."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    @property
    def listener(self) -> Listener:
        """The ears."""
        return self.receiver.listener

    @property
    def level_dbov(self) -> float:
        """Level of the last 100 ms heard."""
        return self.listener.level_dbov

    @property
    def tone_hz(self) -> float | None:
        """The tone in the last 100 ms heard."""
        return self.listener.tone_hz

    @property
    def tones(self) -> list[Tone]:
        """Every tone heard, in order."""
        return list(self.listener.tones)

    def levels_heard(self, start: datetime, end: datetime) -> list[Level]:
        """Levels of what was heard from one moment to another; None where no packet came."""
        return self.listener.meter.between(start.timestamp(), end.timestamp())

    @property
    def digits(self) -> str:
        """The digits that the peer pressed, as RFC 4733 events; 256 at most."""
        return self.receiver.digits

    @property
    def on_digit(self) -> Callable[[str], None] | None:
        """Called with each digit when its first packet comes."""
        return self.receiver.on_digit

    @on_digit.setter
    def on_digit(self, action: Callable[[str], None] | None) -> None:
        self.receiver.on_digit = action

    @property
    def on_tone(self) -> Callable[[Tone], None] | None:
        """Called once for each new tone that lasts 200 ms."""
        return self.listener.on_tone

    @on_tone.setter
    def on_tone(self, action: Callable[[Tone], None] | None) -> None:
        self.listener.on_tone = action

    @property
    def deaf(self) -> bool:
        """Whether packets are counted, but not listened to."""
        return self.receiver.deaf

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        self.receiver.deaf = deaf

    async def heard(
        self, hz: float, timeout: float = 5.0, *, tolerance: float = 15.0, seconds: float = 0.2
    ) -> bool:
        """Whether a tone of that frequency lasts (or lasted) `seconds` within the time-out."""

        def found() -> bool:
            return any(
                abs(tone.hz - hz) <= tolerance and tone.seconds >= seconds - 0.001
                for tone in self.listener.tones
            )

        return await self._wait(found, timeout)

    async def silent(self, timeout: float = 5.0, seconds: float = 0.3) -> bool:
        """Whether packets without a tone come for `seconds`; no packets are no silence."""

        def found() -> bool:
            since = self.listener.quiet_since
            return since is not None and (datetime.now(UTC) - since).total_seconds() >= seconds

        return await self._wait(found, timeout)

    async def pressed(self, count: int = 1, timeout: float = 5.0) -> str:
        """The digits pressed so far, as soon as they are `count`, or after the time-out."""
        await self._wait(lambda: len(self.digits) >= count, timeout)
        return self.digits

    async def _wait(self, found: Callable[[], bool], timeout: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not found():
                    await self.listener.changed.wait()
        return found()
