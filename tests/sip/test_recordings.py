"""Recordings: what a test caller says, files of the same form, and saying them in a call."""

import wave
from pathlib import Path

import numpy as np
import pytest

from sfsip_nb.sip import Recording
from sfsip_nb.sip.media import g711, recordings, tones
from sfsip_nb.sip.media.levels import FLOOR
from sfsip_nb.sip.media.recordings import CALLER, caller
from sfsip_nb.sip.media.voice import Voice
from tests.sip.impair import Ends


def write(path: Path, sound: bytes, rate: int = 8000, width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setframerate(rate)
        file.setsampwidth(width)
        file.setnchannels(channels)
        file.writeframes(sound)
    return path


def test_the_callers_words_are_made_as_their_readme_says() -> None:
    folder = Path(recordings.__file__).parent / "caller"
    readme = (folder / "README.md").read_text()
    assert {f"{name}.wav" for name in CALLER} == {path.name for path in folder.glob("*.wav")}
    assert [name for name, text in CALLER.items() if f'say {name} "{text}"' not in readme] == []


@pytest.mark.parametrize("name", CALLER)
def test_a_recording_is_speech_almost_from_end_to_end(name: str) -> None:
    recording = caller(name)
    assert recording.begins <= 0.02
    assert recording.seconds - 0.05 < recording.ends <= recording.seconds
    assert (recording.name, recording.text) == (name, CALLER[name])


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_it_is_coded_for_the_call(codec: str) -> None:
    hello = caller("hello")
    decoded = g711.decode(codec, hello.coded(codec)).astype(float)
    assert len(decoded) == len(hello.samples)
    assert np.corrcoef(decoded, hello.samples)[0, 1] > 0.99


def test_a_file_of_ones_own_has_its_files_name(tmp_path: Path) -> None:
    hello = caller("hello")
    mine = Recording.load(write(tmp_path / "mine.wav", hello.samples.tobytes()))
    assert (mine.name, mine.text, mine.seconds) == ("mine", "", hello.seconds)
    assert mine.ends == hello.ends


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"rate": 16_000}, "16000 Hz"),
        ({"width": 1}, "8 bit"),
        ({"channels": 2}, "2 channel"),
    ],
)
def test_a_file_of_another_form_is_refused(
    form: dict[str, int], wrong: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "other.wav", caller("stop").samples.tobytes(), **form)
    with pytest.raises(ValueError, match=wrong):
        Recording.load(path)


def test_what_holds_no_speech_or_too_much_or_is_no_wav_is_refused(tmp_path: Path) -> None:
    for sound, wrong in (
        (tones.sine(1004, 16_000).tobytes(), "no speech"),
        (b"", "no speech"),
        (bytes(2 * 8000 * 61), "longer than 60 s"),
    ):
        with pytest.raises(ValueError, match=wrong):
            Recording.load(write(tmp_path / "wrong.wav", sound))
    (tmp_path / "text.wav").write_text("not sound")
    with pytest.raises(ValueError, match="is not a WAV file"):
        Recording.load(tmp_path / "text.wav")


async def test_frames_of_a_recording_are_all_of_it_and_then_silence() -> None:
    stop, voice = caller("stop"), Voice()
    voice.describe("PCMA")
    done = voice.say(stop)
    payload, power = b"", 0.0
    for number in range(60):
        frame, mean = voice.frame(160)
        payload, power = payload + frame, power + 160 * mean
        voice.sent(100 + number / 50)
    rest = len(payload) - len(stop.samples)
    assert payload == stop.coded("PCMA") + g711.silence("PCMA", rest)
    assert power == pytest.approx(float(np.sum(stop.samples.astype(float) ** 2)))
    spoken = await done
    assert spoken is not None
    assert voice.spoken == [spoken]
    assert spoken.complete
    assert spoken.start == pytest.approx(100 + stop.begins)
    assert spoken.end == pytest.approx(100 + stop.ends)


@pytest.mark.parametrize("frames", [0, 20])
async def test_a_tone_breaks_a_recording_off(frames: int) -> None:
    voice = Voice()
    voice.describe("PCMU")
    done = voice.say(caller("person"))
    for number in range(frames):
        voice.frame(160)
        voice.sent(100 + number / 50)
    voice.play(1004)
    spoken = await done
    assert voice.frame(160)[0] == tones.coded("PCMU", 1004)[:160]
    if not frames:
        assert spoken is None
        assert voice.spoken == []
    else:
        assert spoken is not None
        assert not spoken.complete
        assert (spoken.start, spoken.end) == (100.0, pytest.approx(100.4))


async def test_a_recording_is_heard_where_it_was_said_and_metered() -> None:
    ends = await Ends.talk()
    for leg in (ends.a, ends.b):
        leg.play(None)
        leg.find_speech()
    stop = caller("stop")
    spoken = await ends.a.say(stop)
    await ends.b.heard(1004, 0.3)  # A moment for what is on the way.
    ends.close()
    assert spoken is not None
    assert ends.a.spoken == [spoken]
    sent, heard = ends.a.speech_sent(), ends.b.speech_heard()
    assert ends.b.speech_sent() == ends.a.speech_heard() == []
    assert len(sent) >= 2, "two words"
    assert 0.85 < sum(one.seconds for one in sent) < 2
    for one, other in zip(sent, heard, strict=True):
        assert abs(one.start - other.start) < 0.02
        assert abs(one.end - other.end) < 0.02
    assert spoken.start >= sent[0].start - 0.02
    levels = ends.a.sender.meter.between(spoken.start, spoken.end)
    assert max(level for level in levels if level is not None) > -20
    assert FLOOR in levels, "the pause between the words"


async def test_the_end_of_a_call_ends_what_is_being_said() -> None:
    ends = await Ends.talk()
    saying = ends.a.say(caller("again"))
    ends.close()
    spoken = await saying
    assert spoken is None or not spoken.complete
