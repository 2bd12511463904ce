"""The record page: complete, safe, offline, and the same bytes every time."""

import re
from html.parser import HTMLParser

import pytest

from sfsip_nb.present.exhibits import TEXT_LIMIT
from sfsip_nb.present.record import record_html
from tests.present import record_sample as sample

HOSTILE = "<script>alert(1)</script>\"'><img src=https://evil.example/x onerror=alert(1)>\x1b[31m‮"


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def poison(value: object) -> object:
    """Every text of a record replaced by hostile text, except what the page branches on."""
    if isinstance(value, dict):
        fixed = ("verdict", "weight", "section", "id", "target", "mode", "evidence", "change")
        return {k: v if k in fixed and isinstance(v, str) else poison(v) for k, v in value.items()}
    if isinstance(value, list):
        return [poison(item) for item in value]
    return HOSTILE if isinstance(value, str) else value


def test_the_page_shows_what_a_reader_needs() -> None:
    page = Page(record_html(sample.record(), sample.EVIDENCE))
    for text in (
        "Acme Health & Care",
        "0003-apply",
        "2026-11-20 09:12:00 UTC",
        "Silence proves nothing",
        "trunk_outbound_port",
        "32682",
        "the former SIP password",
        "Dana Example",
        "No third address at hand",
        "The Global host is being retired",
        "Admin > Telephony > Trunks",
        "papermill 2.7.0",
    ):
        assert text in page.text
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table")
    assert ("lang", "en") in page.attributes


def test_the_page_can_run_and_fetch_nothing() -> None:
    text = record_html(sample.record(), sample.EVIDENCE)
    page = Page(text)
    assert not {"script", "iframe", "link", "object", "form"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href", "action")]
    assert all(value.startswith(("data:image/svg+xml", "#", "https://")) for value in sources)
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src" in text
    assert not re.search(r"url\(|@import", text)


def test_hostile_text_stays_text() -> None:
    page = Page(record_html(poison(sample.record()), sample.EVIDENCE))  # type: ignore[arg-type]
    assert "script" not in page.tags
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert "<script>alert(1)</script>" in page.text
    assert "\x1b" not in page.text
    assert "‮" not in page.text
    assert "⟨U+202E⟩" in page.text


def test_a_hostile_picture_stays_a_picture() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><title>"><script>x</script>'
    page = Page(record_html(sample.record(), {sample.LADDER: svg}))
    assert "script" not in page.tags
    assert "onload" not in dict(page.attributes)


def test_the_same_dict_gives_the_same_bytes() -> None:
    assert record_html(sample.record(), sample.EVIDENCE) == record_html(
        sample.record(), dict(reversed(sample.EVIDENCE.items()))
    )


def test_every_evidence_file_is_pictured_folded_or_named() -> None:
    page = Page(record_html(sample.record(), sample.EVIDENCE))
    anchors = {value for name, value in page.attributes if name == "id"}
    links = {value[1:] for name, value in page.attributes if name == "href" and value[0] == "#"}
    assert {"E1", "E2", "E3"} <= anchors
    assert links <= anchors
    assert '"trunk_outbound_port": 32681' in page.text
    assert "Not text; it stands in the run's evidence folder." in page.text


def test_evidence_that_is_gone_is_said_to_be_gone() -> None:
    assert "Not at hand when this page was written." in record_html(sample.record(), {})


def test_long_evidence_is_cut_and_says_so() -> None:
    text = record_html(sample.record(), {sample.REPLY: b"x" * (TEXT_LIMIT + 1)})
    assert "cut here" in text
    assert "x" * (TEXT_LIMIT + 1) not in text


def test_an_advisory_doubt_is_not_an_open_point() -> None:
    page = record_html(sample.record(), {})
    chapter = page[page.index('id="open"') : page.index("</section>", page.index('id="open"'))]
    required, advisory = chapter.split("Shown, but not proven")
    assert "OPTIONS is answered" in required
    assert "not being retired" not in required
    assert "not being retired" in advisory


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"target": "testbed", "testbed": {"time_scale": 60, "faults": ["x.y"]}}, "x.y"),
        ({"target": "testbed", "testbed": None}, "ran against the testbed"),
        ({"mode": "plan"}, "only planned"),
    ],
)
def test_what_a_reader_must_not_overlook_stands_on_top(
    change: dict[str, object], text: str
) -> None:
    assert text in record_html(sample.record() | change, {})
    assert text not in record_html(sample.record(), {})


def test_a_record_without_any_step_is_still_a_page() -> None:
    assert "no step ran" in record_html(sample.record() | {"steps": [], "changes": []}, {})
