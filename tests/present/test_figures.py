"""Figures: they say in words what they show, in every theme, and hostile text stays text."""

import io
import wave
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from sfsip_nb.present import chapters, figures, ladders
from sfsip_nb.present.figures import Figure
from sfsip_nb.present.html import lenient
from sfsip_nb.present.style import VERDICTS
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, UNSEEN, poison

SVG = "{http://www.w3.org/2000/svg}"


def drawn(text: str = "") -> list[Figure]:
    data = lenient(poison(sample.record(), text) if text else sample.record())
    return [
        figures.callflow(data["flows"][0]),
        figures.strip(chapters.overview(data), text or "The run"),
        figures.heard(sample.wav(), text or "What was heard"),
    ]


def texts(svg: str) -> list[str]:
    return ["".join(item.itertext()) for item in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("number", range(3))
def test_a_figure_has_a_title_and_says_what_it_shows(number: int) -> None:
    figure = drawn()[number]
    for svg in (figure.inline, figure.file):
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.findtext(f"{SVG}title") == figure.title != ""
        assert root.findtext(f"{SVG}desc") == figure.about != ""


@pytest.mark.parametrize("number", range(3))
def test_a_figure_fetches_nothing_and_brings_its_colours_only_where_it_stands_alone(
    number: int,
) -> None:
    figure = drawn()[number]
    assert "prefers-color-scheme:dark" in figure.file
    assert "<style" not in figure.inline
    for svg in (figure.inline, figure.file):
        for fetching in ("url(", "href", "@import", "<image", "<script"):
            assert fetching not in svg


@pytest.mark.parametrize("kind", sorted(HOSTILE))
@pytest.mark.parametrize("number", range(3))
def test_hostile_text_is_text_in_a_figure(number: int, kind: str) -> None:
    harmless = {item.tag for figure in drawn() for item in ET.fromstring(figure.file).iter()}
    svg = drawn(HOSTILE[kind])[number].file
    assert {item.tag for item in ET.fromstring(svg).iter()} <= harmless
    assert not UNSEEN & set(svg)


def test_a_way_shows_each_hop_with_its_name_and_verdict() -> None:
    figure = drawn()[0]
    shown = texts(figure.inline)
    for text in ("Synthflow AI", "+442079460000", "Telephone network", "✔ pass", "✖ fail"):
        assert text in shown
    assert "Genesys Cloud: BYOC trunk Synthflow AI, fail" in figure.about
    root = ET.fromstring(figure.inline)
    boxes = [box.get("class", "") for box in root.iter(f"{SVG}rect")]
    assert ["dashed" in box for box in boxes] == [True, False, True, True]


def test_no_name_is_wider_than_its_box() -> None:
    flow = sample.record()["flows"][0]
    flow["hops"][1]["name"] = "a-very-long-name.of-a-customer." * 8
    assert max(len(text) for text in texts(figures.callflow(flow).inline)) <= 20


def test_the_strip_has_a_cell_a_step_and_a_glyph_for_each_verdict() -> None:
    words = [*VERDICTS, ""]
    steps = [
        {"id": f"s.{n}", "title": f"Step {n}", "verdict": word} for n, word in enumerate(words)
    ]
    figure = figures.strip([{"title": "All of them", "steps": steps}], "Run")
    glyphs = [verdict.glyph for verdict in VERDICTS.values()]
    assert texts(figure.inline) == ["All of them", *glyphs, "·"]
    assert "Step 1 (s.1): fail" in figure.inline
    assert figure.about.startswith("All of them: 1 pass, 1 fail")


def test_a_waveform_tells_sound_from_silence() -> None:
    figure = figures.heard(sample.wav(2.0, 0.5), "Heard")
    assert figure.about == "2.0 s, peak −6 dBFS, sound in 50% of it"
    strokes = ET.fromstring(figure.inline).findall(f"{SVG}path[@class='wave']")[0].get("d", "")
    columns = [int(stroke.split()[0]) for stroke in strokes.split("M")[1:]]
    assert (min(columns), max(columns)) == (52, 331)
    silent = figures.heard(sample.wav(1.0, 0.0), "Heard")
    assert silent.about == "1.0 s of silence"
    assert 'class="wave"' not in silent.inline
    assert figures.heard(sample.wav(0.0), "Heard").about == "nothing was heard"


def test_quiet_sound_is_seen_beside_loud_sound() -> None:
    assert "peak −46 dBFS" in figures.heard(sample.wav(1.0, 0.005), "Heard").about
    assert 'class="wave"' in figures.heard(sample.wav(1.0, 0.005), "Heard").inline


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.3, 61.0, 601.0])
def test_the_axis_fits_any_length(seconds: float) -> None:
    figure = figures.heard(sample.wav(seconds), "Heard")
    assert len(texts(figure.inline)) <= 3 + 13 + 1
    assert len(figure.inline) < 14_000


def test_stereo_is_drawn_as_one_line() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(np.full(16000, 8000, "<i2").tobytes())
    assert figures.heard(file.getvalue(), "Heard").about.startswith("1.0 s, peak −12 dBFS")


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"no sound", sample.wav()[:30], sample.wav().replace(b"WAVE", b"WOVE")],
)
def test_what_is_no_sound_is_not_drawn(content: bytes) -> None:
    with pytest.raises(ValueError, match="WAV"):
        figures.heard(content, "Heard")


def test_a_cut_off_recording_is_drawn_as_far_as_it_goes() -> None:
    assert figures.heard(sample.wav(2.0)[:-1001], "Heard").about.startswith("1.9 s")


def test_a_ladder_is_read_again_with_its_messages() -> None:
    ladder = ladders.read(sample.ladder())
    assert ladder.title == "Call to +442071838750 & answer"
    assert ladder.about.startswith("3 messages between")
    assert len(ladder.messages) == 3
    assert "INVITE" in ladder.messages[0].told
    assert "X-Note: a&b <c>" in ladder.messages[0].text
    assert "\ufffd" not in ladder.messages[0].text
    assert ladder.source.startswith("data:image/svg+xml")
    assert "X-Note" not in ladder.source  # an image shows no tooltip; the texts stand beside it
    assert "prefers-color-scheme" in ladder.source


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg",
        b"<html></html>",
        b"\xff\xfe",
        b"<svg/>",
        b"<svg>" + b" " * 2_000_001 + b"</svg>",
    ],
)
def test_what_is_no_ladder_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="ladder"):
        ladders.read(content)
