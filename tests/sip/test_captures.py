"""Captures from elsewhere: every way that packets are wrapped, cut and broken."""

import io
import itertools
import random
import struct
import time
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.shared import captures
from sfsip_nb.sip.evidence import capture, pcap
from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.records import NotACapture
from tests.sip.crafted import CALLEE, CALLER, Talk, both_ways, sdp

A, B = bytes([198, 51, 100, 10]), bytes([203, 0, 113, 20])
OPTIONS = Talk().ask(0, "OPTIONS").entries[0].data


def file_of(*frames: bytes, link: int = 1, order: str = "<", nano: bool = False) -> io.BytesIO:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for number, frame in enumerate(frames):
        out.append(struct.pack(order + "IIII", 1_700_000_000 + number, 5, len(frame), len(frame)))
        out.append(frame)
    return io.BytesIO(b"".join(out))


def read(*frames: bytes, link: int = 1) -> Capture:
    return capture.read(file_of(*frames, link=link))


def udp(data: bytes = OPTIONS, sport: int = 5060, dport: int = 32681) -> dpkt.ip.IP:
    datagram = dpkt.udp.UDP(sport=sport, dport=dport, data=data, ulen=8 + len(data))
    return dpkt.ip.IP(src=A, dst=B, p=17, data=datagram, len=28 + len(data), id=7)


def ether(packet: bytes, kind: int = 0x0800, tags: bytes = b"") -> bytes:
    return bytes(6) + bytes(6) + tags + struct.pack("!H", kind) + packet


def tcp(data: bytes, seq: int, flags: int = 0x18, ack: int = 1, back: bool = False) -> bytes:
    ends = (B, A, 5060, 40_001) if back else (A, B, 40_001, 5060)
    segment = dpkt.tcp.TCP(
        sport=ends[2], dport=ends[3], seq=seq % (1 << 32), ack=ack, flags=flags, data=data
    )
    ip = dpkt.ip.IP(src=ends[0], dst=ends[1], p=6, data=segment, len=40 + len(data))
    return bytes(ip)


# -- wrapped ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, ether(bytes(udp()))),
        (1, ether(bytes(udp()), tags=b"\x81\x00\x00\x05")),
        (1, ether(bytes(udp()), tags=b"\x88\xa8\x00\x05\x81\x00\x00\x06")),
        (1, ether(b"\x00\x01\x01\x40" + bytes(udp()), kind=0x8847)),
        (1, ether(b"\x11\x00\x00\x01\x00\x00\x00\x21" + bytes(udp()), kind=0x8864)),
        (0, b"\x02\x00\x00\x00" + bytes(udp())),
        (0, b"\x00\x00\x00\x02" + bytes(udp())),
        (108, b"\x00\x00\x00\x02" + bytes(udp())),
        (101, bytes(udp())),
        (228, bytes(udp())),
        (113, bytes(14) + b"\x08\x00" + bytes(udp())),
        (276, b"\x08\x00" + bytes(18) + bytes(udp())),
        (9, b"\xff\x03\x00\x21" + bytes(udp())),
        (1, ether(bytes(dpkt.ip.IP(src=A, dst=B, p=4, data=bytes(udp()), len=20 + len(udp()))))),
        (1, ether(bytes(udp()) + bytes(12))),  # padding of a short Ethernet frame
    ],
)
def test_sip_is_found_in_every_wrapping(link: int, frame: bytes) -> None:
    entries = read(frame, link=link).entries
    assert [(e.summary, e.source, e.destination) for e in entries] == [("OPTIONS", CALLER, CALLEE)]
    assert entries[0].data == OPTIONS


def test_sip_is_known_by_its_content_not_by_its_port() -> None:
    frames = [ether(bytes(udp(sport=1234, dport=53))), ether(bytes(udp(b"GET / HTTP/1.1\r\n\r\n")))]
    assert len(read(*frames).entries) == 1


def fragments(data: bytes, size: int = 576) -> list[bytes]:
    payload = bytes(udp(data))[20:]
    parts = []
    for at in range(0, len(payload), size):
        part = payload[at : at + size]
        more = at + size < len(payload)
        head = dpkt.ip.IP(src=A, dst=B, p=17, id=9, mf=more, offset=at // 8, len=20 + len(part))
        head.data = part
        parts.append(ether(bytes(head)))
    return parts


def test_fragments_are_joined_in_any_order() -> None:
    long = Talk().ask(0, "OPTIONS", 1, f"X-Long: {'y' * 3000}").entries[0].data
    frames = fragments(long)
    assert len(frames) == 6
    random.Random(1).shuffle(frames)
    assert [e.data for e in read(*frames).entries] == [long]
    assert read(*frames[:-1]).entries == []


def test_ipv6_fragments_are_joined() -> None:
    payload = bytes(udp())[20:]
    ends = bytes(range(16)) + bytes(range(16, 32))
    frames = []
    for at in range(0, len(payload), 160):
        part, more = payload[at : at + 160], at + 160 < len(payload)
        body = struct.pack("!BBHI", 17, 0, at | more, 77) + part
        head = struct.pack("!IHBB", 6 << 28, len(body), 44, 64)
        frames.append(ether(head + ends + body, kind=0x86DD))
    entries = read(*reversed(frames)).entries
    assert [e.data for e in entries] == [OPTIONS]
    assert entries[0].source[0].count(":") > 1


@pytest.mark.parametrize(("order", "nano"), list(itertools.product("<>", (False, True))))
def test_either_byte_order_and_resolution(order: str, nano: bool) -> None:
    found = capture.read(file_of(ether(bytes(udp())), order=order, nano=nano))
    assert found.entries[0].at.year == 2023


def test_each_interface_of_a_pcapng_has_its_own_link_type_and_clock() -> None:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(">I", len(body) + 12)
        return struct.pack(">I", kind) + size + body + size

    section = block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1))
    ethernet = block(1, struct.pack(">HHI", 1, 0, 0))
    nanoseconds = struct.pack(">HHB3xHH", 9, 1, 9, 0, 0)
    raw = block(1, struct.pack(">HHI", 101, 0, 0) + nanoseconds)

    def packet(interface: int, stamp: int, frame: bytes) -> bytes:
        head = struct.pack(">IIIII", interface, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), 9999)
        return block(6, head + frame)

    first = packet(0, 1_700_000_000 * 10**6, ether(bytes(udp())))
    second = packet(1, 1_700_000_001 * 10**9, bytes(udp(OPTIONS.replace(b"70", b"69"))))
    comment = block(0x0BAD, b"\xff\xfe remark that is no UTF-8")
    stray = packet(7, 1, b"an interface that nobody described")
    found = capture.read(io.BytesIO(section + ethernet + raw + comment + first + stray + second))
    assert [entry.at.second for entry in found.entries] == [20, 21]
    assert any("snapshot length" in note for note in found.notes)


# -- streams ------------------------------------------------------------------------------


def messages() -> list[bytes]:
    talk = Talk(transport="tcp").answered().bye()
    return [e.data for e in talk.entries if e.source == CALLER]


def segments(stream: bytes, first: int, size: int = 300) -> list[bytes]:
    return [ether(tcp(stream[at : at + size], first + at)) for at in range(0, len(stream), size)]


def test_a_tcp_stream_is_put_in_order_and_cut_into_messages() -> None:
    stream = b"\r\n\r\n".join(messages())  # keep-alives between them (RFC 5626)
    start = (1 << 32) - 500  # the sequence numbers wrap round
    frames = [ether(tcp(b"", start - 1, flags=2)), *segments(stream, start, 150)]
    frames[3], frames[4] = frames[4], frames[3]
    frames.insert(6, frames[5])  # repeated
    frames.insert(7, ether(tcp(stream[150:700], start + 150)))  # repeated in another cut
    found = read(*frames)
    assert [entry.data for entry in found.entries] == messages()
    assert {entry.transport for entry in found.entries} == {"tcp"}
    assert found.notes == []


def test_a_hole_costs_only_its_message() -> None:
    stream = b"".join(messages())
    frames = segments(stream, 1)
    del frames[0]
    frames.append(ether(tcp(b"", 1, flags=0x10, ack=1 + len(stream), back=True)))
    later = Talk("later", transport="tcp").ask(0, "OPTIONS").entries[0].data
    frames.append(ether(tcp(later, 1 + len(stream))))
    found = read(*frames)
    assert [entry.call_id for entry in found.entries][-1] == "later"
    begins_late = read(*segments(stream, 1)[1:])
    assert [entry.summary for entry in begins_late.entries] == ["ACK", "BYE"]


def test_tls_is_named_with_what_to_do() -> None:
    hello = b"\x16\x03\x01\x00\x05hello"
    found = read(ether(tcp(hello, 1)))
    assert found.entries == []
    assert "203.0.113.20:5060 is encrypted" in found.notes[0]


def test_a_refused_and_an_unanswered_connection_are_kept() -> None:
    syn = ether(tcp(b"", 5, flags=2))
    reset = ether(tcp(b"", 0, flags=0x14, ack=6, back=True))
    assert list(read(syn, reset).refusals.values()) == ["refused"]
    assert list(read(syn).refusals.values()) == ["unanswered"]
    answered = ether(tcp(b"", 0, flags=0x12, ack=6, back=True))
    assert read(syn, answered).refusals == {}


def test_a_closed_port_is_told_by_icmp() -> None:
    refusal = b"\x03\x03\x00\x00\x00\x00\x00\x00" + bytes(udp())[:28]
    icmp = dpkt.ip.IP(src=B, dst=A, p=1, data=refusal, len=20 + len(refusal))
    found = read(ether(bytes(udp())), ether(bytes(icmp)))
    assert [(how, to) for (_, to), how in found.refusals.items()] == [("icmp", CALLEE)]


def test_a_packet_captured_twice_counts_once_and_a_repetition_twice() -> None:
    frame = ether(bytes(udp()))
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    times = [0, 900, 500_000]  # microseconds
    rows = [struct.pack("<IIII", 1, t, len(frame), len(frame)) + frame for t in times]
    found = capture.read(io.BytesIO(head + b"".join(rows)))
    assert len(found.entries) == 2
    assert "captured twice" in found.notes[0]


# -- our own files ------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("ends", [(CALLER, CALLEE), (("2001:db8::1", 5060), ("2001:db8::2", 5061))])
def test_what_is_written_is_read_again(
    transport: str, ends: tuple[tuple[str, int], tuple[str, int]], tmp_path: Path
) -> None:
    talk = Talk(transport=transport, caller=ends[0], callee=ends[1])  # type: ignore[arg-type]
    talk.answered().bye()
    media = both_ways(seconds=1)
    file = tmp_path / "call.pcapng"
    pcap.write(file, talk.entries, media)
    found = captures.load(file)
    assert [e.data for e in found.entries] == [e.data for e in talk.entries]
    assert [e.at for e in found.entries] == [e.at for e in talk.entries]
    assert sorted(s.packets for s in found.streams.found()) == [50, 50]


def test_dpkt_sees_the_same_packets(tmp_path: Path) -> None:
    talk = Talk(transport="tcp").answered(offer=sdp(CALLER[0]) + "a=x\r\n" * 600).bye()
    file = tmp_path / "call.pcapng"
    pcap.write(file, talk.entries, both_ways(seconds=1))
    with file.open("rb") as opened:
        packets = [dpkt.ip.IP(data) for _, data in dpkt.pcapng.Reader(opened)]
    assert len([p for p in packets if p.p == 17]) == 100
    sent = b"".join(bytes(p.data.data) for p in packets if p.p == 6 and p.src == A)
    assert sent == b"".join(e.data for e in talk.entries if e.source == CALLER)
    for packet in packets:
        seen = packet.data.sum
        packet.data.sum = packet.sum = 0
        again = dpkt.ip.IP(bytes(packet))  # dpkt reckons sums that are zero
        assert again.data.sum == seen


# -- broken and hostile -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"", "empty"),
        (b"hello world", "no capture"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"GMBU", "editcap"),
    ],
)
def test_what_is_no_capture_is_told_in_one_paragraph(
    start: bytes, word: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.pcap"
    file.write_bytes(start)
    with pytest.raises(InputError, match=word) as error:
        captures.load(file)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="No such file"):
        captures.load(tmp_path / "nowhere.pcap")


def whole_file() -> bytes:
    talk = Talk(transport="tcp").answered().bye()
    return pcap.dump([*talk.entries, *Talk("u").answered().bye().entries], both_ways(seconds=0.2))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_never_raises_and_takes_no_time(data: st.DataObject) -> None:
    content = bytearray(whole_file())
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    began = time.monotonic()
    try:
        capture.read(io.BytesIO(bytes(content[:cut])))
    except NotACapture:
        assert cut < 4 or bytes(content[:4]) != whole_file()[:4]
    assert time.monotonic() - began < 10


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(max_size=200), max_size=20), st.sampled_from([0, 1, 9, 101, 113, 276, 77])
)
def test_frames_of_any_bytes_never_raise(frames: list[bytes], link: int) -> None:
    found = read(*frames, link=link)
    assert found.packets == len(frames)


def test_a_length_beyond_reason_ends_the_file_not_the_memory() -> None:
    frame = ether(bytes(udp()))
    content = file_of(frame).getvalue() + struct.pack("<IIII", 1, 1, 0xFFFFFFF0, 0xFFFFFFF0)
    found = capture.read(io.BytesIO(content + bytes(100)))
    assert len(found.entries) == 1
    assert "damaged" in found.notes[0]


def test_endless_connections_and_fragments_are_bounded() -> None:
    frames = []
    for number in range(6_000):
        segment = dpkt.tcp.TCP(sport=number, dport=5060, seq=1, flags=0x18, data=b"INVITE sip:")
        frames.append(ether(bytes(dpkt.ip.IP(src=A, dst=B, p=6, data=segment, len=51))))
        half = dpkt.ip.IP(src=A, dst=B, p=17, id=number, mf=1, data=bytes(64), len=84)
        frames.append(ether(bytes(half)))
    frames.append(ether(bytes(udp())))
    assert len(read(*frames).entries) == 1


def test_too_many_messages_are_counted_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "MAX_MESSAGES", 3)
    monkeypatch.setattr(capture, "MAX_PACKETS", 8)
    frames = [ether(bytes(udp(OPTIONS.replace(b"70", b"%02d" % n)))) for n in range(10, 20)]
    found = read(*frames)
    assert len(found.entries) == 3
    assert any("5 SIP messages beyond" in note for note in found.notes)
    assert any("first 8 packets" in note for note in found.notes)
