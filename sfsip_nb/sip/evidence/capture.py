"""A capture from elsewhere, read to SIP messages and RTP streams.

SIP is known by its content, whatever the port. A file may be broken or hostile: time and memory
are bounded, what was left out is said in `notes`, and nothing is raised but `NotACapture`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from ..fields import header
from ..reading import read as read_message
from ..shown import counted
from ..trace import Address, TraceEntry, Transport, mask, summary
from .connections import START, Connections, Refusal
from .layers import LINKS, Layers, Piece
from .records import CapturedFrame, records
from .sound import Streams

MAX_PACKETS: Final = 1_000_000
MAX_MESSAGES: Final = 20_000
"""Packets and SIP messages read of one file; the first ones count."""

MAX_PAIRS: Final = 50_000
"""Pairs of hosts remembered; from here on nobody can tell who was never seen."""

_TWICE = timedelta(milliseconds=10)
"""The same datagram again within this time was captured twice: SIP repeats after T1 = 500 ms."""

_REMEMBERED = 2_000
_SUFFIXES = (".pcap", ".pcapng", ".cap")


@dataclass
class Capture:
    """What a capture holds. `notes`: one sentence for each thing that limits what it can show."""

    entries: list[TraceEntry] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    refusals: dict[tuple[Address, Address], Refusal] = field(default_factory=dict)
    """From where and to where somebody was refused, and how."""
    closed: dict[tuple[Address, Address], tuple[datetime, datetime]] = field(default_factory=dict)
    """When ICMP first and last said of a way that its port is closed."""
    notes: list[str] = field(default_factory=list)
    packets: int = 0
    ended: datetime | None = None
    pairs: set[tuple[str, str]] = field(default_factory=set)
    """Hosts between which anything was seen: sender and receiver."""


def files_in(folder: Path) -> list[Path]:
    """The captures that lie in a folder, by their names' endings."""
    return sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES and path.is_file())


def read(file: BinaryIO) -> Capture:
    """Read an open pcap or pcapng file. Raises `NotACapture`."""
    reader = _Reader()
    rows = records(file)
    for record in islice(rows, MAX_PACKETS):
        reader.take(record)
    if next(rows, None) is not None:
        reader.note(f"Only the first {MAX_PACKETS:,} packets were read.")
    elif file.read(1) or file.tell() == 0:
        reader.note("The file is damaged partway through; everything before that was read.")
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self.capture = Capture()
        self._layers = Layers()
        self._connections = Connections()
        self._links: Counter[int] = Counter()
        self._latest: dict[tuple[Address, Address, bytes], datetime] = {}
        self._twice = self._more = self._cut = 0

    def note(self, sentence: str) -> None:
        self.capture.notes.append(sentence)

    def take(self, record: CapturedFrame) -> None:
        capture = self.capture
        capture.packets += 1
        capture.ended = max(capture.ended or record.at, record.at)
        if record.link not in LINKS:
            self._links[record.link] += 1
            return
        piece = self._layers.piece(record)
        if piece is None:
            return
        if len(capture.pairs) < MAX_PAIRS:
            capture.pairs.add((piece.source[0], piece.destination[0]))
        if piece.kind == "icmp":
            if len(capture.refusals) < _REMEMBERED:
                way = piece.source, piece.destination
                capture.refusals[way] = "icmp"
                capture.closed[way] = capture.closed.get(way, (piece.at,))[0], piece.at
        elif piece.kind == "tcp":
            for message in self._connections.add(piece):
                self._message(piece, "tcp", message)
        else:
            self._datagram(piece)

    def _datagram(self, piece: Piece) -> None:
        # RTP, RTCP, STUN and DTLS begin with a byte that is no letter (RFC 7983).
        is_sip = piece.data[:1] < b"\x80" and START.match(piece.data.lstrip(b"\r\n"))
        twice = self._seen(piece)
        if is_sip and twice:
            self._twice += 1
        elif is_sip:
            self._cut += piece.cut
            self._message(piece, "udp", piece.data)
        elif not twice:
            self.capture.streams.add(piece.at, piece.source, piece.destination, piece.data)

    def _seen(self, piece: Piece) -> bool:
        key = piece.source, piece.destination, piece.data
        before = self._latest.pop(key, None)
        self._latest[key] = piece.at
        if len(self._latest) > 64:
            self._latest.pop(next(iter(self._latest)))
        return before is not None and abs(piece.at - before) < _TWICE and len(piece.data) > 4

    def _message(self, piece: Piece, transport: Transport, data: bytes) -> None:
        entries = self.capture.entries
        if len(entries) >= MAX_MESSAGES:
            self._more += 1
            return
        message = read_message(data).message
        entries.append(
            TraceEntry(
                at=piece.at,
                direction="sent",
                transport=transport,
                local=piece.source,
                remote=piece.destination,
                data=mask(data),
                call_id=header(message, "Call-ID") if message else "",
                summary=summary(message),
            )
        )

    def finish(self) -> Capture:
        capture, connections = self.capture, self._connections
        connections.finish()
        capture.entries.sort(key=lambda entry: entry.at)
        capture.refusals |= connections.closed
        capture.notes += self._limits(connections)
        return capture

    def _limits(self, connections: Connections) -> Iterator[str]:
        for link, count in self._links.items():
            yield f"{counted(count, 'packet')} of the unknown link type {link} skipped."
        # The server has the lower port, whoever was heard first; port 443 is the web.
        ends_of = (min(ends, key=lambda end: end[1]) for ends in connections.encrypted)
        servers = {server for server in ends_of if server[1] != 443}
        if servers:
            ends = sorted(f"{host}:{port}" for host, port in servers)
            shown = ", ".join(ends[:5]) + " and others" * (len(ends) > 5)
            yield (
                f"TLS to {shown} is encrypted, so the SIP in it cannot be read. Take the capture "
                "where the platform writes it unencrypted, or call over TCP for the test."
            )
        if connections.holes:
            yield f"{counted(connections.holes, 'message')} over TCP incomplete: bytes are missing."
        if self._cut:
            cut = f"{counted(self._cut, 'message')} cut by the capture's snapshot length."
            yield f"{cut} Capture with: tcpdump -s 0"
        if self._twice:
            yield f"{counted(self._twice, 'message')} captured twice and counted once."
        if self._more:
            yield f"{self._more} SIP messages beyond the first {MAX_MESSAGES:,} left out."
        if self.capture.streams.left_out:
            yield "There are more RTP streams than were followed."
