"""Traces as a pcap file, for Wireshark and its kin (libpcap format, raw IP)."""

import ipaddress
import struct
from collections.abc import Iterable
from pathlib import Path

from ..trace import Address, TraceEntry, once

_MAGIC_MICROSECONDS, _RAW_IP, _SNAP = 0xA1B2C3D4, 101, 262_144


def dump(entries: Iterable[TraceEntry]) -> bytes:
    """The file's bytes. Each message is one packet; TLS is written in clear, as TCP.

    Digest responses and SRTP keys are masked, as they are in the trace.
    """
    out = [struct.pack("<IHHiIII", _MAGIC_MICROSECONDS, 2, 4, 0, 0, _SNAP, _RAW_IP)]
    sequences: dict[tuple[Address, Address], int] = {}
    for entry in sorted(once(entries), key=lambda item: item.at):
        packet = _packet(entry, sequences)
        stamp = entry.at.timestamp()
        seconds = int(stamp)
        micro = entry.at.microsecond
        out.append(struct.pack("<IIII", seconds, micro, len(packet), len(packet)) + packet)
    return b"".join(out)


def write(path: Path, entries: Iterable[TraceEntry]) -> None:
    """Write the file."""
    path.write_bytes(dump(entries))


def _packet(entry: TraceEntry, sequences: dict[tuple[Address, Address], int]) -> bytes:
    source, target = entry.source, entry.destination
    if entry.transport == "udp":
        payload = struct.pack("!HHHH", source[1], target[1], 8 + len(entry.data), 0) + entry.data
        return _ip(source, target, 17, payload)
    sequence = sequences.get((source, target), 1)
    sequences[source, target] = sequence + len(entry.data)
    back = sequences.get((target, source), 1)
    push_ack, offset, window = 0x18, 5 << 4, 65_535
    payload = struct.pack(
        "!HHIIBBHHH", source[1], target[1], sequence, back, offset, push_ack, window, 0, 0
    )
    return _ip(source, target, 6, payload + entry.data)


def _ip(source: Address, target: Address, protocol: int, payload: bytes) -> bytes:
    a, b = ipaddress.ip_address(source[0]), ipaddress.ip_address(target[0])
    if a.version == 6:
        return (
            struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
            + a.packed
            + b.packed
            + payload
        )
    fixed = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0)
    header = fixed + a.packed + b.packed
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack("!H", ~total & 0xFFFF) + header[12:] + payload
