"""How good a received stream is: what RFC 3550 counts, and the E-model's estimate of it.

The estimate (`r_factor`, `mos`) follows ITU-T G.107 for narrow-band G.711 and assumes:

- every parameter but delay, loss and burstiness at the G.107 default (R = 93.2 without any
  impairment): no echo, no background noise, a usual handset, no advantage factor;
- the codec itself impairs nothing (Ie = 0, ITU-T G.113 Appendix I);
- robustness to loss Bpl = 25.1: the listener conceals losses (G.711 Appendix I). A listener that
  plays silence instead has Bpl = 4.3; 2 % of loss then cost a whole point of MOS;
- delay from mouth to ear = half the round trip, where one was measured, plus one packet and a
  playout buffer of twice the jitter, 20 to 200 ms. What the far end adds is not seen from here.

It is computed from the network's figures, not from the sound: distortion that is in the sound
already, clipping or a wrong gain do not lower it.
"""

import math
from typing import Final

from .packets import MODULUS

CONCEALED, UNCONCEALED = 25.1, 4.3
"""Bpl of G.711 with and without packet loss concealment (ITU-T G.113 Appendix I)."""

GAP_MS: Final = 60.0
"""From here on a break in the stream is a gap: three packets, what a playout buffer can bridge."""

_MAX_DROPOUT, _WINDOW = 3000, 128
"""Steps of the sequence number that are loss, and steps back that are disorder (RFC 3550 A.1)."""

_SEEN = (1 << _WINDOW) - 1


def is_stream(came: int, due: int) -> bool:
    """Whether packets make a stream, of which loss, jitter and MOS can be told.

    That takes 200 ms of them, as long as a tone lasts that counts as heard, and a tenth of those
    that were due.
    """
    return came >= 10 and came * 10 >= due


def r_factor(
    loss_percent: float, delay_ms: float = 0.0, burst_ratio: float = 1.0, bpl: float = CONCEALED
) -> float:
    """Transmission rating R, 0 to 93.2 (ITU-T G.107 §7). `delay_ms` is one way, mouth to ear."""
    delay = 0.0
    if delay_ms > 100:
        x = math.log2(delay_ms / 100)
        delay = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    loss = min(100.0, max(0.0, loss_percent))
    equipment = 95 * loss / (loss / burst_ratio + bpl)
    return max(0.0, 93.2 - delay - equipment)


def mos(r: float) -> float:
    """Mean opinion score, 1 to 4.5, of a rating R (ITU-T G.107 Annex B)."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


class Arrivals:
    """Counts one direction of a call (RFC 3550 §6.4.1, A.1, A.3, A.8).

    A new SSRC, or a sequence that begins anew elsewhere, continues the same counts.
    """

    def __init__(self, rate: int = 8000) -> None:
        self.rate = rate
        self.packets = self.duplicates = self.reordered = 0
        self.gaps, self.longest_gap_ms = 0, 0.0
        """Breaks of more than `GAP_MS` in which packets were due."""
        self.jitter = 0.0
        self.ssrc: int | None = None
        self.highest = 0
        self.first_at = self.last_at = 0.0
        self._before = self._packets_before = self._first = self._bursts = 0
        self._seen = 0
        self._restart: int | None = None
        self._timestamp = 0
        self._clocked: float | None = None

    def add(
        self, ssrc: int, sequence: int, timestamp: int, at: float, *, timed: bool = True
    ) -> bool:
        """Count a packet that arrived at `at` (seconds); False if it came before or is no part.

        `timed` False: the timestamp is no sampling time (RFC 4733 events), so that the packet
        says nothing about jitter and gaps.
        """
        ahead = (sequence - self.highest) & 0xFFFF
        if ssrc != self.ssrc:
            self._begin(ssrc, sequence, at)
        elif ahead == 1:
            self.highest += 1
            self._seen = (self._seen << 1 | 1) & _SEEN
        elif 0 < ahead < _MAX_DROPOUT:
            self.highest += ahead
            self._seen = (self._seen << ahead | 1) & _SEEN
            self._bursts += 1
        elif ahead == 0 or ahead > MODULUS - _WINDOW:
            back = -ahead & 0xFFFF
            if self._seen >> back & 1:
                self.duplicates += 1
                return False
            self._seen |= 1 << back
            self._first = min(self._first, self.highest - back)
            self.reordered += 1
        elif sequence == self._restart:
            self._begin(ssrc, sequence, at)
        else:  # Two in a row prove that the sender began anew (RFC 3550 A.1).
            self._restart = (sequence + 1) & 0xFFFF
            return False
        self.packets += 1
        if timed:
            self._clock(timestamp, at, ahead)
        else:
            self._clocked = None
        self.last_at = at
        return True

    def _begin(self, ssrc: int, sequence: int, at: float) -> None:
        if self.ssrc is None:
            self.first_at = at
        self._before, self._packets_before = self.expected, self.packets
        self.ssrc, self._first, self.highest = ssrc, sequence, sequence
        self._seen, self._restart, self._clocked = 1, None, None

    def _clock(self, timestamp: int, at: float, ahead: int) -> None:
        if self._clocked is not None:
            ticks = (timestamp - self._timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
            waited = at - self._clocked
            step = abs(waited * self.rate - ticks)
            # A jump of the sender's clock is no jitter; it would stand in the mean for seconds.
            if step < self.rate * 10:
                self.jitter += (step - self.jitter) / 16
            # A sender that paused goes on with the next number and a later timestamp: no gap.
            paused = ahead == 1 and ticks / self.rate > waited - GAP_MS / 2000
            if waited * 1000 > GAP_MS and not paused:
                self.gaps += 1
                self.longest_gap_ms = max(self.longest_gap_ms, waited * 1000)
            if ticks < 0:
                return  # Late in order: the newest packet stays the reference.
        self._timestamp, self._clocked = timestamp, at

    @property
    def expected(self) -> int:
        """Packets that the sequence numbers say were sent, up to the last one received."""
        if self.ssrc is None:
            return 0
        return self._before + self.highest - self._first + 1

    @property
    def of_source(self) -> tuple[int, int]:
        """Packets expected and received of the present SSRC alone, as RTCP reports them."""
        return self.expected - self._before, self.packets - self._packets_before

    @property
    def lost(self) -> int:
        """Packets expected that did not come."""
        return max(0, self.expected - self.packets)

    @property
    def loss_percent(self) -> float:
        """Share of the expected packets that did not come; what was lost at the end is unseen."""
        return 100.0 * self.lost / self.expected if self.expected else 0.0

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter now (RFC 3550 §6.4.1)."""
        return self.jitter * 1000 / self.rate

    @property
    def burst_ratio(self) -> float:
        """Mean length of the loss bursts over that of losses at random (ITU-T G.107 §3.5)."""
        if not self._bursts or not self.lost:
            return 1.0
        return max(1.0, self.lost / self._bursts * (1 - self.lost / self.expected))

    def mos(self, rtt_ms: float | None = None, packet_ms: float = 20.0) -> float:
        """Estimated MOS, with the round trip of the network if one was measured.

        It is 1.0 if nothing came.
        """
        delay_ms = (rtt_ms or 0.0) / 2 + packet_ms + min(200.0, max(20.0, 2 * self.jitter_ms))
        r = r_factor(self.loss_percent, delay_ms, self.burst_ratio)
        return round(mos(r), 2) if self.packets else 1.0
