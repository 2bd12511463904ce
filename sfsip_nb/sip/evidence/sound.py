"""RTP and RTCP streams among captured or kept packets, with what was received of each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ..media import packets, rtcp
from ..media.quality import Arrivals
from ..trace import Address
from .reported import Reports

MAX_STREAMS: Final = 5_000
"""Streams followed; packets of more are counted as left out."""

_RATES = {9: 8000, 10: 44_100, 11: 44_100, 90: 90_000, 26: 90_000, 31: 90_000, 34: 90_000}
_ENOUGH = 8  # packets in a row that are no chance (a heuristic for streams that no SDP names)
_COMFORT_NOISE = (13, 19)  # RFC 3389, and its older number
_EVENT = 4  # bytes of a digit's packet (RFC 4733 §2.3)
_FLASH = 16  # the last of the events that a person presses (RFC 4733 §3.2)
_DYNAMIC = 96  # payload types from here on are what SDP says (RFC 3551 §6)


@dataclass
class Stream:
    """One SSRC from one address to another."""

    source: Address
    destination: Address
    first: datetime
    last: datetime
    arrivals: Arrivals
    payload_types: Counter[int] = field(default_factory=Counter)
    other: int = 0
    """Packets that fit no sequence: chance, or another protocol's."""
    by_second: Counter[int] = field(default_factory=Counter, repr=False)
    """Packets in each second since 1970."""
    events: Counter[int] = field(default_factory=Counter)
    """Packets that look like a digit's (RFC 4733 §2.3), by their payload type."""

    @property
    def packets(self) -> int:
        """Packets received, each once."""
        return self.arrivals.packets

    @property
    def lost(self) -> int:
        """Packets lost; none where one long break explains them: another medium for a while, as
        T.38, or a hole in the capture itself."""
        lost = self.arrivals.lost
        return 0 if self.arrivals.longest_gap_ms / 10 > lost / 2 else lost

    @property
    def loss_percent(self) -> float:
        """Share of `lost` among the packets expected."""
        return 100.0 * self.lost / self.arrivals.expected if self.arrivals.expected else 0.0

    def between(self, began: datetime, ended: datetime) -> int:
        """Packets in a stretch of time, to the second."""
        first, last = int(began.timestamp()), int(ended.timestamp())
        return sum(count for second, count in self.by_second.items() if first <= second <= last)

    def latest(self, began: datetime, ended: datetime) -> datetime | None:
        """When the last packet of a stretch of time came, to the second; None if none did."""
        if began <= self.last <= ended:
            return self.last
        first, last = int(began.timestamp()), int(ended.timestamp())
        second = max((s for s in self.by_second if first <= s <= last), default=None)
        if second is None:
            return None
        return min(ended, datetime.fromtimestamp(second + 1, UTC))

    @property
    def comfort_noise(self) -> bool:
        """Whether silence was sent as comfort noise, which makes gaps a matter of course."""
        return any(kind in self.payload_types for kind in _COMFORT_NOISE)

    @property
    def main_payload_type(self) -> int:
        """The payload type of most packets."""
        return self.payload_types.most_common(1)[0][0]


class Streams:
    """Collects packets into streams; memory is bounded by the number of streams."""

    def __init__(self, found: Iterable[packets.MediaPacket] = ()) -> None:
        self._streams: dict[tuple[Address, Address, int], Stream] = {}
        self._of: dict[tuple[str, int], list[Stream]] = {}
        """The streams of a host's SSRC, wherever they go."""
        self.reports = Reports()
        self.left_out = 0
        for packet in found:
            self.add(packet.at, packet.source, packet.destination, packet.data)

    def add(self, at: datetime, source: Address, destination: Address, data: bytes) -> None:
        """Take a datagram, which need not be RTP or RTCP."""
        if packets.is_control(data):
            report = rtcp.parse(data)
            if report is not None:
                own = self._of.get((source[0], report.ssrc), ())
                self.reports.add(at, source, report, sum(stream.packets for stream in own))
            return
        rtp = packets.parse(data)
        if rtp is None or (not rtp.payload and len(data) > 12):
            return
        key = source, destination, rtp.ssrc
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= MAX_STREAMS:
                self.left_out += 1
                return
            arrivals = Arrivals(_RATES.get(rtp.payload_type, 8000))
            stream = self._streams[key] = Stream(source, destination, at, at, arrivals)
            self._of.setdefault((source[0], rtp.ssrc), []).append(stream)
        kinds = stream.payload_types
        timed = kinds.keys() <= {rtp.payload_type} or rtp.payload_type == stream.main_payload_type
        if stream.arrivals.add(rtp.ssrc, rtp.sequence, rtp.timestamp, at.timestamp(), timed=timed):
            stream.payload_types[rtp.payload_type] += 1
            stream.by_second[int(at.timestamp())] += 1
            stream.last = max(stream.last, at)
            kind, payload = rtp.payload_type, rtp.payload
            if len(payload) == _EVENT and kind >= _DYNAMIC and payload[0] <= _FLASH:
                stream.events[kind] += 1
        else:
            stream.other += 1

    def found(self, addresses: Iterable[Address] = ()) -> list[Stream]:
        """The streams at `addresses` (from SDP), and all that cannot be chance, by their begin."""
        known = set(addresses)
        return sorted(
            (
                stream
                for stream in self._streams.values()
                if stream.payload_types
                and (
                    {stream.source, stream.destination} & known
                    or (stream.packets >= _ENOUGH and stream.other <= stream.packets // 4)
                )
            ),
            key=lambda stream: stream.first,
        )
