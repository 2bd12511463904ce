"""Where speech is in one direction of a call, by the clock on the wall.

A sample is placed at the time of its packet, plus its own place in it: the moment from which a
listener can hear it. Packets stand by their RTP timestamps, which are tied to the wall clock by
the smallest transit of the packets around (10 s), so that jitter and disorder move no edge, and
clocks may drift. A packet lost costs at most itself. What comes more than 100 ms late is lost, as
to a listener. Where timestamps leap, or a new SSRC begins, placing begins anew.

No sound is kept, beyond the 100 ms that are measured at once: only a level and two flags for each
10 ms.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from . import activity, g711
from .activity import FRAME, FRAME_S, PAUSE_S, Detector, Edge
from .packets import CLOCK, Rtp
from .sampling import PAYLOAD_TYPES, RATE, WINDOW

LONGEST_S: Final = 3600.0
"""Seconds of one direction that are measured at most: 360 kB."""

_MOST_FRAMES, _MOST_SPANS = round(LONGEST_S / FRAME_S), 1000
_HELD = RATE // 10
"""Samples that a hole is kept open for a packet that comes late."""

_LEAP_S = 0.2
"""A packet whose transit differs by more from the smallest has another clock, or was stalled."""

_BLOCK = 5 * RATE
"""Samples over which the smallest transit is taken, and those before and after them."""

_BACK_S = 5.0


@dataclass(frozen=True)
class Speech:
    """Speech of one party, as heard or sent at this end; times are Unix seconds.

    Where packets beside it are missing, it began or ended in the middle of what is missing, and may
    be wrong by half of that: `start_error` and `end_error`, in seconds.
    """

    start: float
    end: float
    level_dbov: float = 0.0
    """Mean power of the voice in it (RFC 6465 §2)."""
    starts: Edge = ""
    ends: Edge = ""
    start_error: float = 0.0
    end_error: float = 0.0

    @property
    def seconds(self) -> float:
        """Length, pauses inside included."""
        return self.end - self.start


@dataclass
class _Span:
    """Frames under one clock: an SSRC whose timestamps go on."""

    ssrc: int
    origin: int
    """The timestamp of the first sample."""
    transits: list[float]
    """By block: smallest time of arrival (Unix seconds) of a packet less its place, in seconds."""
    frames: bytearray = field(default_factory=bytearray)

    def arrived(self, place: int, at: float) -> None:
        """Learn from a packet's time."""
        block, transit = place // _BLOCK, at - place / RATE
        self.transits += [transit] * (block + 1 - len(self.transits))
        self.transits[block] = min(transit, self.transits[block])

    def at(self, frame: int) -> float:
        """When a frame begins, Unix seconds."""
        block = frame * FRAME // _BLOCK
        near = self.transits[max(0, block - 1) : block + 2]
        return frame * FRAME_S + (min(near) if near else self.last)

    @property
    def last(self) -> float:
        """The latest smallest transit."""
        return min(self.transits[-2:])


@dataclass(frozen=True)
class _Held:
    codec: str
    packet: Rtp


class SpeechMeter:
    """Finds speech in packets given one by one, in the order of their arrival."""

    def __init__(self) -> None:
        self._detector = Detector()
        self._spans: list[_Span] = []
        self._frames = 0
        self._held: dict[int, _Held] = {}
        self._codec = "PCMU"
        self._pending = bytearray()
        self._next = self._sequence = 0
        self._quiet = False
        self._skipped = 0

    def take(self, codec: str, packet: Rtp, at: float) -> None:
        """Take a packet that arrived at a time (Unix seconds), or was sent.

        `codec` is PCMU or PCMA; anything else is comfort noise: silence until sound comes again
        (RFC 3389).
        """
        if self._frames >= _MOST_FRAMES:
            return
        span = self._spans[-1] if self._spans else None
        if span is None or span.ssrc != packet.ssrc:
            self._anew(packet, at)
            return self._put(0, _Held(codec, packet))
        place = (packet.timestamp - span.origin + CLOCK // 2) % CLOCK - CLOCK // 2
        ahead = (packet.sequence - self._sequence + 0x8000) % 0x10000 - 0x8000
        if place < self._next:
            if ahead <= 0:  # Late, or it came before.
                return None
            place = -1  # The sender's clock went back.
        if place < 0 or abs(at - place / RATE - span.last) > _LEAP_S:
            self._anew(packet, at)
            return self._put(0, _Held(codec, packet))
        span.arrived(place, at)
        if place == self._next or (ahead == 1 and not self._held):
            self._put(place, _Held(codec, packet))
        else:
            self._held[place] = _Held(codec, packet)
        while self._held and (self._next in self._held or max(self._held) - self._next > _HELD):
            first = min(self._held)
            self._put(first, self._held.pop(first))
        return None

    def skip(self, packet: Rtp) -> None:
        """A packet without sound, such as a digit's: in its place in the stream none is missing."""
        here = self._spans and self._spans[-1].ssrc == packet.ssrc and not self._held
        if here and (packet.sequence - self._sequence) % 0x10000 == 1:
            self._sequence = packet.sequence

    def close(self) -> None:
        """No more packets come: what is still held is measured."""
        for place in sorted(self._held):
            self._put(place, self._held.pop(place))
        self._measure()

    def speech(self, since: float = 0.0) -> list[Speech]:
        """All speech so far that ended after `since`, in order.

        What began more than 5 s before `since` may be told to begin there, so that looking at the
        latest often costs little.
        """
        self._measure()
        return [each for each in _merged(self._found(since - _BACK_S)) if each.end > since]

    def _found(self, since: float) -> Iterator[Speech]:
        for span in self._spans:
            skipped = max(0, round((since - span.at(0)) / FRAME_S))
            if skipped >= len(span.frames):
                continue
            frames = np.frombuffer(bytes(span.frames[skipped:]), np.uint8)
            for stretch in activity.stretches(frames):
                first, end = stretch.first + skipped, stretch.end + skipped
                early, late = (missing * FRAME_S / 2 for missing in stretch.unsure)
                yield Speech(
                    span.at(first) - early,
                    span.at(end - 1) + FRAME_S + late,
                    stretch.level_dbov,
                    *stretch.edges,
                    early,
                    late,
                )

    def _anew(self, packet: Rtp, at: float) -> None:
        self.close()
        self._pending.clear()
        self._next, self._quiet, self._skipped = 0, False, 0
        self._sequence = packet.sequence - 1
        if len(self._spans) >= _MOST_SPANS:
            self._frames = _MOST_FRAMES
        self._spans.append(_Span(packet.ssrc, packet.timestamp, [at]))

    def _put(self, place: int, held: _Held) -> None:
        """Add a packet behind what is there, and before it what is missing."""
        packet, gap = held.packet, place - self._next
        if gap < 0:  # Packets that overlap: what came first stands.
            return
        if gap:
            lost = (packet.sequence - self._sequence) % 0x10000 != 1
            self._gap(gap, activity.MISSING if lost and not self._quiet else activity.SILENT)
        self._sequence = packet.sequence
        self._next = place
        self._quiet = held.codec not in PAYLOAD_TYPES
        if self._quiet:
            return
        if held.codec != self._codec:
            self._measure()
            self._pending[:] = g711.transcode(self._codec, held.codec, bytes(self._pending))
            self._codec = held.codec
        self._pending += packet.payload[self._skipped :]
        self._skipped = max(0, self._skipped - len(packet.payload))
        self._next += len(packet.payload)
        if len(self._pending) >= WINDOW:
            self._measure()

    def _gap(self, samples: int, filling: int) -> None:
        self._measure()
        frames, rest = divmod(samples + len(self._pending) - self._skipped, FRAME)
        self._skipped = 0
        if rest and filling == activity.MISSING:
            # What is left of the frame that it ends in would look like the begin of a sound.
            frames, rest, self._skipped = frames + 1, 0, FRAME - rest
        self._grow(bytes([filling]) * min(frames, _MOST_FRAMES))
        self._pending[:] = g711.silence(self._codec, rest)

    def _measure(self) -> None:
        whole = len(self._pending) // FRAME * FRAME
        if whole:
            samples = g711.decode(self._codec, bytes(self._pending[:whole]))
            del self._pending[:whole]
            self._grow(self._detector.frames(samples))

    def _grow(self, frames: bytes) -> None:
        more = frames[: _MOST_FRAMES - self._frames]
        self._spans[-1].frames += more
        self._frames += len(more)


def _merged(found: Iterator[Speech]) -> list[Speech]:
    """Speech in order, and across the borders of spans."""
    told: list[Speech] = []
    for each in sorted(found, key=lambda each: each.start):
        before = told[-1] if told else None
        if before is None or each.start - before.end >= PAUSE_S:
            told.append(each)
            continue
        last = each if each.end > before.end else before
        level = max(before.level_dbov, each.level_dbov)
        told[-1] = Speech(
            before.start,
            last.end,
            level,
            before.starts,
            last.ends,
            before.start_error,
            last.end_error,
        )
    return told
