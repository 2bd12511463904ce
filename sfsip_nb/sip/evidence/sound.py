"""RTP and RTCP streams among captured or kept packets, with what was received of each."""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..media import packets, quality
from ..trace import Address

MAX_STREAMS: Final = 5_000
"""Streams followed; packets of more are counted as left out."""

_RATES = {9: 8000, 10: 44_100, 11: 44_100, 90: 90_000, 26: 90_000, 31: 90_000, 34: 90_000}
_ENOUGH = 8  # packets in a row that are no chance (a heuristic for streams that no SDP names)
_COMFORT_NOISE = (13, 19)  # RFC 3389, and its older number


@dataclass
class Stream:
    """One SSRC from one address to another."""

    source: Address
    destination: Address
    ssrc: int
    first: datetime
    last: datetime
    arrivals: quality.Arrivals
    payload_types: Counter[int] = field(default_factory=Counter)
    other: int = 0
    """Packets that fit no sequence: chance, or another protocol's."""
    by_second: Counter[int] = field(default_factory=Counter, repr=False)
    """Packets in each second since 1970."""

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

    @property
    def seconds(self) -> float:
        """From the first to the last packet."""
        return (self.last - self.first).total_seconds()

    def between(self, began: datetime, ended: datetime) -> int:
        """Packets in a stretch of time, to the second."""
        first, last = int(began.timestamp()), int(ended.timestamp())
        return sum(count for second, count in self.by_second.items() if first <= second <= last)

    @property
    def comfort_noise(self) -> bool:
        """Whether silence was sent as comfort noise, which makes gaps a matter of course."""
        return any(kind in self.payload_types for kind in _COMFORT_NOISE)

    @property
    def main_payload_type(self) -> int:
        """The payload type of most packets."""
        return self.payload_types.most_common(1)[0][0]


@dataclass(frozen=True)
class Heard:
    """What a receiver reported by RTCP of a stream it gets (RFC 3550 §6.4.1)."""

    at: datetime
    reporter: Address
    ssrc: int
    lost: int
    highest: int


class Streams:
    """Collects packets into streams; memory is bounded by the number of streams."""

    def __init__(self, found: Iterable[packets.MediaPacket] = ()) -> None:
        self._streams: dict[tuple[Address, Address, int], Stream] = {}
        self.reports: dict[tuple[Address, int], Heard] = {}
        """The latest report of each reporter on each SSRC."""
        self.left_out = 0
        for packet in found:
            self.add(packet.at, packet.source, packet.destination, packet.data)

    def add(self, at: datetime, source: Address, destination: Address, data: bytes) -> bool:
        """Take a datagram; False if it cannot be RTP or RTCP."""
        if len(data) < 8 or data[0] >> 6 != 2:
            return False
        if packets.is_control(data):
            return self._control(at, source, data)
        rtp = packets.parse(data)
        if rtp is None or (not rtp.payload and len(data) > 12):
            return False
        key = source, destination, rtp.ssrc
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= MAX_STREAMS:
                self.left_out += 1
                return True
            arrivals = quality.Arrivals(_RATES.get(rtp.payload_type, 8000))
            stream = self._streams[key] = Stream(source, destination, rtp.ssrc, at, at, arrivals)
        kinds = stream.payload_types
        timed = kinds.keys() <= {rtp.payload_type} or rtp.payload_type == stream.main_payload_type
        if stream.arrivals.add(rtp.ssrc, rtp.sequence, rtp.timestamp, at.timestamp(), timed=timed):
            stream.payload_types[rtp.payload_type] += 1
            stream.by_second[int(at.timestamp())] += 1
            stream.last = max(stream.last, at)
        else:
            stream.other += 1
        return True

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

    def _control(self, at: datetime, source: Address, data: bytes) -> bool:
        """Walk a compound packet (RFC 3550 §6.1); SRTCP cannot be read and is passed over."""
        place = 0
        for _ in range(32):
            if len(data) - place < 8 or data[place] >> 6 != 2:
                break
            flags, kind, words = struct.unpack("!BBH", data[place : place + 4])
            start = place + {200: 28, 201: 8}.get(kind, 0)
            for index in range(flags & 31 if kind in (200, 201) else 0):
                block = data[start + 24 * index : start + 24 * index + 24]
                if len(block) < 24 or start + 24 * index + 24 > place + 4 * (words + 1):
                    break
                ssrc, loss, highest = struct.unpack("!III", block[:12])
                lost = (loss & 0xFFFFFF) - ((loss & 0x800000) << 1)
                if len(self.reports) < MAX_STREAMS:
                    self.reports[source, ssrc] = Heard(at, source, ssrc, lost, highest)
            place += 4 * (words + 1)
        return True
