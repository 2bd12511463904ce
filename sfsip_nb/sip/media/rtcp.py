"""RTCP packets as bytes and as fields (RFC 3550 §6)."""

import struct
from dataclasses import dataclass
from typing import Final

_SENDER, _RECEIVER, _SOURCE, _BYE = 200, 201, 202, 203
_CNAME = 1
_NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 3550 §4)."""

_HEAD = struct.Struct("!BBH")
_INFO = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")


@dataclass(frozen=True)
class ReportBlock:
    """What a receiver says about one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction: int
    """Loss since the report before, in 256ths."""
    lost: int
    """Packets lost since the beginning; negative if duplicates came."""
    highest: int
    """Highest sequence number received, its wraps above the 16 bits."""
    jitter: int
    """In timestamp units."""
    last_sr: int
    """Middle 32 bits of the NTP time of the last sender report taken; 0 for none."""
    delay: int
    """Time from that report to this one, in 65536ths of a second."""


@dataclass(frozen=True)
class SenderInfo:
    """The sender information of an SR (RFC 3550 §6.4.1)."""

    ntp: int
    """64 bits, see `ntp`."""
    timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True)
class RtcpReport:
    """A compound packet, as far as it says something about a call."""

    ssrc: int
    sender: SenderInfo | None
    blocks: tuple[ReportBlock, ...]
    cname: str = ""
    bye: bool = False


def ntp(seconds: float) -> int:
    """A Unix time as 64-bit NTP time."""
    return int((seconds + _NTP_EPOCH) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def middle(ntp_time: int) -> int:
    """The 32 bits that a report block gives back: seconds modulo 65536, and 65536ths."""
    return ntp_time >> 16 & 0xFFFF_FFFF


def build(report: RtcpReport) -> bytes:
    """SR or RR, SDES with the CNAME, and BYE if it says so (RFC 3550 §6.1)."""
    body = struct.pack("!I", report.ssrc)
    if (sender := report.sender) is not None:
        body += _INFO.pack(
            sender.ntp,
            sender.timestamp & 0xFFFF_FFFF,
            sender.packets & 0xFFFF_FFFF,
            sender.octets & 0xFFFF_FFFF,
        )
    for block in report.blocks:
        lost = max(-0x80_0000, min(0x7F_FFFF, block.lost)) & 0xFF_FFFF
        body += _BLOCK.pack(
            block.ssrc,
            block.fraction << 24 | lost,
            block.highest & 0xFFFF_FFFF,
            block.jitter & 0xFFFF_FFFF,
            block.last_sr,
            min(block.delay, 0xFFFF_FFFF),
        )
    out = _packet(len(report.blocks), _RECEIVER if sender is None else _SENDER, body)
    name = report.cname.encode()[:255]
    item = struct.pack("!IBB", report.ssrc, _CNAME, len(name)) + name + b"\0"
    out += _packet(1, _SOURCE, item + bytes(-len(item) % 4))
    if report.bye:
        out += _packet(1, _BYE, struct.pack("!I", report.ssrc))
    return out


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def parse(data: bytes) -> RtcpReport | None:
    """Read a compound packet; None if it is none.

    What is not needed is passed over, a length that leads out of the packet ends the reading.
    """
    ssrc: int | None = None
    sender: SenderInfo | None = None
    blocks: list[ReportBlock] = []
    cname, bye = "", False
    while len(data) >= 8:
        first, kind, words = _HEAD.unpack_from(data)
        end = 4 + 4 * words
        if first >> 6 != 2 or not 192 <= kind <= 223 or end > len(data) or end < 8:
            break
        body, count = data[4:end], first & 0x1F
        data = data[end:]
        if kind in (_SENDER, _RECEIVER):
            ssrc = int.from_bytes(body[:4], "big")
            start = 4
            if kind == _SENDER and len(body) >= 4 + _INFO.size:
                sender = SenderInfo(*_INFO.unpack_from(body, 4))
                start += _INFO.size
            for offset in range(start, min(len(body), start + count * 24) - 23, 24):
                blocks.append(_block(*_BLOCK.unpack_from(body, offset)))
        elif kind == _SOURCE and len(body) >= 6 and body[4] == _CNAME:
            cname = body[6 : 6 + body[5]].decode("utf-8", "replace")
        elif kind == _BYE:
            bye = True
            if ssrc is None:
                ssrc = int.from_bytes(body[:4], "big")
    return None if ssrc is None else RtcpReport(ssrc, sender, tuple(blocks), cname, bye)


def _block(ssrc: int, loss: int, *rest: int) -> ReportBlock:
    """A block as it stands in a packet: the lost packets are signed, with 24 bits."""
    lost = (loss & 0xFF_FFFF) - ((loss & 0x80_0000) << 1)
    return ReportBlock(ssrc, loss >> 24, lost, *rest)
