"""What can be read from one leg's audio: its figures."""

import math
import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from ..sdp import Agreed
from ..shown import where
from ..trace import Address
from .control import Reported, RtcpState
from .ears import Ears
from .levels import Level
from .pacing import Lateness
from .quality import Arrivals, StreamReport
from .receiving import Receiver
from .sending import Sender
from .srtp import Protection

OneWay = Literal["", "nothing received", "peer hears nothing (RTCP)", "nothing either way (RTCP)"]

_PATIENCE_S = 1.0
"""Seconds without a packet after which nothing came."""

_STOPPED_S = 1.5
"""Seconds without a packet at the end after which a stream stopped; comfort noise may pause it."""


class Figures(Ears):
    """The readable side of `Audio`. Everything stays readable after the end."""

    def __init__(self, put: Callable[[bytes], bool]) -> None:
        self.local: Address = ("", 0)
        self._remote: Address = ("", 0)
        self.described: Address = ("", 0)
        """Where the peer's SDP wants them."""
        self.followed = False
        """Whether ours go to where the peer's packets come from instead."""
        self.rejected = 0
        """Packets that are no RTP or RTCP, not authentic, or of a payload type not agreed."""
        self.unencrypted = 0
        """Of these, ones that look like plain RTP where SRTP was agreed."""
        self.unsent = 0
        """Packets that this machine could not send: no route, or full buffers. In `stats`, with
        those that were due while it slept."""
        self.sender = Sender(put)
        super().__init__(Receiver(self.sender))
        self.control = RtcpState(self.sender.ssrc, self.receiver.arrivals)
        self._agreed: Agreed | None = None
        self._protection: Protection | None = None
        self._started_at = self._closed_at = 0.0

    # The stream sent

    @property
    def codec(self) -> str:
        """The codec agreed on, "" before that."""
        return self._agreed.codec if self._agreed else ""

    @property
    def secure(self) -> bool:
        """Whether the stream is SRTP."""
        return self._protection is not None

    @property
    def packets_sent(self) -> int:
        """RTP packets sent."""
        return self.sender.packets

    @property
    def bytes_sent(self) -> int:
        """RTP payload sent."""
        return self.sender.octets

    @property
    def muted(self) -> bool:
        """Whether nothing at all is sent."""
        return self.sender.muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self.sender.muted = muted

    @property
    def held(self) -> bool:
        """Whether the peer asked us to send no sound (RFC 3264 §8.4); reports go on."""
        return self.sender.held

    @held.setter
    def held(self, held: bool) -> None:
        self.sender.held = held

    @property
    def lateness_ms(self) -> Lateness:
        """How late this machine sent its own packets."""
        return self.sender.lateness.read()

    @property
    def own_jitter_ms(self) -> float:
        """Jitter that our own lateness puts into the stream we send; part of what a peer reports.

        Our own lateness is taken out of `jitter_ms` where that can be done: arrivals are stamped
        by the kernel (Linux), not when we get to read them; and where the peer is an echo, each
        packet is taken as if it had been sent in time. The lateness of a peer stays in.
        """
        return self.sender.jitter / 8

    def levels_sent(self, start: datetime, end: datetime) -> list[Level]:
        """Levels of our own sound from one moment to another; None where no packet went out."""
        return self.sender.meter.between(start.timestamp(), end.timestamp())

    # The stream received

    @property
    def arrivals(self) -> Arrivals:
        """The counters."""
        return self.receiver.arrivals

    @property
    def source(self) -> Address | None:
        """Where packets really come from, latest first met."""
        return self.receiver.source

    @property
    def packets_received(self) -> int:
        """RTP packets taken, each once."""
        return self.arrivals.packets

    @property
    def bytes_received(self) -> int:
        """RTP payload taken."""
        return self.receiver.octets

    @property
    def first_packet_at(self) -> datetime | None:
        """When the first packet came."""
        at = self.receiver.first_at
        return None if at is None else datetime.fromtimestamp(at, UTC)

    @property
    def loss_percent(self) -> float:
        """Lost packets by sequence numbers, in percent."""
        return self.arrivals.loss_percent

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter in ms (RFC 3550 §6.4.1), see `own_jitter_ms`."""
        return self.arrivals.jitter_ms

    @property
    def rtt_ms(self) -> float | None:
        """Median round trip by RTCP, or of our own packets where the peer is an echo."""
        trips = self.control.round_trips or self.receiver.round_trips
        return 1000 * statistics.median(trips) if trips else None

    def report(self) -> StreamReport:
        """Everything counted of the stream received, with its MOS."""
        return self.arrivals.report(self.rtt_ms, self._agreed.ptime if self._agreed else 20)

    @property
    def mos(self) -> float:
        """Estimated MOS of what came, by `quality`'s assumptions; 1.0 if nothing came."""
        return self.report().mos

    @property
    def reported(self) -> Reported | None:
        """What the peer says by RTCP about the stream that it gets from us."""
        return self.control.reported

    @property
    def srtp_failures(self) -> Counter[str]:
        """SRTP packets refused, by libsrtp's reason."""
        return self._protection.failures if self._protection else Counter()

    @property
    def one_way(self) -> OneWay:
        """Which direction is dead; "" if none is, or nobody can tell yet."""
        deaf_peer = self.control.hears is False
        nothing = (
            self._expected
            and self._until() - self._started_at >= _PATIENCE_S
            and not self.packets_received
            and not self.receiver.foreign
            and not self.srtp_failures
        )
        if nothing:
            return "nothing either way (RTCP)" if deaf_peer else "nothing received"
        return "peer hears nothing (RTCP)" if deaf_peer else ""

    @property
    def stopped_after_s(self) -> float | None:
        """Length of a stream that ceased before the end of the call; None if it did not."""
        if not self.packets_received or self.receiver.paused or not self._expected:
            return None
        arrivals = self.arrivals
        stopped = self._until() - arrivals.last_at > _STOPPED_S
        return arrivals.last_at - arrivals.first_at if stopped else None

    @property
    def _expected(self) -> bool:
        """Whether the peer's SDP says that it sends."""
        agreed = self._agreed
        return agreed is not None and agreed.direction in ("sendrecv", "sendonly")

    def _until(self) -> float:
        return self._closed_at or time.time()

    def stats(self) -> dict[str, Any]:
        """The figures, JSON-like."""
        report, reported, late = self.report(), self.reported, self.lateness_ms
        return {
            "codec": self.codec,
            "secure": self.secure,
            "local": _text(self.local),
            "remote": _text(self._remote),
            "source": _text(self.source),
            "packets_sent": self.packets_sent,
            "packets_received": self.packets_received,
            "bytes_sent": self.bytes_sent,
            "bytes_received": self.bytes_received,
            "rejected": self.rejected,
            "unsent": self.unsent + self.sender.left_out,
            "foreign": dict(self.receiver.foreign),
            "srtp_failures": dict(self.srtp_failures),
            "loss_percent": round(report.loss_percent, 2),
            "jitter_ms": round(report.jitter_ms, 2),
            "gaps": {"count": report.gaps, "longest_ms": round(report.longest_gap_ms)},
            "duplicates": report.duplicates,
            "reordered": report.reordered,
            "rtt_ms": _rounded(self.rtt_ms),
            "mos": report.mos,
            "lateness_ms": {"p50": late.p50, "p95": late.p95, "max": late.max},
            "own_jitter_ms": round(self.own_jitter_ms, 2),
            "reported": reported
            and {
                "loss_percent": round(reported.loss_percent, 2),
                "jitter_ms": round(reported.jitter_ms, 2),
                "reports": reported.reports,
            },
            "one_way": self.one_way,
            "level_dbov": _rounded(self.level_dbov),
            "first_packet_at": self.first_packet_at.isoformat() if self.first_packet_at else None,
            "tones": [{"hz": t.hz, "seconds": round(t.seconds, 2)} for t in self.tones],
            "digits": self.digits,
        }


def _text(address: Address | None) -> str:
    return where(address) if address else ""


def _rounded(value: float | None) -> float | None:
    return round(value, 1) if value is not None and math.isfinite(value) else None
