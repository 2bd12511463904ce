"""Audio over real sockets: what a bad network does to it is measured, and said in words."""

import asyncio
import io
import itertools
import re
import time
import wave
from collections.abc import AsyncIterator

import numpy as np
import pytest

from sfsip_nb.sip import Audio, relay
from sfsip_nb.sip.media import control, g711, rtcp
from sfsip_nb.sip.media.figures import one_way, stopped_after_s
from sfsip_nb.sip.media.packets import CLOCK, Rtp, build, parse
from sfsip_nb.sip.media.sockets import open_pair, watch
from sfsip_nb.sip.media.srtp import Crypto, Protection
from sfsip_nb.sip.sdp import Agreed
from tests.sip.impair import Ends, Way
from tests.sip.siptools import digits_of, until


@pytest.fixture(autouse=True)
async def _silent_after(anyio_backend: str) -> AsyncIterator[None]:
    """Close the legs that still talk when a test ends, on its loop."""
    yield
    while Ends.made:
        Ends.made.pop().close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports five times a second, so that short tests see many."""
    monkeypatch.setattr(control, "EARLY_S", (0.2,) * 100)


async def test_five_percent_of_loss_reads_as_such_in_either_direction(often: None) -> None:
    ends = await Ends.talk(to_b=Way(lose_one_in=20), to_a=Way(lose_one_in=20, seed=2))
    await asyncio.sleep(3.2)
    for end in (ends.a, ends.b):
        assert 4 <= end.arrivals.loss_percent <= 6
        assert end.control.reported is not None
        assert 3.5 <= end.control.reported.loss_percent <= 6.5
        assert 3 < end.mos < 4.3
        sentences = [t.sentence for t in end.troubles() if t.name == "loss"]
        assert "from the peer to us" in sentences[0]
        assert "from us to the peer" in sentences[1]


async def test_two_ways_of_40_ms_are_a_round_trip_of_80(often: None) -> None:
    ends = await Ends.talk(to_b=Way(delay_ms=40), to_a=Way(delay_ms=40))
    await asyncio.sleep(2.5)
    for end in (ends.a, ends.b):
        assert end.rtt_ms is not None
        assert 75 <= end.rtt_ms <= 130, "a busy machine adds to it"
        assert end.stats()["rtt_ms"] == pytest.approx(end.rtt_ms, abs=0.1)
        assert end.arrivals.loss_percent == 0


async def test_the_round_trip_over_an_echo_needs_no_rtcp() -> None:
    near = await Audio.open("127.0.0.1")
    echo, spare = open_pair("127.0.0.1")
    loop = asyncio.get_running_loop()

    def back(data: bytes, source: tuple[str, int], at: float) -> None:
        loop.call_later(0.08, echo.sendto, data, source)

    stop = await watch(echo, back)
    near.start(echo.getsockname(), Agreed("PCMU"), 0, None)
    near.play(1004)
    assert await near.heard(1004)
    assert near.rtt_ms is not None
    assert 75 <= near.rtt_ms <= 130
    assert len(near.receiver.round_trips) == near.packets_received
    near.close()
    await asyncio.sleep(0.1)
    stop()
    spare.close()


@pytest.mark.parametrize("reports", [True, False])
async def test_one_way_audio_is_named_with_its_direction(often: None, reports: bool) -> None:
    ends = await Ends.talk(to_b=Way(blocked=True, control_blocked=not reports))
    await asyncio.sleep(1.6)
    assert ends.a.packets_received > 40
    assert one_way(ends.b) == "nothing received"
    assert "from the peer to us" in ends.b.troubles()[0].sentence
    # With or without our reports getting there, the peer's say that it heard nothing of us.
    assert one_way(ends.a) == "peer hears nothing (RTCP)"
    assert "from us to the peer" in ends.a.troubles()[0].sentence
    assert ends.names() == ({"one_way"}, {"one_way"})


async def test_what_hardly_came_is_held_against_what_its_sender_counts(often: None) -> None:
    ends = await Ends.talk(to_b=Way(blocked=True))
    silent = await Ends.talk(to_b=Way(blocked=True, control_blocked=True))
    await asyncio.sleep(2.4)
    sent = ends.b.stats()["peer_sent"]
    assert 80 < sent <= ends.a.sender.packets
    told = ends.b.stats()["came"]
    assert re.fullmatch(
        rf"0 of about 1\d\d packets came, of {sent} that the sender counts .*", told
    )
    assert silent.b.stats()["peer_sent"] is None
    assert [end.stats()["lost_here"] for end in (ends.b, silent.b, ends.a)] == [True, False, False]
    assert silent.b.stats()["came"].endswith("packets came")
    assert ends.a.stats()["came"].endswith("packets came")  # what came in full needs no count


async def test_a_dead_network_is_dead_both_ways_and_a_good_one_is_not(often: None) -> None:
    dead = await Ends.talk(to_b=Way(blocked=True), to_a=Way(blocked=True))
    good = await Ends.talk()
    await asyncio.sleep(1.6)
    assert one_way(dead.a) == one_way(dead.b) == "nothing either way (RTCP)"
    assert good.names() == (set(), set())
    for end in (good.a, good.b):
        assert one_way(end) == ""
        assert (end.arrivals.loss_percent, end.rejected, end.unsent) == (0, 0, 0)
        assert end.mos > 4.3
        assert end.control.reported is not None
        assert end.control.reported.loss_percent == 0
    dead.close()
    good.close()


async def test_a_stream_that_dies_on_the_way_is_noticed_on_both_sides(often: None) -> None:
    ends = await Ends.talk()
    await asyncio.sleep(1)
    assert one_way(ends.a) == ""
    nowhere, spare = open_pair("127.0.0.1")
    ends.a.aim(nowhere.getsockname())
    await asyncio.sleep(1.8)
    assert one_way(ends.a) == "peer hears nothing (RTCP)"
    assert ends.names()[1] == {"stopped"}
    ends.close()
    nowhere.close()
    spare.close()


async def test_a_codec_answered_but_not_sent_is_named() -> None:
    ends = await Ends.talk(b=Agreed("PCMA"))
    ends.b.receiver.describe("PCMU", 0, None)
    await asyncio.sleep(1.2)
    assert ends.a.receiver.foreign["PCMA"] == ends.a.rejected > 40
    assert ends.a.stats()["foreign"] == {"PCMA": ends.a.rejected}
    (trouble,) = ends.a.troubles()
    assert trouble.name == "codec"
    assert "PCMU was agreed, but" in trouble.sentence
    assert "came as PCMA" in trouble.sentence
    ends.a.receiver.describe("PCMA", 8, None)  # G722 in its place is told by its number.
    ends.b.sender.payload_type = 9
    await asyncio.sleep(0.3)
    assert ends.a.receiver.foreign["G722"] > 5


async def test_a_private_address_in_the_sdp_is_named() -> None:
    ends = await Ends.talk()
    ends.a.start(("10.1.2.3", 4000), Agreed("PCMU"), 0, None)
    await asyncio.sleep(0.5)
    assert ends.a.destination == ("10.1.2.3", 4000)
    assert ends.a.packets_received > 10
    trouble = ends.a.troubles()[0]
    assert trouble.name == "private"
    assert "names 10.1.2.3" in trouble.sentence
    assert "come from 127.0.0.1" in trouble.sentence


async def test_packets_from_elsewhere_are_said_to_be() -> None:
    ends = await Ends.talk()
    ends.a.start(("127.0.0.2", 9), Agreed("PCMU"), 0, None)
    await asyncio.sleep(0.3)
    (trouble,) = ends.a.troubles()
    assert trouble.name == "source"
    assert "names 127.0.0.2, but its packets come from 127.0.0.1" in trouble.sentence


async def test_disorder_doubles_and_jitter_are_no_loss() -> None:
    ends = await Ends.talk(
        to_b=Way(swap_one_in=10, double_one_in=7), to_a=Way(jitter_ms=30, seed=3)
    )
    await asyncio.sleep(2)
    assert ends.b.arrivals.loss_percent < 2  # The one that waits to be overtaken may be the last.
    assert ends.b.arrivals.reordered >= 6
    assert ends.b.arrivals.duplicates >= 10
    assert ends.a.arrivals.jitter_ms > 4
    assert ends.a.arrivals.loss_percent == 0
    late = ends.a.sender.lateness.read()
    assert ends.a.sender.jitter_ms >= 0
    assert late.p50 <= late.p95 <= late.max


@pytest.mark.parametrize(
    "suite", ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM"]
)
async def test_srtp_and_srtcp_by_every_suite(often: None, suite: str) -> None:
    ours, theirs = Crypto.new(1, suite), Crypto.new(1, suite)
    ends = await Ends.talk(keys=(Protection(ours, theirs), Protection(theirs, ours)))
    assert await ends.b.heard(440)
    await asyncio.sleep(0.6)
    for end in (ends.a, ends.b):
        assert end.secure
        assert end.rejected == 0
        assert end.control.received >= 2
        assert end.control.reported is not None


async def test_a_wrong_key_and_a_peer_that_does_not_encrypt_are_told_apart() -> None:
    ours, theirs, other = Crypto.new(), Crypto.new(), Crypto.new()
    wrong = await Ends.talk(keys=(Protection(ours, theirs), Protection(other, ours)))
    plain = await Ends.talk(keys=(Protection(ours, theirs), None))
    await asyncio.sleep(0.5)
    assert wrong.a.packets_received == plain.a.packets_received == 0
    assert wrong.a.srtp_failures["authentication failure"] > 10
    assert "another key" in wrong.a.troubles()[0].sentence
    assert "does not encrypt" in plain.a.troubles()[0].sentence
    assert one_way(wrong.a) == ""
    wrong.close()
    plain.close()


async def test_a_new_key_in_the_middle_of_a_call_loses_nothing() -> None:
    ours, theirs, newer = Crypto.new(), Crypto.new(), Crypto.new()
    ends = await Ends.talk(keys=(Protection(ours, theirs), Protection(theirs, ours)))
    ends.a.sender.sequence = 65_530  # The counter of wraps has to survive the new key.
    await asyncio.sleep(0.5)
    agreed = Agreed("PCMU")
    ends.a.start(ends.b.local, agreed, 0, Protection(ours, newer))
    await asyncio.sleep(0.2)  # The peer is still at its old key.
    ends.b.start(ends.a.local, agreed, 0, Protection(newer, ours))
    await asyncio.sleep(0.3)
    assert ends.a.packets_received > 40
    for end in (ends.a, ends.b):
        assert not end.srtp_failures
        assert end.arrivals.loss_percent == 0


def test_an_mki_of_the_peer_is_taken_off() -> None:
    ours, theirs = Crypto.new(), Crypto.new()
    named = Crypto.parse(theirs.line() + "|2^20|1:4")
    assert named is not None
    assert named.mki == 4
    sent = Protection(theirs, ours).protect(build(Rtp(0, False, 1, 160, 7, b"x" * 160)))
    with_mki = sent[:-10] + b"\0\0\0\1" + sent[-10:]
    opened = Protection(ours, named).unprotect(with_mki)
    assert opened is not None
    assert parse(opened) == Rtp(0, False, 1, 160, 7, b"x" * 160)


@pytest.mark.parametrize("events", [101, 96])
async def test_digits_arrive_once_each_whatever_is_lost(events: int) -> None:
    # `events` is the number that b asks for; packets under 101, which it may also use, too.
    ends = await Ends.talk(
        a=Agreed("PCMU", events=events),
        b=Agreed("PCMU", events=101),
        to_b=Way(lose_one_in=3, double_one_in=5),
    )
    ends.b.receiver.describe("PCMU", 0, events)
    await ends.a.send_digits("1122*#a", ms=60, gap_ms=60)
    assert await digits_of(ends.b, 7) == "1122*#A"
    assert ends.b.rejected == 0
    assert ends.a.receiver.digits == ""


async def test_a_key_held_over_a_stall_of_ours_is_still_one_digit() -> None:
    ends = await Ends.talk()
    ends.a.keep()
    pressing = asyncio.create_task(ends.a.send_digits("7", ms=300))
    await asyncio.sleep(0.1)
    time.sleep(0.15)  # noqa: ASYNC251 - this machine is busy elsewhere
    await pressing
    assert await digits_of(ends.b) == "7"
    events = [parse(p.data) for p in ends.a.kept if p.source == ends.a.local]
    assert len({e.timestamp for e in events if e and e.payload_type == 101}) == 1


async def test_a_digit_has_marker_duration_and_three_ends() -> None:
    ends = await Ends.talk()
    ends.a.keep()
    await ends.a.send_digits("5", ms=100, gap_ms=80)
    packets = [parse(packet.data) for packet in ends.a.kept if packet.source == ends.a.local]
    events = [packet for packet in packets if packet and packet.payload_type == 101]
    assert [packet.marker for packet in events] == [True] + 6 * [False]
    assert len({packet.timestamp for packet in events}) == 1
    numbers = [packet.sequence for packet in packets if packet]
    assert [n - numbers[0] for n in numbers] == list(range(len(numbers)))
    said = [(p.payload[0], p.payload[1] >> 7, p.payload[2] << 8 | p.payload[3]) for p in events]
    assert said == [
        (5, 0, 160),
        (5, 0, 320),
        (5, 0, 480),
        (5, 0, 640),
        (5, 1, 800),
        (5, 1, 800),
        (5, 1, 800),
    ]
    with pytest.raises(ValueError, match="only the digits"):
        await ends.a.send_digits("1x")
    ends.a.start(ends.b.local, Agreed("PCMU"), 0, None)
    with pytest.raises(ValueError, match="did not agree"):
        await ends.a.send_digits("1")


async def test_what_was_heard_is_a_wav_with_silence_where_packets_are_missing() -> None:
    ends = await Ends.talk(to_b=Way(lose_one_in=10))
    ends.b.keep()
    await asyncio.sleep(1)
    ends.close()
    assert any(packet.control for packet in ends.b.kept) or ends.b.control.received == 0
    assert {p.source for p in ends.b.kept} >= {ends.b.local}
    with wave.open(io.BytesIO(ends.b.heard_wav())) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    silent = (np.abs(frames).max(axis=1) == 0).sum()
    assert len(frames) > 40
    assert 0.07 * len(frames) <= silent <= 0.14 * len(frames)
    assert np.abs(samples).max() > 5000


async def test_nothing_is_kept_unless_asked() -> None:
    ends = await Ends.talk()
    ends.b.keep(10)
    await asyncio.sleep(0.5)
    ends.close()
    assert ends.a.kept == []
    assert len(ends.b.kept) == 10


async def test_reports_come_to_the_port_of_rtp_where_that_was_agreed(often: None) -> None:
    both = Agreed("PCMU", mux=True)
    ends = await Ends.talk(a=both, b=both)
    ends.a.keep()
    await asyncio.sleep(1)
    ends.close()
    reports = [packet for packet in ends.a.kept if packet.control]
    assert {(p.source, p.destination) for p in reports} <= {
        (ends.a.local, ends.b.local),
        (ends.b.local, ends.a.local),
    }
    assert ends.a.rtt_ms is not None
    first = rtcp.parse(reports[0].data)
    assert first is not None
    assert first.cname.endswith("@sfsip")
    last = rtcp.parse(reports[-1].data)
    assert last is not None
    assert last.bye


async def test_reports_go_where_the_peer_wants_them(often: None) -> None:
    own, spare = open_pair("127.0.0.1")
    taken: list[bytes] = []
    stop = await watch(spare, lambda data, source, at: taken.append(data))
    ends = await Ends.talk(a=Agreed("PCMU", rtcp=spare.getsockname()))
    await asyncio.sleep(0.5)
    ends.close()
    await asyncio.sleep(0.05)
    assert ends.b.control.received == 0
    assert len(taken) >= 2
    stop()
    own.close()


async def test_a_short_call_has_a_report_of_each_side_by_default() -> None:
    ends = await Ends.talk()
    await asyncio.sleep(1.4)
    ends.close()
    assert ends.a.control.received >= 1
    assert ends.b.control.received >= 1


@pytest.mark.parametrize(("ptime", "rate"), [(10, 100), (40, 25)])
async def test_packets_are_as_long_as_the_peer_asks(ptime: int, rate: int) -> None:
    ends = await Ends.talk(a=Agreed("PCMU", ptime=ptime))
    ends.a.play(1004)
    assert await ends.b.heard(1004)
    assert ends.b.receiver.octets == ptime * 8 * ends.b.packets_received
    assert ends.b.arrivals.loss_percent == 0
    before, start = ends.a.sender.packets, asyncio.get_running_loop().time()
    await asyncio.sleep(0.5)
    seconds = asyncio.get_running_loop().time() - start
    # A machine that stalls leaves packets out, but never sends more than are due.
    assert 0 < ends.a.sender.packets - before < seconds * rate * 1.25


async def test_audio_over_ipv6(often: None) -> None:
    ends = await Ends.talk(host="::1")
    assert await ends.b.heard(440)
    await asyncio.sleep(0.4)
    assert ends.b.control.received >= 1
    assert ends.b.troubles() == []


async def test_comfort_noise_is_silence_and_no_foreign_codec() -> None:
    ends = await Ends.talk()
    assert await ends.b.heard(440)
    own = ends.a.sender
    own.held = True
    await asyncio.sleep(0.05)
    own.send(own.sequence + 1, own.timestamp, False, b"\x7f", 13)
    await until(lambda: ends.b.listener.tone_hz is None)
    assert ends.b.rejected == 0
    assert ends.b.arrivals.loss_percent == 0
    await asyncio.sleep(1.6)
    assert stopped_after_s(ends.b) is None


def test_a_loop_without_readers_hears_as_well() -> None:
    class Loop(asyncio.SelectorEventLoop):
        """As the loop of Windows: datagrams only through transports."""

        def add_reader(self, *args: object) -> None:
            raise NotImplementedError

    async def go() -> None:
        ends = await Ends.talk()
        assert await ends.b.heard(440)
        ends.close()
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(go())


async def test_where_a_relay_takes_over_the_clock_of_the_stream_goes_on() -> None:
    """Also while nothing comes that it could send."""
    near, far = await Ends.talk(), await Ends.talk()
    near.b.keep()
    far.b.sender.muted = True
    assert await near.b.heard(440)
    joined = relay(near.a, far.a)
    await asyncio.sleep(0.3)
    far.b.sender.muted = False
    assert await near.b.heard(620)
    joined.close()
    came = (each.data for each in near.b.kept if each.destination == near.b.local)
    times = [packet.timestamp for data in came if (packet := parse(data)) and not packet.marker]
    steps = [(after - before) % CLOCK for before, after in itertools.pairwise(times)]
    assert max(steps) >= 0.25 * 8000


async def test_no_name_is_looked_up_while_packets_are_due() -> None:
    ends = await Ends.talk()
    ends.a.start(("media.example.test", 4000), Agreed("PCMU"), 0, None)
    before = ends.a.sender.packets
    await asyncio.sleep(0.1)
    assert ends.a.sender.packets == before


async def test_silence_is_told_from_nothing() -> None:
    ends = await Ends.talk()
    ends.a.play(None)
    ends.b.play(None)
    await asyncio.sleep(1.4)
    assert ends.names() == ({"silence"}, {"silence"})
    assert ends.a.listener.loudest_dbov < -60
    assert g711.silence("PCMU", 2) == b"\xff\xff"


@pytest.mark.parametrize(
    ("packets", "direction", "judged", "told"),
    [
        (0, "sendrecv", False, "0 of about 400 packets came"),
        (1, "sendrecv", False, "1 of about 400 packets came"),
        (39, "sendrecv", False, "39 of about 400 packets came"),
        (398, "sendrecv", True, "398 of about 400 packets came"),
        (1, "recvonly", False, "1 of about 1 packet came"),
        (30, "recvonly", True, "30 of about 30 packets came"),
    ],
)
async def test_without_a_stream_there_is_neither_loss_nor_jitter_nor_mos(
    packets: int, direction: str, judged: bool, told: str
) -> None:
    audio = await Audio.open("127.0.0.1")
    audio.agreed = Agreed("PCMU", direction=direction)
    audio.started_at, audio.closed_at = 1000.0, 1008.0
    for number in range(packets):
        audio.arrivals.add(1, number, number * 160, 1000.0 + number * 0.02)
    stats = audio.stats()
    figures = [stats["loss_percent"], stats["jitter_ms"], stats["mos"], audio.mos]
    assert [figure is not None for figure in figures] == [judged] * 4
    assert stats["came"] == told
    audio.close()
