"""From a captured frame to the datagram or segment in it: link, VLAN, IP, fragments, tunnels.

Nothing here raises on what a frame holds; what cannot be read gives None.
"""

import functools
import ipaddress
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from ..trace import Address
from .records import CapturedFrame

MAX_FRAGMENTS: Final = 1_000
"""Datagrams waiting for their other fragments at one time; the oldest goes first."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_TAGS = (0x8100, 0x88A8, 0x9100)  # VLAN, once or stacked
_EXTENSIONS = (0, 43, 60, 135)  # IPv6 headers that are passed over (RFC 8200 §4)
_DEPTH = 4  # tunnels in tunnels


@dataclass(frozen=True, slots=True)
class Piece:
    """Payload of UDP, of a TCP segment, or of an ICMP refusal.

    An ICMP refusal has the addresses of the packet that it refuses.
    """

    kind: Literal["udp", "tcp", "icmp"]
    at: datetime
    source: Address
    destination: Address
    data: bytes = b""
    sequence: int = 0
    acknowledged: int = 0
    flags: int = 0
    cut: bool = False


class Layers:
    """Takes frames apart; keeps fragments until their datagram is whole."""

    def __init__(self) -> None:
        self._parts: dict[tuple[bytes, bytes, int, int], _Fragments] = {}

    def piece(self, record: CapturedFrame) -> Piece | None:
        """What a frame carries, None for all that is neither UDP, TCP nor an ICMP refusal."""
        return self._ip(LINKS[record.link](record.data), record, 0)

    def _ip(self, data: bytes, record: CapturedFrame, depth: int) -> Piece | None:
        packet = _packet(data) if depth <= _DEPTH else None
        if packet is None:
            return None
        source, target, protocol, body, identity, offset, more = packet
        cut = record.cut
        if offset or more:
            whole = self._join((source, target, protocol, identity), offset, body, more)
            if whole is None:
                return None
            body, cut = whole, False
        a, b = _host(source), _host(target)
        if protocol == 17 and len(body) >= 8:
            near, far, length = struct.unpack("!HHH", body[:6])
            inner = body[8 : length if length >= 8 else None]
            return Piece("udp", record.at, (a, near), (b, far), inner, cut=cut)
        if protocol == 6 and len(body) >= 20:
            near, far, sequence, acked, head, flags = struct.unpack("!HHIIBB", body[:14])
            ends, inner = ((a, near), (b, far)), body[(head >> 4) * 4 :]
            return Piece("tcp", record.at, *ends, inner, sequence, acked, flags, cut)
        if protocol in (4, 41):  # IP in IP
            return self._ip(body, record, depth + 1)
        if protocol == 47 and len(body) >= 4 and body[:2] == b"\0\0":  # GRE without options
            return self._ip(body[4:], record, depth + 1)
        if (protocol == 1 and body[:1] == b"\x03") or (protocol == 58 and body[:1] == b"\x01"):
            refused = self._ip(body[8:], record, depth + 1)
            if refused is not None and refused.kind == "udp":
                return Piece("icmp", record.at, refused.source, refused.destination)
        return None

    def _join(
        self, key: tuple[bytes, bytes, int, int], offset: int, body: bytes, more: bool
    ) -> bytes | None:
        if key not in self._parts and len(self._parts) >= MAX_FRAGMENTS:
            self._parts.pop(next(iter(self._parts)))
        whole = self._parts.setdefault(key, _Fragments()).add(offset, body, more)
        if whole is not None:
            del self._parts[key]
        return whole


class _Fragments:
    """One datagram in parts (RFC 791 §3.2, RFC 8200 §4.5)."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._end: int | None = None

    def add(self, offset: int, body: bytes, more: bool) -> bytes | None:
        """The datagram, once it is whole."""
        if offset + len(body) > 65_535 or len(self._parts) > 8_192:
            return None
        self._parts.setdefault(offset, body)
        if not more:
            self._end = offset + len(body)
        if self._end is None or sum(map(len, self._parts.values())) < self._end:
            return None
        joined = bytearray()
        for start, part in sorted(self._parts.items()):
            if start > len(joined):
                return None
            joined[start : start + len(part)] = part
        return bytes(joined[: self._end])


@functools.lru_cache(4096)
def _host(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed))


class _Packet(NamedTuple):
    """An IP packet: ends, protocol and payload; of a fragment what it belongs to, and where."""

    source: bytes
    target: bytes
    protocol: int
    body: bytes
    identity: int
    offset: int
    more: bool


def _packet(data: bytes) -> _Packet | None:
    """Read an IPv4 or IPv6 packet."""
    if len(data) >= 20 and data[0] >> 4 == 4:
        head, length = (data[0] & 15) * 4, struct.unpack("!H", data[2:4])[0]
        identity, flags = struct.unpack("!HH", data[4:8])
        # A length of zero is left to the network card (segmentation offload).
        body = data[head : length or None] if head >= 20 else b""
        fragment = identity, (flags & 0x1FFF) * 8, bool(flags & 0x2000)
        return _Packet(data[12:16], data[16:20], data[9], body, *fragment)
    if len(data) >= 40 and data[0] >> 4 == 6:
        length, protocol = struct.unpack("!HB", data[4:7])
        body = data[40 : 40 + length if length else None]
        protocol, body, fragment = _extensions(protocol, body)
        return _Packet(data[8:24], data[24:40], protocol, body, *fragment)
    return None


def _typed(data: bytes) -> bytes:
    """The IP packet behind an EtherType, through VLAN tags, MPLS labels and PPPoE."""
    for _ in range(8):
        if len(data) < 2:
            break
        kind = struct.unpack("!H", data[:2])[0]
        if kind in (_IPV4, _IPV6):
            return data[2:]
        if kind in _TAGS:
            data = data[4:]
        elif kind == 0x8847:
            at = 2
            while at + 4 <= len(data) and not data[at + 2] & 1:  # until the bottom of the stack
                at += 4
            return data[at + 4 :]
        elif kind == 0x8864:
            return _ppp(data[8:])
        else:
            break
    return b""


def _ppp(data: bytes) -> bytes:
    return data[2:] if data[:2] in (b"\0\x21", b"\0\x57") else b""


LINKS: Final[Mapping[int, Callable[[bytes], bytes]]] = {
    # The family's number differs by system; the IP version tells as well.
    **dict.fromkeys((0, 108), lambda data: data[4:]),  # BSD and OpenBSD loopback
    1: lambda data: _typed(data[12:]),  # Ethernet
    9: lambda data: _ppp(data[2:] if data[:2] == b"\xff\x03" else data),
    **dict.fromkeys((12, 14, 101, 228, 229), lambda data: data),  # raw IP
    113: lambda data: _typed(data[14:]),  # Linux cooked
    276: lambda data: _typed(data[:2] + data[20:]),  # Linux cooked v2
}
"""By the number of a link type (LINKTYPE_…): the IP packet in a frame, empty if there is none."""


def _extensions(protocol: int, body: bytes) -> tuple[int, bytes, tuple[int, int, bool]]:
    """Pass the extension headers of IPv6; with identification, offset and "more" of a fragment."""
    fragment = (0, 0, False)
    for _ in range(16):
        if protocol in _EXTENSIONS and len(body) >= 8:
            protocol, body = body[0], body[8 + body[1] * 8 :]
        elif protocol == 44 and len(body) >= 8:
            offset, identity = struct.unpack("!HI", body[2:8])
            fragment = identity, offset & 0xFFF8, bool(offset & 1)
            protocol, body = body[0], body[8:]
            if fragment[1]:  # only the first fragment has what comes next
                break
        else:
            break
    return protocol, body, fragment
