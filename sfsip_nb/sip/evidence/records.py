"""The records of a capture file: libpcap and pcapng, in either byte order.

A reader of one's own rather than dpkt's: that one takes the first interface of a pcapng for all
of them, reads as many bytes as a broken length asks for, and raises on remarks that are no UTF-8.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

MAX_FRAME: Final = 262_144
"""Longest frame taken, in bytes (libpcap's own limit for most link types)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
    b"\x34\xcd\xb2\xa1": ("<", 10**6),  # "modified" libpcap: eight more bytes in each record
}
_SECTION = b"\x0a\x0d\x0d\x0a"
_OTHERS = {
    b"GMBU": "a Microsoft Network Monitor file; convert it: editcap -F pcapng IN OUT",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"(\xb5/\xfd": "compressed with zstd; unpack it first",
    b"snoo": "a Solaris snoop file; convert it: editcap -F pcapng IN OUT",
}


class NotACapture(ValueError):
    """The file is neither libpcap nor pcapng; the text completes “this file is …”."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One captured frame. `link` is its LINKTYPE number; `cut`: it was longer than captured."""

    at: datetime
    link: int
    data: bytes
    cut: bool = False


def records(file: BinaryIO) -> Iterator[CapturedFrame]:
    """Every frame in the file's order, up to the first place where the file is broken.

    Raises `NotACapture` before the first frame, and nothing else.
    """
    magic = file.read(4)
    if magic in _PCAP:
        return _pcap(file, *_PCAP[magic], extra=8 if magic[0] == 0x34 else 0)
    if magic == _SECTION:
        return _pcapng(file)
    for start, what in _OTHERS.items():
        if magic.startswith(start):
            raise NotACapture(what)
    raise NotACapture("no capture" if magic else "empty")


def _pcap(file: BinaryIO, order: str, unit: int, extra: int) -> Iterator[CapturedFrame]:
    head = file.read(20)
    if len(head) < 20:
        return
    link = struct.unpack(order + "I", head[16:])[0] & 0xFFFF
    while len(head := file.read(16)) == 16:
        seconds, part, kept, whole = struct.unpack(order + "IIII", head)
        file.read(extra)
        data = file.read(kept) if kept <= MAX_FRAME else b""
        if len(data) < kept:
            return
        yield CapturedFrame(_time(seconds * unit + part, unit), link, data, kept < whole)


def _pcapng(file: BinaryIO) -> Iterator[CapturedFrame]:
    order, interfaces = "<", list[tuple[int, int, int]]()
    kind_bytes, head = _SECTION, file.read(4)
    while len(head) == 4:
        if kind_bytes == _SECTION:
            magic = file.read(4)
            order, interfaces = ("<" if magic == b"\x4d\x3c\x2b\x1a" else ">"), []
            skip = 16
        else:
            skip = 12
        kind, length = (struct.unpack(order + "I", part)[0] for part in (kind_bytes, head))
        if not skip <= length <= MAX_FRAME * 2:
            return
        body = file.read(length - skip)
        if len(body) < length - skip or len(file.read(4)) < 4:
            return
        if kind == 1:
            interfaces.append(_interface(order, body))
        elif (record := _packet(order, kind, body, interfaces)) is not None:
            yield record
        kind_bytes, head = file.read(4), file.read(4)


def _interface(order: str, body: bytes) -> tuple[int, int, int]:
    """Link type, units of time a second, and the offset in seconds of an interface."""
    link = struct.unpack(order + "H", body[:2])[0] if len(body) >= 2 else -1
    unit, offset, at = 10**6, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack(order + "HH", body[at : at + 4])
        value = body[at + 4 : at + 4 + length]
        if code == 9 and len(value) == 1:  # if_tsresol
            base, power = (2, value[0] & 0x7F) if value[0] & 0x80 else (10, value[0])
            unit = base ** min(power, 64)
        elif code == 14 and len(value) == 8:  # if_tsoffset
            offset = struct.unpack(order + "q", value)[0]
        at += 4 + length + -length % 4
    return link, unit, offset


def _packet(
    order: str, kind: int, body: bytes, interfaces: list[tuple[int, int, int]]
) -> CapturedFrame | None:
    if kind == 3 and interfaces and len(body) >= 4:  # Simple Packet Block: no time in it
        whole = struct.unpack(order + "I", body[:4])[0]
        data = body[4 : 4 + whole]
        return CapturedFrame(_EPOCH, interfaces[0][0], data, len(data) < whole)
    if kind not in (2, 6) or len(body) < 20:  # Packet Block (obsolete), Enhanced Packet Block
        return None
    number, high, low, kept, whole = struct.unpack(order + "IIIII", body[:20])
    if kind == 2:
        number = struct.unpack(order + "H", body[:2])[0]
    if number >= len(interfaces):
        return None
    link, unit, offset = interfaces[number]
    at = _time((high << 32 | low) + offset * unit, unit)
    return CapturedFrame(at, link, body[20 : 20 + kept], kept < whole)


def _time(count: int, unit: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=count * 10**6 // unit)
    except OverflowError:
        return _EPOCH
