"""Digits as RTP events (RFC 4733)."""

import math
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from .packets import CLOCK

DIGITS: Final = "0123456789*#ABCD"
"""The events 0 to 15 (RFC 4733 §3.2)."""

_PAYLOAD = struct.Struct("!BBH")
_VOLUME, _END = 10, 0x80
"""-10 dBm0, a usual level of a keypad; the bit that says that the key was let go."""

_RETRANSMISSIONS = 2
"""The last packet of an event goes out three times in all (RFC 4733 §2.5.1.4)."""

LONGEST_MS: Final = 5000
"""Longer events need segments (RFC 4733 §2.5.1.3); no keypad sends them."""


class Pressed(NamedTuple):
    """What is sent in place of one frame of sound."""

    payload: bytes
    marker: bool
    """Whether an event begins; its timestamp is that of this frame, until it ends."""


def press(digits: str, ms: int, gap_ms: int, frame: int) -> Iterator[Pressed | None]:
    """What to send in each frame of `frame` samples; None: sound, in the pause after a digit.

    Raises ValueError for a digit that is none, or a length that is not usable.
    """
    events = [DIGITS.find(digit) for digit in digits.upper()]
    if -1 in events or not digits:
        raise ValueError(f"only the digits {DIGITS} can be sent, not {digits[:20]!r}")
    if not 40 <= ms <= LONGEST_MS or not 0 <= gap_ms <= LONGEST_MS:
        raise ValueError(f"a digit lasts 40 to {LONGEST_MS} ms, its pause up to {LONGEST_MS} ms")
    count = max(1, math.ceil(ms * 8 / frame))
    pause = max(_RETRANSMISSIONS + 1, math.ceil(gap_ms * 8 / frame))

    def frames() -> Iterator[Pressed | None]:
        for event in events:
            for number in range(count + pause):
                if number > count - 1 + _RETRANSMISSIONS:
                    yield None
                    continue
                end = _END if number >= count - 1 else 0
                duration = min(number + 1, count) * frame
                payload = _PAYLOAD.pack(event, end | _VOLUME, duration)
                yield Pressed(payload, number == 0)

    return frames()


class Keypad:
    """Finds the digits in a peer's events, each once, whichever of its packets arrive."""

    def __init__(self) -> None:
        self._last: tuple[int, int, int] | None = None  # SSRC, event and timestamp.

    def take(self, ssrc: int, timestamp: int, payload: bytes) -> str | None:
        """The digit of an event that begins with this packet, None for one that goes on."""
        if len(payload) < _PAYLOAD.size:
            return None
        event = payload[0]
        last, self._last = self._last, (ssrc, event, timestamp)
        if last is not None and last[0] == ssrc:
            ahead = (timestamp - last[2] + CLOCK // 2) % CLOCK - CLOCK // 2
            if ahead <= 0:  # Sent again, or late in order.
                self._last = last
                return None
            # A long event goes on in a new segment where the last one ended (§2.5.1.3).
            if last[1] == event and ahead == 0xFFFF:
                return None
        return DIGITS[event] if event < len(DIGITS) else None
