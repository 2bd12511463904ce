"""RTP packets as bytes, as fields, and as evidence (RFC 3550 §5.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from ..trace import Address

MODULUS: Final = 1 << 16
"""RTP sequence numbers have 16 bits (RFC 3550 §5.1)."""

CLOCK: Final = 1 << 32
"""RTP timestamps have 32 bits (RFC 3550 §5.1)."""

_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True)
class MediaPacket:
    """One RTP or RTCP packet in clear (SRTP is kept decrypted), sent or received at `at`."""

    at: datetime
    source: Address
    destination: Address
    data: bytes = field(repr=False)

    @property
    def control(self) -> bool:
        """Whether it is RTCP."""
        return is_control(self.data)


class Rtp(NamedTuple):
    """The fields of one RTP packet; header extension, CSRCs and padding are taken off."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def is_control(data: bytes) -> bool:
    """Whether a packet is RTCP where both come to one port (RFC 5761 §4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def parse(data: bytes) -> Rtp | None:
    """Read a packet; None if it is none of RTP version 2, or its lengths contradict each other."""
    if len(data) < 12:
        return None
    flags, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if flags == 0x80:
        payload = data[12:]
    else:
        if flags >> 6 != 2:
            return None
        start, end = 12 + 4 * (flags & 0x0F), len(data)
        if flags & 0x10:
            start += 4
            if start > end:
                return None
            start += 4 * int.from_bytes(data[start - 2 : start], "big")
        if flags & 0x20:
            end -= data[-1]
        if start > end or (flags & 0x20 and not data[-1]):
            return None
        payload = data[start:end]
    return Rtp(kind & 0x7F, kind > 0x7F, sequence, timestamp, ssrc, payload)


def build(packet: Rtp) -> bytes:
    """A packet without extension, CSRC and padding; sequence and timestamp by their modulus."""
    kind, marker, sequence, timestamp, ssrc, payload = packet
    return (
        _HEADER.pack(0x80, marker << 7 | kind, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
        + payload
    )
