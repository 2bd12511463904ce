"""Figures: they say in words what they show, in every theme, and hostile text stays text."""

import json
import xml.etree.ElementTree as ET

import pytest

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import FlowRow
from sfsip_nb.present import chapters, figures, ladders
from sfsip_nb.present.figures import Figure
from sfsip_nb.present.style import VERDICTS
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, UNSEEN, poison

SVG = "{http://www.w3.org/2000/svg}"


def drawn(text: str = "") -> list[Figure]:
    data = Record.model_validate(poison(sample.record(), text) if text else sample.record())
    return [
        figures.callflow(data.flows[0]),
        figures.strip(chapters.overview(data), text or "The run"),
        figures.heard(
            sample.levels([sample.SOUND, sample.NOTHING], what=text or "Heard by the caller")
        ),
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
def test_a_figure_fetches_nothing_and_brings_its_colors_only_where_it_stands_alone(
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
    assert (
        max(len(text) for text in texts(figures.callflow(FlowRow.model_validate(flow)).inline))
        <= 20
    )


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


def paths(svg: str, look: str) -> list[str]:
    return [p.get("d", "") for p in ET.fromstring(svg).findall(f"{SVG}path[@class='{look}']")]


def test_a_lane_tells_sound_from_silence_and_silence_from_missing_packets() -> None:
    lane = [sample.SOUND] * 50 + [sample.SILENCE] * 50 + [sample.NOTHING] * 100
    figure = figures.heard(sample.levels(lane))
    told = "1.0 s of sound, 1.0 s of silence, 2.0 s without packets"
    assert figure.title == "Call to +442071838750: who heard what"
    assert figure.about == f"Heard by the caller: {told}"
    assert {"Heard by the caller", told, "no packets"} <= set(texts(figure.inline))
    assert paths(figure.inline, "wave") == ["M50 52v-15h126v30h-126v-15z"]
    assert paths(figure.inline, "hair")[0] == "M50 52h126M176 52h124"  # on in silence as in sound
    assert paths(figure.inline, "gap") == ["M300 52h250"]


def test_a_dead_lane_is_flat_and_a_lane_without_packets_has_no_line() -> None:
    silent = figures.heard(sample.levels([sample.SILENCE] * 100))
    assert silent.about == "Heard by the caller: 2.0 s of silence"
    assert (paths(silent.inline, "wave"), paths(silent.inline, "gap")) == ([], [])
    nothing = figures.heard(sample.levels([sample.NOTHING] * 100))
    assert nothing.about == "Heard by the caller: 2.0 s without packets"
    assert paths(nothing.inline, "wave") == []
    assert paths(nothing.inline, "hair") == [paths(silent.inline, "hair")[1]]  # the axis alone


def test_lanes_share_one_axis_and_what_an_end_was_not_in_the_call_for_is_blank() -> None:
    figure = figures.heard(sample.levels([sample.SOUND] * 200, [sample.SOUND] * 100, offset=1.0))
    first, second = paths(figure.inline, "wave")
    assert first.startswith("M50 52v-15h500v30")
    assert second.startswith("M176 138v-15h250v30")
    assert paths(figure.inline, "gap") == []
    assert "2.0 s of sound; in the call from 1.0 to 3.0 s" in figure.about


def test_quiet_sound_is_seen_beside_loud_sound() -> None:
    (shape,) = paths(figures.heard(sample.levels([-46] * 100 + [0] * 100)).inline, "wave")
    assert shape.startswith("M50 52v-5h250v-15h250v40")


@pytest.mark.parametrize("count", [0, 1, 15, 3000, 6000])
def test_the_axis_fits_any_length_and_the_drawing_stays_lean(count: int) -> None:
    speech: list[int | None] = [-(number * 7919 % 61) for number in range(count)]
    figure = figures.heard(sample.levels(speech, speech))
    assert len(texts(figure.inline)) <= 2 * 5 + 9 + 1
    assert len(figure.inline) < 9_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"RIFF",
        b"{}",
        b'{"call":"+1","lanes":[]}',
        b"[" * 100_000,
        b" " * 600_000,
        sample.levels([])[:-9],
        sample.levels([0]).replace(b"0.02", b"0"),
        sample.levels([0]).replace(b"0.02", b"1e999"),
        sample.levels([0]).replace(b'"offset": 0.0', b'"offset": NaN'),
        sample.levels([0]).replace(b'"offset": 0.0', b'"offset": ' + b"9" * 400),
        sample.levels([0]).replace(b"[0]", b'["loud"]'),
        sample.levels([0]).replace(b"[0]", b"{}"),
        sample.levels([0]).replace(b"[0]", b"[Infinity]"),
    ],
)
def test_what_is_no_file_of_levels_is_not_drawn(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (json says why in its own words)
        figures.heard(content)


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


def turned(**changed: object) -> bytes:
    file = json.loads(sample.levels([sample.SOUND] * 600))
    return json.dumps(file | {"answering": sample.answering() | changed}).encode()


def test_turns_stand_on_the_calls_own_axis_with_their_gaps_in_ms() -> None:
    figure = figures.heard(turned())
    assert {"500", "700", "820"} <= set(texts(figure.inline))
    assert "replies after 700 ms (p50), 820 ms (p95)" in figure.about
    assert "stops 240 ms after it is interrupted" in figure.about
    (bars, *_) = [path for path in paths(figure.inline, "wave") if path.count("z") == 3]
    assert bars  # one for each turn
    assert figures.heard(sample.levels([sample.SOUND] * 600)).height < figure.height


@pytest.mark.parametrize(
    "changed", [{"turns": "no list"}, {"turns": [{"start_s": "x"}]}, {"first_word": 3}]
)
def test_turns_that_are_none_are_no_figure(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"file of levels|validation"):
        figures.heard(turned(**changed))


def test_gaps_close_together_share_no_place_for_their_labels() -> None:
    turns = [
        {
            "start_s": 0.1 * n,
            "end_s": 0.1 * n + 0.05,
            "reply_s": 0.1 * n + 0.08,
            "gap": {"ms": 1000 + n, "error_ms": 20},
            "how": "answered",
        }
        for n in range(100)
    ]
    shown = [text for text in texts(figures.heard(turned(turns=turns)).inline) if text[:1] == "1"]
    assert 5 < len([text for text in shown if len(text) == 4]) < 20
