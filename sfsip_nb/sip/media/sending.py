"""The stream that we send: tone, silence or digits, paced, counted, its lateness measured."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Final

from . import events, rtcp, tones
from .levels import STEP, Meter
from .pacing import LatenessMeter
from .packets import CLOCK, Rtp, build
from .sampling import COMFORT_NOISE, RATE
from .speech import SpeechMeter
from .voice import Voice

_REMEMBERED: Final = 1024
"""Packets whose time of sending is known: 20 s, longer than any echo takes. A divisor of the
modulus of sequence numbers, so that a number finds the same place after its wrap."""


class Sender:
    """Makes packets and gives them to `put`, which says whether it could send them."""

    def __init__(self, put: Callable[[bytes], bool]) -> None:
        self._put = put
        self.codec = "PCMU"
        self.payload_type = 0
        self.events: int | None = None
        self.frame_samples = 160
        self.muted = False
        """Nothing at all is sent: tones, relayed packets and reports alike."""
        self.held = False
        """The peer asked us to send no sound (RFC 3264 §8.4); reports go on."""
        self.packets = self.octets = 0
        self.ssrc = secrets.randbits(32)
        self.sequence = self.first_sequence = secrets.randbits(15)
        self.timestamp = secrets.randbits(31)
        self.first_at: float | None = None
        self.last_at = 0.0
        self.left_out = 0
        """Packets that were due while this machine slept too long, and were never sent."""
        self.lateness = LatenessMeter()
        self.meter = Meter()
        """Levels of the sound that is our own; what a relay sends is not metered."""
        self._jitter = 0.0
        self._late = 0.0
        self._due: float | None = None
        self._sent_at = [0.0] * _REMEMBERED
        self._late_at = [0.0] * _REMEMBERED
        self._marker = True
        self.voice = Voice()
        self.speech: SpeechMeter | None = None
        """Finds speech in what goes out, where that was asked for."""
        self._unmetered = 0
        self._power = 0.0
        self._pressed: Iterator[events.Pressed | None] | None = None
        self._released: asyncio.Event | None = None
        self._event_start = 0

    def describe(
        self, codec: str, payload_type: int, events: int | None, frame_samples: int
    ) -> None:
        """What the peer takes, as agreed."""
        self.codec, self.payload_type, self.events = codec, payload_type, events
        self.frame_samples = frame_samples
        self.voice.describe(codec)

    def frame(self, due: float) -> None:
        """Send what is due: a frame of sound, or of a digit."""
        late = asyncio.get_running_loop().time() - due
        self.timestamp += self.frame_samples + self._left_out(due)
        if self._pressed is not None and self._digit():
            return
        if self.muted or self.held:
            self._marker = True
            return
        payload, power = self.voice.frame(self.frame_samples)
        self.lateness.add(late)
        self._jitter += (abs(late - self._late) * 1000 - self._jitter) / 16
        self._late = late
        marker, self._marker = self._marker, False
        self.sequence += 1
        self._late_at[self.sequence % _REMEMBERED] = late
        if self._transmit(self.payload_type, marker, self.timestamp, payload):
            self.voice.sent(self.last_at - late)
            self._metered(power)

    def _metered(self, power: float) -> None:
        self._power += power * self.frame_samples
        samples = self._unmetered + self.frame_samples
        steps, self._unmetered = divmod(samples, STEP)
        if steps:
            self.meter.add([tones.dbov(self._power / samples)] * steps, self.last_at)
            self._power *= self._unmetered / samples

    def _left_out(self, due: float) -> int:
        """Samples that were never sent because this machine slept; the sampling clock went on."""
        before, self._due = self._due, due
        missed = 0 if before is None else round((due - before) * RATE) - self.frame_samples
        if missed < self.frame_samples:
            return 0
        self._marker = True
        self.lateness.add(missed / RATE)
        self.left_out += missed // self.frame_samples
        return missed

    def next_timestamp(self) -> int:
        """Of a packet that is sent now, of whosever making: the clock goes on while nothing is.

        Who listens may take the timestamps for the time.
        """
        passed = 0.0
        if self._due is not None:
            passed = asyncio.get_running_loop().time() - self._due
        elif self.last_at:
            passed = time.time() - self.last_at
        return self.timestamp + max(self.frame_samples, round(passed * RATE))

    def send(self, sequence: int, timestamp: int, marker: bool, payload: bytes, kind: int) -> None:
        """Send a packet of somebody else's making, as a relay does."""
        if not self.muted:
            self.sequence, self.timestamp, self._due = sequence, timestamp, None
            self._transmit(kind, marker, timestamp, payload)

    def _transmit(self, kind: int, marker: bool, timestamp: int, payload: bytes) -> bool:
        packet = Rtp(kind, marker, self.sequence, timestamp, self.ssrc, payload)
        now = time.time()
        if not self._put(build(packet)):
            return False
        self._sent_at[self.sequence % _REMEMBERED] = now
        self.last_at = now
        if self.first_at is None:
            self.first_at, self.first_sequence = now, self.sequence
        self.packets += 1
        self.octets += len(payload)
        if self.speech is not None:
            if kind in (self.payload_type, COMFORT_NOISE):
                self.speech.take(self.codec if kind == self.payload_type else "", packet, now)
            else:
                self.speech.skip(packet)
        return True

    # Digits

    @property
    def pressing(self) -> bool:
        """Whether digits are on their way."""
        return self._pressed is not None

    async def press(self, digits: str, ms: int, gap_ms: int) -> None:
        """Send digits in place of sound; returns after the last pause, or when sending ends."""
        while self._released is not None:
            await self._released.wait()
        if self.events is None:
            raise ValueError("the peer did not agree to telephone-event (RFC 4733)")
        self._pressed = events.press(digits, ms, gap_ms, self.frame_samples)
        self._released = asyncio.Event()
        await self._released.wait()

    def release(self) -> None:
        """The digits are done."""
        self._pressed = None
        if self._released is not None:
            self._released.set()
            self._released = None

    def close(self) -> None:
        """The stream is over: whoever waits for digits or a recording need not any more."""
        self.release()
        self.voice.end()
        if self.speech is not None:
            self.speech.close()

    def _digit(self) -> bool:
        """Send a frame of the digits; False if it is one of sound, or they are done."""
        assert self._pressed is not None
        try:
            pressed = next(self._pressed)
        except StopIteration:
            self.release()
            return False
        if pressed is None or self.events is None:
            return False
        if pressed.marker:
            self._event_start = self.timestamp
        if not self.muted:
            self.sequence += 1
            self._transmit(self.events, pressed.marker, self._event_start, pressed.payload)
        return True

    # What others ask about it

    def sent_at(self, sequence: int) -> tuple[float, float]:
        """When one of the latest packets was sent (wall clock), and how late that was; seconds."""
        index = sequence % _REMEMBERED
        return self._sent_at[index], self._late_at[index]

    @property
    def jitter_ms(self) -> float:
        """Jitter that our own lateness puts into the stream we send; part of what a peer reports.

        It is taken out of the jitter received where that can be done: arrivals are stamped by the
        kernel (Linux), not when we get to read them; and where the peer is an echo, each packet is
        taken as if it had been sent in time. The lateness of a peer stays in.
        """
        return self._jitter

    def information(self, now: float) -> rtcp.SenderInfo | None:
        """Of a sender report; None if nothing was sent."""
        if self.first_at is None:
            return None
        timestamp = self.timestamp + int((now - self.last_at) * RATE)
        return rtcp.SenderInfo(rtcp.ntp(now), timestamp % CLOCK, self.packets, self.octets)

    @property
    def sending(self) -> bool:
        """Whether a peer ought to have heard us by now: half a second of packets, not muted."""
        return (
            not (self.muted or self.held)
            and self.packets >= 25
            and self.first_at is not None
            and time.time() - self.first_at > 0.5
        )
