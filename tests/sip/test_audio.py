"""Samples, tones and counters, without a call."""

import numpy as np
import pytest

from sfsip_nb.sip.media import g711, tones
from sfsip_nb.sip.media.listening import Listener
from sfsip_nb.sip.media.quality import Arrivals
from sfsip_nb.sip.media.sampling import WINDOW
from sfsip_nb.sip.media.srtp import Crypto


def test_the_decoding_tables_are_those_of_g711() -> None:
    codes = bytes(range(256))
    mu, a = g711.decode("PCMU", codes), g711.decode("PCMA", codes)
    assert (mu[0x00], mu[0x80], mu[0xFF], mu[0x7F]) == (-32124, 32124, 0, 0)
    assert (a[0x55], a[0xD5], a[0x2A], a[0xAA]) == (-8, 8, -32256, 32256)
    assert len(set(mu.tolist())) == 255
    assert len(set(a.tolist())) == 256
    for codec, table in (("PCMU", mu), ("PCMA", a)):
        assert np.array_equal(g711.decode(codec, g711.encode(codec, table)), table)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_a_tone_keeps_38_db_over_its_noise(codec: str) -> None:
    wave = tones.sine(1004, 8000)
    error = g711.decode(codec, g711.encode(codec, wave)).astype(float) - wave
    ratio = 10 * np.log10(np.mean(wave.astype(float) ** 2) / np.mean(error**2))
    assert 37 < ratio < 42


@pytest.mark.parametrize("hz", [200.0, 440.0, 620.0, 1004.0, 1400.0, 3400.0])
def test_the_pitch_of_a_coded_tone_is_found_within_two_hertz(hz: float) -> None:
    heard = g711.decode("PCMU", g711.encode("PCMU", tones.sine(hz, WINDOW)))
    found = tones.pitch(heard)
    assert found is not None
    assert abs(found - hz) < 2
    assert abs(tones.dbov(tones.powers(heard, WINDOW)[0]) - -15) < 0.1


def test_silence_noise_and_two_tones_are_no_tone() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 3000, WINDOW).astype(np.int16)
    one, two = (tones.sine(hz, WINDOW) for hz in (697, 1209))
    both = (one // 2 + two // 2).astype(np.int16)
    assert tones.pitch(np.zeros(WINDOW, np.int16)) is None
    assert tones.pitch(noise) is None
    assert tones.pitch(both) is None


def test_a_listener_keeps_segments_of_tones() -> None:
    listener = Listener()
    at, announced = 1_795_000_000.0, []
    listener.on_tone = announced.append
    for hz, frames in ((440, 30), (None, 10), (1004, 20)):
        for frame in np.split(tones.sine(hz, frames * 160), frames):
            at += 0.02
            listener.hear("PCMU", g711.encode("PCMU", frame), at)
    assert [round(tone.hz) for tone in listener.tones] == [440, 1004]
    assert [round(tone.seconds, 2) for tone in listener.tones] == [0.6, 0.4]
    assert [round(tone.hz) for tone in announced] == [440, 1004]


def test_loss_is_counted_over_the_wrap_and_a_new_source() -> None:
    arrivals = Arrivals()
    for number in range(65_500, 65_600):
        if number % 10:
            arrivals.add(1, number % 65_536, number * 160, number * 0.02)
    assert arrivals.packets == 90
    assert arrivals.expected == 99  # The first number lost leaves no trace.
    for number in range(10):
        arrivals.add(2, number, number * 160, number * 0.02)
    assert arrivals.expected == 109
    assert arrivals.loss_percent == pytest.approx(100 * 9 / 109)
    assert arrivals.jitter < 1


def test_no_key_stands_in_a_repr() -> None:
    crypto = Crypto.new()
    assert "key" not in repr(crypto)
