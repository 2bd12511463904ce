"""Where speech is in packets, in virtual time: with jitter, loss, disorder, clocks of all kinds."""

import itertools

import numpy as np
import pytest

from sfsip_nb.sip import Speech, SpeechMeter
from sfsip_nb.sip.media import speech, tones
from sfsip_nb.sip.media.packets import CLOCK, Rtp
from sfsip_nb.sip.media.recordings import CALLER, caller
from sfsip_nb.sip.media.sampling import RATE
from tests.sip.timeline import AT, Network, Sent, heard, packets, sound, spoken

SAID = [(1.0 + 6 * number, caller(name)) for number, name in enumerate([*CALLER] * 2)]
LONG = sound(50, SAID)
PERSON = caller("person")
ONE = sound(5, [(1.0, PERSON)])


def errors(found: list[Speech], transit_s: float = 0.04) -> list[float]:
    """Seconds by which each begin and end of what was said is off; all of it has to be found."""
    off = []
    for start, end in spoken(SAID, transit_s):
        mine = [one for one in found if start - 0.3 < one.start < end + 0.3]
        assert mine, f"nothing found at {start - AT:.1f} s"
        off += [abs(mine[0].start - start), abs(mine[-1].end - end)]
    assert len(found) <= 2 * len(SAID), "one pause at most in each"
    return off


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("each", [80, 160, 200, 240])
def test_edges_are_right_to_a_frame(codec: str, each: int) -> None:
    assert max(errors(heard(Network().carried(packets(LONG, codec, each=each)), codec))) <= 0.0101


@pytest.mark.parametrize("seed", range(4))
def test_jitter_and_disorder_move_no_edge(seed: int) -> None:
    network = Network(jitter_s=0.06, seed=seed)
    arrived = network.carried(packets(LONG))
    sequences = [packet.sequence for _, packet in arrived]
    assert sum((b - a) % 65_536 > 1000 for a, b in itertools.pairwise(sequences)) > 100
    assert max(errors(heard(arrived))) <= 0.012


@pytest.mark.parametrize("seed", range(4))
def test_a_lost_packet_costs_at_most_itself(seed: int) -> None:
    found = heard(Network(loss=0.05, jitter_s=0.06, seed=seed).carried(packets(LONG)))
    assert max(errors(found)) <= 0.0305
    assert max(one.start_error + one.end_error for one in found) < 0.1


@pytest.mark.parametrize("shift", [20, 40, 60, 437])
def test_what_is_left_of_a_tone_beside_lost_packets_is_no_speech(shift: int) -> None:
    """Also where the timestamps have leapt, so that no packet ends with a frame any more."""
    silence = np.zeros(1600, np.int16)
    tone = np.concatenate([silence, tones.sine(440, 8 * RATE), silence])
    for seed in range(20):
        arrived = Network(loss=0.05, jitter_s=0.06, seed=seed).carried(packets(tone))
        leapt = [
            (at + shift / RATE, packet._replace(timestamp=(packet.timestamp + shift) % CLOCK))
            if packet.sequence != 65_000
            else (at, packet)
            for at, packet in arrived
        ]
        assert heard(leapt) == [], seed


def test_an_edge_beside_a_lost_packet_says_so() -> None:
    arrived = Network().carried(packets(ONE))
    first = next(n for n, (_, p) in enumerate(arrived) if p.payload != arrived[0][1].payload)
    [*found] = heard(arrived[:first] + arrived[first + 1 :])
    assert (found[0].starts, found[0].start_error) == ("missing", 0.01)
    [*whole] = heard(arrived)
    assert (whole[0].starts, whole[0].start_error) == ("", 0.0)
    assert found[0].start - whole[0].start == pytest.approx(0.01)


@pytest.mark.parametrize("drift", [1e-4, -1e-4])
def test_a_clock_that_drifts_is_followed(drift: float) -> None:
    found = heard(Network(jitter_s=0.04).carried(packets(LONG, drift=drift)))
    last = SAID[-1][0] * (1 + drift) + 0.04 + SAID[-1][1].begins
    assert found[-2].start == pytest.approx(AT + last, abs=0.012)


def test_a_stall_after_which_all_comes_at_once_moves_nothing() -> None:
    arrived = [(max(at, AT + 2.5) if at > AT + 1.2 else at, p) for at, p in packets(LONG)]
    assert max(errors(heard(arrived), 0.0)) <= 0.0101


def test_numbers_that_begin_anew_begin_anew() -> None:
    first = list(packets(ONE))
    for other in (
        packets(ONE, at=AT + 5, ssrc=8, sequence=3, timestamp=77),
        packets(ONE, at=AT + 5, sequence=65_000 + 250, timestamp=123_456_789),
    ):
        found = heard([*first, *other])
        starts = [one.start for one in found]
        assert starts == pytest.approx([AT + s for s in (1.0, 2.96, 6.0, 7.96)], abs=0.011)


def test_what_comes_twice_or_much_too_late_changes_nothing() -> None:
    arrived = Network().carried(packets(ONE))
    late = arrived.pop(80)
    assert heard(arrived) == heard([*arrived[:150], *arrived[145:150], late, *arrived[150:]])


def quietly(arrived: list[Sent], noise: bool) -> list[Sent]:
    """What a sender that suppresses silence sends of it, with comfort noise or without."""
    found: list[Sent] = []
    for number, (at, packet) in enumerate(arrived):
        if set(packet.payload) != {0xFF}:
            found.append((at, packet._replace(sequence=len(found))))
        elif noise and (number == 0 or set(arrived[number - 1][1].payload) != {0xFF}):
            found.append((at, packet._replace(sequence=len(found), payload_type=13, payload=b"@")))
    return found


@pytest.mark.parametrize("noise", [True, False])
def test_silence_that_is_not_sent_is_silence(noise: bool) -> None:
    arrived = quietly(Network(jitter_s=0.01).carried(packets(LONG)), noise)
    assert len(arrived) < 1300
    found = heard(arrived)
    assert max(errors(found)) <= 0.012
    assert {one.starts for one in found[1:]} | {one.ends for one in found[:-1]} == {""}


def test_digits_between_words_are_no_loss() -> None:
    meter = SpeechMeter()
    for number, (at, packet) in enumerate(packets(LONG)):
        if 310 <= number < 350:  # Up to the first packet of the second recording.
            meter.skip(packet._replace(payload_type=101, payload=b"1234"))
        else:
            meter.take("PCMU", packet, at)
    found = meter.speech()
    assert max(errors(found, 0.0)) <= 0.0101
    assert {one.starts for one in found} == {""}


@pytest.mark.parametrize("hz", [440, 620, 1004, 2000])
@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_a_tone_is_not_speech(hz: float, codec: str, loss: float) -> None:
    samples = np.zeros(80_000, np.int16)
    samples[8000:64_000] = tones.sine(hz, 56_000)
    assert heard(Network(loss=loss).carried(packets(samples, codec)), codec) == []


def test_a_tone_that_its_sender_broke_off_again_and_again_is_not_speech() -> None:
    sent = list(packets(tones.sine(440, 2 * RATE)))
    kept = [packet for number, packet in enumerate(sent) if number % 11 < 4]
    stalled = [  # 80 ms, and 140 ms that were never sent: no number is missing
        (at, packet._replace(sequence=(65_000 + number) % (1 << 16)))
        for number, (at, packet) in enumerate(kept)
    ]
    assert heard(Network().carried(stalled)) == []


def test_speech_after_a_tone_is_found_without_it() -> None:
    samples = sound(6, [(3.0, PERSON)])
    samples[8000:20_000] = tones.sine(1004, 12_000)
    found = heard(packets(samples))
    assert found[0].start == pytest.approx(AT + 3.0, abs=0.011)
    assert len(found) == 2


@pytest.mark.parametrize("level_dbov", [-65.0, -50.0, -42.0])
def test_noise_on_the_line_is_not_speech_and_moves_edges_little(level_dbov: float) -> None:
    noise = np.random.default_rng(1).normal(0, 32_768 * 10 ** (level_dbov / 20), len(LONG))
    found = heard(packets(np.clip(LONG + noise, -32_768, 32_767).astype(np.int16)))
    assert max(errors(found, 0.0)) <= 0.08, "soft sounds drown"
    assert heard(packets(noise.astype(np.int16))) == []


def test_a_click_is_not_speech() -> None:
    samples = sound(2, [])
    samples[8000:8100:7] = 20_000
    assert heard(packets(samples)) == []


def test_speech_that_is_cut_to_the_frame_is_abrupt() -> None:
    samples = ONE.copy()
    samples[: 8000 + 240] = 0  # both in the middle of a vowel
    samples[8000 + 13_120 :] = 0
    [found] = heard(packets(samples))
    assert (found.starts, found.ends) == ("abrupt", "abrupt")


def test_what_runs_into_the_end_of_the_stream_is_open() -> None:
    [found] = heard(packets(ONE[8000 : 8000 + 12_000]))
    assert (found.starts, found.ends) == ("open", "open")
    assert found.end == pytest.approx(AT + 1.5, abs=0.021)


def test_the_codec_may_change_on_the_way() -> None:
    mu, a = list(packets(ONE)), list(packets(ONE, "PCMA"))
    meter = SpeechMeter()
    for number, pair in enumerate(zip(mu, a, strict=True)):
        at, packet = pair[number % 2]
        meter.take("PCMA" if number % 2 else "PCMU", packet, at)
    both = [(one.start, one.end) for one in meter.speech()]
    assert both == [(one.start, one.end) for one in heard(mu)]


def test_the_latest_speech_is_known_while_it_goes_on() -> None:
    meter, sent = SpeechMeter(), list(packets(LONG))
    until = []
    for at, packet in sent:
        meter.take("PCMU", packet, at)
        if latest := meter.speech(since=at - 0.2):
            until.append(at - latest[-1].end)
    assert len(until) > 500
    assert min(until) >= -0.0201
    assert meter.speech(since=AT + 12) == meter.speech()[4:]


def test_no_sound_is_kept() -> None:
    meter = SpeechMeter()
    for at, packet in packets(LONG):
        meter.take("PCMU", packet, at)
    assert sum(len(span.frames) for span in meter._spans) == 5000
    assert len(meter._pending) < 800
    assert not meter._held


def test_a_meter_is_bounded() -> None:
    meter = SpeechMeter()
    word = bytes(range(160))
    for number in range(3000):
        meter.take("PCMU", Rtp(0, False, number, 0, number, word), AT + number)
    assert len(meter._spans) <= speech._MOST_SPANS + 1
    meter = SpeechMeter()
    for hour in range(20):
        meter.take("PCMU", Rtp(0, False, hour, hour * 28_800_000, 1, word), AT + 3600 * hour)
    assert meter._frames == round(speech.LONGEST_S * 100)


def test_nothing_in_is_nothing_out() -> None:
    meter = SpeechMeter()
    meter.close()
    assert meter.speech() == []
    meter.take("", Rtp(13, False, 1, 1, 1, b"@"), AT)
    assert meter.speech() == []
