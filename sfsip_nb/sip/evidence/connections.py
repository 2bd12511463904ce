"""SIP messages out of captured TCP segments: order, repetition, holes, foreign streams."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from ..trace import Address
from .layers import Piece

MAX_WAITING: Final = 262_144
"""Bytes of a direction kept behind a hole; beyond, the hole counts as lost."""

MAX_CONNECTIONS: Final = 5_000
"""Directions followed at one time; the one unused for longest is forgotten first."""

MAX_MESSAGE: Final = 131_072
"""Longest message cut out of a stream, in bytes."""

_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_WRAP = 1 << 32
START: Final = re.compile(
    rb"(?:SIP/\d+\.\d+[ \t]+\d{3}\b"
    rb"|[A-Za-z][\w.!%*+`'~-]{0,31}[ \t]+\S{1,2048}[ \t]+SIP/\d\.\d\s*?\n)"
)
"""How a SIP message begins, whatever its port; lenient, for a broken one has to be seen too."""

_START_OF_LINE = re.compile(rb"(?:^|(?<=\n))" + START.pattern)
_LENGTH = re.compile(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$")
_END = re.compile(rb"\r?\n\r?\n")

Refusal = Literal["icmp", "refused", "unanswered"]
"""A port said to be closed, by ICMP or a TCP reset; or nothing was said to a connection."""


@dataclass
class _Direction:
    """One direction of a connection."""

    next: int | None = None
    waiting: dict[int, bytes] = field(default_factory=dict)
    buffer: bytes = b""
    kind: Literal["", "sip", "tls", "foreign"] = ""
    unanswered: bool = False
    """It asked for a connection, and the other end has said nothing since."""


class Connections:
    """Follows TCP connections and cuts SIP messages out of them."""

    def __init__(self) -> None:
        self._directions: dict[tuple[Address, Address], _Direction] = {}
        self.encrypted: set[tuple[Address, Address]] = set()
        """Connections that carry TLS, by both ends."""
        self.closed: dict[tuple[Address, Address], Refusal] = {}
        """Attempts to connect that failed, from where and to where, and how."""
        self.holes = 0
        """Places where bytes are missing in a SIP stream."""

    def add(self, piece: Piece) -> list[bytes]:
        """Take a segment; the messages that it completes."""
        key, back = (piece.source, piece.destination), (piece.destination, piece.source)
        direction = self._directions.pop(key, None) or _Direction()
        if len(self._directions) >= MAX_CONNECTIONS:
            self._directions.pop(next(iter(self._directions)))
        self._directions[key] = direction
        other = self._directions.get(back)
        if piece.flags & _SYN and not piece.flags & _ACK:
            direction.unanswered = True
        elif other is not None and other.unanswered:
            other.unanswered = False
            if piece.flags & _RST:
                self.closed[back] = "refused"
        if piece.flags & _SYN:
            direction.next = (piece.sequence + 1) % _WRAP
            direction.waiting.clear()
            direction.buffer, direction.kind = b"", ""
            return []
        # What the other end has acknowledged did arrive, captured or not.
        if other is not None and piece.flags & _ACK and other.waiting and other.next is not None:
            ahead = (piece.acknowledged - other.next) % _WRAP
            if (
                0 < ahead < _WRAP // 2
                and min((start - other.next) % _WRAP for start in other.waiting) < ahead
            ):
                self._skip(other)
        if not piece.data:
            return []
        if direction.next is None:
            direction.next = piece.sequence
        self._keep(direction, piece.sequence, piece.data)
        if sum(map(len, direction.waiting.values())) > MAX_WAITING:
            self._skip(direction)
        return self._cut(direction, key)

    def finish(self) -> None:
        """Say how the attempts stand that nothing was heard of until the end."""
        for key, direction in self._directions.items():
            if direction.unanswered:
                self.closed.setdefault(key, "unanswered")

    def _keep(self, direction: _Direction, sequence: int, data: bytes) -> None:
        assert direction.next is not None
        ahead = (sequence - direction.next) % _WRAP
        if ahead >= _WRAP // 2:  # before what comes next: a repetition, perhaps with more behind
            data = data[_WRAP - ahead :]
            sequence, ahead = direction.next, 0
        if data:
            held = direction.waiting.get(sequence, b"")
            direction.waiting[sequence] = max(held, data, key=len)
        self._advance(direction)

    def _advance(self, direction: _Direction) -> None:
        """Move everything without a hole before it to the buffer."""
        assert direction.next is not None
        while direction.waiting:
            expected = direction.next
            start = min(direction.waiting, key=lambda s: (s - expected) % _WRAP)
            ahead = (start - direction.next) % _WRAP
            data = direction.waiting[start]
            if 0 < ahead < _WRAP // 2:
                return
            del direction.waiting[start]
            fresh = data[-ahead % _WRAP :] if ahead else data
            direction.next = (direction.next + len(fresh)) % _WRAP
            if direction.kind not in ("tls", "foreign"):
                direction.buffer += fresh

    def _skip(self, direction: _Direction) -> None:
        """Give a hole up; the message it is in cannot be told any more."""
        assert direction.next is not None
        expected = direction.next
        direction.next = min(direction.waiting, key=lambda start: (start - expected) % _WRAP)
        direction.buffer = b""
        if direction.kind == "sip":
            self.holes += 1
        self._advance(direction)

    def _cut(self, direction: _Direction, key: tuple[Address, Address]) -> list[bytes]:
        messages: list[bytes] = []
        while direction.buffer and direction.kind not in ("tls", "foreign"):
            data = direction.buffer.lstrip(b"\r\n")
            direction.buffer = data
            if direction.kind == "" and data[:2] == b"\x16\x03":
                direction.kind = "tls"
                self.encrypted.add(key)
                break
            match = _START_OF_LINE.search(data)
            if match is None:
                if len(data) > 8_192:
                    # Never SIP, or lost in the middle of a long body: only the end may matter.
                    direction.kind = direction.kind or "foreign"
                    direction.buffer = data[-4_096:]
                break
            direction.kind = "sip"
            direction.buffer = data = data[match.start() :]
            length = self._length(data)
            if length is None or len(data) < length:
                break
            messages.append(data[:length])
            direction.buffer = data[length:]
        if direction.kind in ("tls", "foreign"):
            direction.buffer = b""
        return messages

    @staticmethod
    def _length(data: bytes) -> int | None:
        """Length of the message that `data` begins with; None while its header goes on."""
        end = _END.search(data)
        if end is None:
            return len(data) if len(data) > MAX_MESSAGE else None
        said = _LENGTH.search(data, 0, end.end())
        return min(end.end() + (int(said[1]) if said else 0), max(MAX_MESSAGE, end.end()))
