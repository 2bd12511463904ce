"""RTP, RTCP, events and figures, without sockets."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.sip.media import quality, rtcp, wav
from sfsip_nb.sip.media.control import INTERVAL_S, RtcpState, intervals
from sfsip_nb.sip.media.events import Keypad, press
from sfsip_nb.sip.media.pacing import LatenessMeter
from sfsip_nb.sip.media.packets import MediaPacket, Rtp, build, is_control, parse
from sfsip_nb.sip.media.quality import Arrivals, mos, r_factor

HEAD = b"\x80\x00\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x07"


def test_extension_csrc_and_padding_are_taken_off() -> None:
    body = b"sound"
    csrc, extension, padding = b"\1" * 8, b"\xbe\xde\0\1abcd", b"\0\0\3"
    packet = bytes([0x80 | 0x20 | 0x10 | 2]) + HEAD[1:] + csrc + extension + body + padding
    assert parse(packet) == Rtp(0, False, 1, 160, 7, body)
    assert parse(build(Rtp(8, True, 65_536 + 5, (1 << 32) + 1, 9, body))) == Rtp(
        8, True, 5, 1, 9, body
    )


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        HEAD[:11],
        b"\x40" + HEAD[1:],
        b"\x8f" + HEAD[1:] + b"\1" * 8,
        b"\x90" + HEAD[1:] + b"\0\0\xff\xff",
        b"\x90" + HEAD[1:] + b"\0",
        b"\xa0" + HEAD[1:] + b"x\0",
        b"\xa0" + HEAD[1:] + b"\xff",
    ],
)
def test_what_is_no_rtp_is_none(packet: bytes) -> None:
    assert parse(packet) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    parse(data)
    rtcp.parse(data)
    rtcp.parse(b"\x81\xc8" + data)
    Keypad().take(1, 2, data)
    wav.render([MediaPacket(datetime(2026, 11, 20, tzinfo=UTC), ("a", 1), ("b", 2), data)], {})


# Figures


def feed(arrivals: Arrivals, *numbers: int, start: float = 0.0, ssrc: int = 1) -> None:
    for number in numbers:
        arrivals.add(ssrc, number % 65_536, number * 160, start + number * 0.02)


def test_late_ones_fill_the_holes_and_doubles_do_not_count() -> None:
    arrivals = Arrivals()
    feed(arrivals, 1, 2, 4, 3, 4, 4, 6, 7)
    assert (arrivals.packets, arrivals.expected, arrivals.lost) == (6, 7, 1)
    assert (arrivals.duplicates, arrivals.reordered) == (2, 1)


def test_what_overtakes_the_first_packet_belongs_to_the_stream() -> None:
    arrivals = Arrivals()
    feed(arrivals, 5, 4, 6, 8)
    assert (arrivals.packets, arrivals.expected, arrivals.lost) == (4, 5, 1)


def test_a_sequence_that_begins_anew_is_no_loss() -> None:
    arrivals = Arrivals()
    feed(arrivals, *range(100), *range(30_000, 30_100))
    assert arrivals.lost == 0
    assert arrivals.packets == 199  # Only the second packet in a row proves it.
    feed(arrivals, *range(50), ssrc=2)
    assert arrivals.lost == 0
    assert arrivals.of_source == (50, 50)


def test_a_gap_is_a_break_in_which_packets_were_due() -> None:
    arrivals = Arrivals()
    feed(arrivals, *range(10), *range(20, 30))  # Ten lost: 220 ms without sound.
    assert (arrivals.gaps, round(arrivals.longest_gap_ms)) == (1, 220)
    held = Arrivals()
    feed(held, *range(10))
    for number in range(10, 20):  # All there, but half a second late.
        held.add(1, number, number * 160, 0.5 + number * 0.02)
    assert (held.gaps, round(held.longest_gap_ms)) == (1, 520)
    paused = Arrivals()
    feed(paused, *range(10))
    for number in range(10, 20):  # The sender paused for a second: its clock went on.
        paused.add(1, number, (number + 50) * 160, (number + 50) * 0.02)
    assert (paused.gaps, paused.lost) == (0, 0)
    assert paused.jitter_ms < 0.01


def test_jitter_follows_rfc_3550_over_the_wrap_of_the_timestamp() -> None:
    arrivals, expected, before = Arrivals(), 0.0, 0.0
    for number in range(100):
        late = 0.005 * (number % 3)
        timestamp = ((1 << 32) - 8000 + number * 160) % (1 << 32)
        arrivals.add(1, number, timestamp, number * 0.02 + late)
        if number:
            expected += (abs(late - before) * 8000 - expected) / 16
        before = late
    assert arrivals.jitter == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "delay", "bpl", "score"),
    [
        (0, 20, quality.CONCEALED, 4.41),
        (1, 20, quality.UNCONCEALED, 3.83),
        (1, 20, quality.CONCEALED, 4.33),
        (1, 150, quality.CONCEALED, 4.32),
        (3, 300, quality.CONCEALED, 3.52),
        (5, 20, quality.UNCONCEALED, 2.17),
        (100, 20, quality.UNCONCEALED, 1.0),
    ],
)
def test_the_e_model_gives_the_scores_computed_elsewhere(
    loss: float, delay: float, bpl: float, score: float
) -> None:
    assert mos(r_factor(loss, delay, bpl=bpl)) == pytest.approx(score, abs=0.011)


def test_mos_falls_with_loss_and_bursts_are_worse_than_single_losses() -> None:
    scores = [mos(r_factor(loss)) for loss in range(0, 101, 5)]
    assert scores == sorted(scores, reverse=True)
    single, burst = Arrivals(), Arrivals()
    feed(single, *(n for n in range(400) if n % 20 != 10))
    feed(burst, *(n for n in range(400) if not 50 <= n % 100 < 55))
    assert single.lost == burst.lost == 20
    assert single.burst_ratio == pytest.approx(1, abs=0.06)
    assert burst.burst_ratio > 4
    assert burst.mos() < single.mos()
    assert Arrivals().mos() == 1.0


def test_lateness_has_quantiles() -> None:
    meter = LatenessMeter()
    assert meter.read().max == 0
    for milliseconds in range(100):
        meter.add(milliseconds / 1000)
    meter.add(-0.001)
    late = meter.read()
    assert late.p50 == pytest.approx(50, abs=1)
    assert late.p95 == pytest.approx(95, abs=1)
    assert late.max == 99


# RTCP


def test_a_report_survives_its_bytes() -> None:
    block = rtcp.ReportBlock(7, 25, -3, 70_000, 80, 0x1234_5678, 65_536)
    sender = rtcp.SenderInfo(rtcp.ntp(1_795_000_000.25), 160, 10, 1600)
    report = rtcp.RtcpReport(9, sender, (block,), "name@host", bye=True)
    data = rtcp.build(report)
    assert len(data) % 4 == 0
    assert is_control(data)
    assert rtcp.parse(data) == report
    for end in range(len(data)):  # Cut short, it is less or nothing, never an error.
        rtcp.parse(data[:end])
    empty = rtcp.RtcpReport(9, None, (), "name@host")
    assert rtcp.parse(rtcp.build(empty)) == empty


def test_the_round_trip_is_what_lsr_and_dlsr_leave() -> None:
    a, b = RtcpState(1, Arrivals()), RtcpState(2, Arrivals())
    feed(b.arrivals, *range(50))
    said = a.compose(100.0, rtcp.SenderInfo(rtcp.ntp(100.0), 8000, 50, 8000))
    report = rtcp.parse(said)
    assert report is not None
    b.take(report, 100.04, sending=False, first_sequence=0)
    answer = rtcp.parse(b.compose(101.04, None))
    assert answer is not None
    a.take(answer, 101.08, sending=True, first_sequence=0)
    assert a.rtt_ms == pytest.approx(80, abs=0.1)
    assert a.hears is True
    assert a.reported is not None
    assert a.reported.loss_percent == 0
    # A report block that names an SR which was never sent measures nothing.
    odd = rtcp.ReportBlock(1, 0, 0, 99, 0, 77, 0)
    a.take(rtcp.RtcpReport(2, None, (odd,)), 102, sending=True, first_sequence=0)
    assert len(a.round_trips) == 1


def test_a_peer_whose_reports_do_not_move_on_hears_us_no_more() -> None:
    control = RtcpState(1, Arrivals())
    block = rtcp.ReportBlock(1, 0, 0, 99, 0, 0, 0)
    control.take(rtcp.RtcpReport(2, None, (block,)), 1, sending=True, first_sequence=0)
    assert control.hears is True
    control.take(rtcp.RtcpReport(2, None, (block,)), 6, sending=True, first_sequence=0)
    assert control.hears is False


def test_a_peer_that_counts_without_end_is_remembered_for_a_few_sources_only() -> None:
    control = RtcpState(1, Arrivals())
    assert control.peer_sent is None
    for ssrc, sent in ((5, 10), (5, 30), (6, 7)):
        report = rtcp.RtcpReport(ssrc, rtcp.SenderInfo(0, 0, sent, 0), ())
        control.take(report, 1, sending=False, first_sequence=0)
    assert control.peer_sent == 37
    for ssrc in range(1000):
        report = rtcp.RtcpReport(ssrc, rtcp.SenderInfo(0, 0, 1, 0), ())
        control.take(report, 1, sending=False, first_sequence=0)
    assert control.peer_sent == 16


def test_reports_come_early_and_then_at_the_usual_interval() -> None:
    waits = intervals()
    assert [next(waits) for _ in range(2)] == [1.0, 1.0]
    later = [next(waits) for _ in range(200)]
    assert all(INTERVAL_S * 0.5 / 1.22 <= wait <= INTERVAL_S * 1.5 / 1.21 for wait in later)


# Digits


def test_every_digit_is_found_though_any_two_of_its_packets_are_lost() -> None:
    frames = [frame for frame in press("0", 40, 60, 160) if frame is not None]
    for one in range(len(frames)):
        for other in range(one):
            keypad = Keypad()
            found = [
                keypad.take(1, 5000, frame.payload)
                for number, frame in enumerate(frames)
                if number not in (one, other)
            ]
            assert [digit for digit in found if digit] == ["0"]


def test_long_events_in_segments_are_one_digit_and_late_packets_none() -> None:
    keypad = Keypad()
    five = b"\x05\x0a\xff\xff"
    assert keypad.take(1, 1000, five) == "5"
    assert keypad.take(1, 1000 + 0xFFFF, five) is None
    assert keypad.take(1, 1000 + 0xFFFF + 8000, b"\x05\x0a\x00\xa0") == "5"
    assert keypad.take(1, 1000, b"\x05\x8a\xff\xff") is None
    assert keypad.take(1, 200_000, b"\x10\x0a\x00\xa0") is None  # Flash is no digit.
    assert keypad.take(1, 300_000, b"\x05") is None


@pytest.mark.parametrize(("digits", "ms", "gap"), [("", 100, 60), ("x", 100, 60), ("1", 9, 60)])
def test_what_cannot_be_pressed_is_refused(digits: str, ms: int, gap: int) -> None:
    with pytest.raises(ValueError, match="digit"):
        press(digits, ms, gap, 160)


# Sound


def test_a_wav_places_sound_by_its_timestamps_and_is_bounded() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)

    def packet(number: int, ssrc: int = 1, kind: int = 0, at: float | None = None) -> MediaPacket:
        seconds = number * 0.02 if at is None else at
        data = build(Rtp(kind, False, number, number * 160, ssrc, b"\x10" * 160))
        return MediaPacket(start + timedelta(seconds=seconds), ("a", 2), ("b", 4), data)

    def frames(*packets: MediaPacket) -> int:
        return (len(wav.render(packets, {96: "PCMA"})) - 44) // 320

    assert frames() == 0
    assert frames(packet(0), packet(4), packet(2)) == 5
    assert frames(packet(0), packet(1, kind=96), packet(2, kind=9)) == 2
    assert frames(packet(0), packet(1000, ssrc=2, at=0.2)) == 11
    assert frames(packet(0), packet(100_000, at=0.2)) == 11
    assert frames(packet(0), packet(7_000)) == 1
    assert math.isfinite(frames(packet(0), packet(3)))
