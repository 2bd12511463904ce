"""RTCP of one leg: what we say about the peer's stream, and what it says about ours.

The first report goes out after one second and the second a second later; only then the usual
interval begins (RFC 3550 §6.2: 5 s, or for unicast 360/bandwidth in kbit/s, 4.5 s; at random
between half and one and a half of that). A test call lasts few seconds, and it takes one report of
each side, the second after the first, to measure a round trip. RFC 3550 lets a unicast session
send its first report at once, and the share of 5 % of the bandwidth is kept.
"""

import asyncio
import random
import statistics
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import rtcp
from .quality import Arrivals
from .rtcp import ReportBlock, RtcpReport

EARLY_S = (1.0, 1.0)
"""Seconds before the first report, and between it and the second."""

_SOURCES = 16
"""SSRCs of the peer whose counts are kept."""

INTERVAL_S = 4.5
"""Mean interval of the later ones, before the compensation of §6.3.1."""


def intervals() -> Iterator[float]:
    """Seconds to wait before each report, without end."""
    yield from EARLY_S
    while True:
        yield INTERVAL_S * random.uniform(0.5, 1.5) / 1.21828


@dataclass(frozen=True)
class Reported:
    """What the peer says about the stream that it gets from us, by its latest report."""

    loss_percent: float
    """Of all packets so far; negative values, from duplicates, read as 0."""
    jitter_ms: float
    """What it measured: the network's, its own and our sending lateness together."""
    reports: int


class RtcpState:
    """State of RTCP between two ends. `transmit` sends a report; times are wall clock seconds."""

    def __init__(self, ssrc: int, arrivals: Arrivals) -> None:
        self.ssrc = ssrc
        self.arrivals = arrivals
        self.cname = f"{uuid.uuid4().hex[:16]}@sfsip"  # RFC 7022: says nothing about the host.
        self.received = 0
        self.round_trips: deque[float] = deque(maxlen=64)
        self.hears: bool | None = None
        """Whether the peer hears us, as far as it said; None before it could."""
        self._about_us: ReportBlock | None = None
        self._about_count = 0
        self._first_sequence = 0
        self._sent_at: OrderedDict[int, float] = OrderedDict()
        self._peer_sr: tuple[int, float] | None = None
        self._peer_counts: dict[int, int] = {}
        self._counted = (0, 0)
        self._timer: asyncio.TimerHandle | None = None
        self._waits = intervals()

    def start(self, send: Callable[[], None]) -> None:
        """Call `send` whenever a report is due, until `stop`."""

        def due() -> None:
            self._timer = loop.call_later(next(self._waits), due)
            send()

        loop = asyncio.get_running_loop()
        self._timer = self._timer or loop.call_later(next(self._waits), due)

    def stop(self) -> None:
        """Report no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def compose(self, now: float, sender: rtcp.SenderInfo | None, *, bye: bool = False) -> bytes:
        """The report that is due: SR if we sent, else RR, with a block if something came."""
        if sender is not None:
            self._sent_at[rtcp.middle(sender.ntp)] = now
            if len(self._sent_at) > 16:
                self._sent_at.popitem(last=False)
        return rtcp.build(RtcpReport(self.ssrc, sender, self._blocks(now), self.cname, bye))

    def _blocks(self, now: float) -> tuple[ReportBlock, ...]:
        """One block if packets came since the report before (RFC 3550 §6.4), else none."""
        arrivals = self.arrivals
        expected, received = arrivals.of_source
        more, got = expected - self._counted[0], received - self._counted[1]
        self._counted = expected, received
        if arrivals.ssrc is None or not got:
            return ()
        missing = max(0, more - got)
        last_sr, taken_at = self._peer_sr or (0, now)
        return (
            ReportBlock(
                ssrc=arrivals.ssrc,
                fraction=min(255, 256 * missing // more) if more > 0 else 0,
                lost=expected - received,
                highest=arrivals.highest,
                jitter=int(arrivals.jitter),
                last_sr=last_sr,
                delay=max(0, int((now - taken_at) * 65_536)),
            ),
        )

    def take(self, report: RtcpReport, at: float, *, sending: bool, first_sequence: int) -> None:
        """Read the peer's report. `sending`: it ought to have heard us by now."""
        self.received += 1
        if report.sender is not None:
            self._peer_sr = rtcp.middle(report.sender.ntp), at
            if report.ssrc in self._peer_counts or len(self._peer_counts) < _SOURCES:
                self._peer_counts[report.ssrc] = report.sender.packets
        self._first_sequence = first_sequence
        block = next((block for block in report.blocks if block.ssrc == self.ssrc), None)
        if block is None:
            # The last words of a peer may follow its last report too soon for a new block.
            if sending and not (report.bye and self.hears is not None):
                self.hears = False
            return
        before, self._about_us = self._about_us, block
        self._about_count += 1
        if sending or self.hears is None:
            self.hears = before is None or block.highest != before.highest or report.bye
        sent_at = self._sent_at.get(block.last_sr)
        if sent_at is not None:
            self.round_trips.append(max(0.0, at - sent_at - block.delay / 65_536))

    @property
    def rtt_ms(self) -> float | None:
        """Median of the round trips measured by LSR and DLSR (RFC 3550 §6.4.1)."""
        return 1000 * statistics.median(self.round_trips) if self.round_trips else None

    @property
    def peer_sent(self) -> int | None:
        """Packets that the peer counts as sent, by its latest reports; None without any."""
        return sum(self._peer_counts.values()) if self._peer_counts else None

    @property
    def reported(self) -> Reported | None:
        """What the peer says about our stream; None if it said nothing, or gets none."""
        block = self._about_us
        if block is None or self.hears is False:
            return None
        expected = max(1, block.highest - self._first_sequence + 1)
        return Reported(
            loss_percent=100.0 * min(expected, max(0, block.lost)) / expected,
            jitter_ms=block.jitter / 8,
            reports=self._about_count,
        )
