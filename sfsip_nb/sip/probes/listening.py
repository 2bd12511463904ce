"""What a probe says and listens for while its call stands."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..call import Call
from ..media.recordings import Recording
from .conversing import converse


@dataclass
class Listening:
    """What is said and listened for, both for so many seconds.

    With recordings in `says` no tone is sent: each is said after what the agent says, or with
    `barge_in` into it, and any sound is what is expected.

    After that `digits` are pressed (RFC 4733), and `then_hz` has to be heard. `heard` and
    `then_heard` are None until they were tried; `no_digits`: the peer takes no telephone-event.
    """

    send_hz: float | None = 1004.0
    expect_hz: float | None = None
    seconds: float = 3.0
    digits: str = ""
    then_hz: float | None = None
    heard: bool | None = None
    then_heard: bool | None = None
    no_digits: bool = False
    says: Sequence[Recording] = ()
    barge_in: bool = False

    @property
    def longest(self) -> float:
        """Seconds that all of it may take."""
        return self.seconds + (0.3 * len(self.digits) + self.seconds) * bool(self.digits) + 0.5

    async def run(self, leg: Call) -> None:
        """Speak and listen; with digits, press them and listen again."""
        audio = leg.audio
        if audio is None:
            return
        if self.says:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.seconds):
                    await converse(leg, audio, self.says, self.barge_in)
            self.heard = audio.packets_received > 0
            return
        audio.play(self.send_hz)
        began = time.monotonic()
        if self.expect_hz is not None:
            self.heard = await audio.heard(self.expect_hz, self.seconds)
        # The peer has to hear us for the whole time, however soon we heard it.
        await leg.wait_ended(max(0.0, self.seconds - (time.monotonic() - began)))
        if self.expect_hz is None:
            self.heard = audio.packets_received > 0
        if self.digits and leg.state == "answered":
            try:
                await audio.send_digits(self.digits)
            except ValueError:
                self.no_digits = True
                return
            if self.then_hz is not None:
                self.then_heard = await audio.heard(self.then_hz, self.seconds)
