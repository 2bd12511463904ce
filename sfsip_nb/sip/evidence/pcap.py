"""Traces as a capture file for Wireshark and its kin (pcapng, raw IP).

What the file cannot show by itself stands in its comment, which Wireshark shows under
"Capture File Properties": that secrets are masked, that SIP over TLS is written in clear as TCP,
and that the RTP of an SRTP call is written decrypted. The latter carries its authentication tag
as zeros, because Wireshark goes by the SDP and would take the tag off the payload.
"""

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sipmessage import Response

from .. import sdp
from ..media.packets import MediaPacket
from ..trace import Address, TraceEntry, once

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_RAW_IP, _SNAP = 101, 262_144
_COMMENT, _APPLICATION = 1, 4  # option codes in a section header block
_SEGMENT = 1_400
"""Bytes of a TCP segment: a message that is longer is cut, as a real connection would."""
_MOST_UDP = 65_507 - 20
"""Longest payload of a UDP datagram, in bytes, over IPv4 and IPv6."""

TAG = bytes(10)
"""What SRTP that is written decrypted ends with; the longer tag of our suites (RFC 3711 §5.2)."""

_PLAIN_INDEX = bytes(4)  # SRTCP's flag E and index: zero says "not encrypted" (RFC 3711 §3.4)

Sent = tuple[datetime, bytes]


def dump(entries: Iterable[TraceEntry], media: Iterable[MediaPacket] = ()) -> bytes:
    """The file's bytes: each message and media packet once, in the order of time."""
    rows, sounds = once(entries), list(media)
    secured = _secured(rows) if sounds else set()
    packets = [*_signaling(rows), *_sound(sounds, secured)]
    out = [_head(rows, bool(secured))]
    for at, data in sorted(packets, key=lambda item: item[0]):
        # Split before the multiplication: a float has no room for microseconds since 1970.
        stamp = int(at.timestamp()) * 1_000_000 + at.microsecond
        head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
        out.append(_block(_PACKET, head + data))
    return b"".join(out)


def write(path: Path, entries: Iterable[TraceEntry], media: Iterable[MediaPacket] = ()) -> None:
    """Write the file; its usual suffix is `.pcapng`."""
    path.write_bytes(dump(entries, media))


def _head(rows: list[TraceEntry], has_srtp: bool) -> bytes:
    remarks = ["Digest responses, media keys and passwords are masked by x."]
    if any(entry.transport == "tls" for entry in rows):
        remarks.append("SIP over TLS is written in clear, as TCP.")
    if has_srtp:
        remarks.append("SRTP is written decrypted, its authentication tag as zeros.")
    options = _option(_COMMENT, " ".join(remarks)) + _option(_APPLICATION, "sfsip-nb")
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options + bytes(4)
    return _block(_SECTION, section) + _block(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, _SNAP))


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, text: str) -> bytes:
    value = text.encode()
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _signaling(rows: list[TraceEntry]) -> Iterator[Sent]:
    """Each message as packets; a TCP connection counts its bytes from the first one seen."""
    sequences: dict[tuple[Address, Address], int] = {}
    for entry in sorted(rows, key=lambda item: item.at):
        source, target = entry.source, entry.destination
        if entry.transport == "udp":
            yield entry.at, _udp(source, target, entry.data)
            continue
        for start in range(0, len(entry.data), _SEGMENT):
            part = entry.data[start : start + _SEGMENT]
            sequence = sequences.get((source, target), 1)
            back = sequences.get((target, source), 1)
            sequences[source, target] = (sequence + len(part)) % (1 << 32)
            yield entry.at, _tcp(source, target, sequence, back, part)


def _sound(media: Iterable[MediaPacket], secured: set[Address]) -> Iterator[Sent]:
    for packet in media:
        data = packet.data
        if packet.source in secured or packet.destination in secured:
            data += _PLAIN_INDEX + TAG if packet.control else TAG
        yield packet.at, _udp(packet.source, packet.destination, data)


def _secured(rows: list[TraceEntry]) -> set[Address]:
    """Where the media of the calls goes whose answer has keys: the RTP and the RTCP addresses."""
    keyed = [entry for entry in rows if b"a=crypto:" in entry.data]
    calls = {entry.call_id for entry in keyed if isinstance(entry.message, Response)}
    found: set[Address] = set()
    for entry in keyed:
        message = entry.message
        audio = sdp.parse(message.body) if message and entry.call_id in calls else None
        if audio is not None:
            found |= {audio.remote, (audio.address, audio.port + 1)}
    return found


def _udp(source: Address, target: Address, data: bytes) -> bytes:
    data = data[:_MOST_UDP]
    head = struct.pack("!HHH", source[1], target[1], 8 + len(data))
    check = _checksum(_pseudo(source, target, 17, 8 + len(data)) + head + bytes(2) + data)
    # An all-zero checksum would say that there is none (RFC 768).
    return _ip(source, target, 17, head + struct.pack("!H", check or 0xFFFF) + data)


def _tcp(source: Address, target: Address, sequence: int, back: int, data: bytes) -> bytes:
    offset, push_ack, window = 5 << 4, 0x18, 65_535
    head = struct.pack("!HHIIBBH", source[1], target[1], sequence, back, offset, push_ack, window)
    segment = head + bytes(4) + data
    check = _checksum(_pseudo(source, target, 6, len(segment)) + segment)
    return _ip(source, target, 6, head + struct.pack("!HH", check, 0) + data)


def _pseudo(source: Address, target: Address, protocol: int, length: int) -> bytes:
    """The pseudo header of a checksum (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1)."""
    ends = b"".join(ipaddress.ip_address(end[0]).packed for end in (source, target))
    return ends + struct.pack("!II", length, protocol)


def _ip(source: Address, target: Address, protocol: int, payload: bytes) -> bytes:
    a, b = (ipaddress.ip_address(end[0]) for end in (source, target))
    if a.version == 6:
        fixed = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
        return fixed + a.packed + b.packed + payload
    fixed = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol)
    check = _checksum(fixed + bytes(2) + a.packed + b.packed)
    return fixed + struct.pack("!H", check) + a.packed + b.packed + payload


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
