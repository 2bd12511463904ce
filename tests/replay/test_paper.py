"""The record as PDF: its words, its tags, and nothing hostile come through a real Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs import paper
from tests.present import record_sample as sample
from tests.present.hostile import SHORT, poison
from tests.sip.peers.lab import need


@pytest.fixture
def page(tmp_path: Path) -> Path:
    need("chromium")
    written = tmp_path / "a record #1.html"
    written.write_text(sample.page(sample.record(), sample.EVIDENCE), encoding="utf-8")
    return written


def test_the_page_is_printed_with_tags_and_an_outline(page: Path, tmp_path: Path) -> None:
    target = tmp_path / "record.pdf"
    paper.print_pdf(page, target)
    printed = target.read_bytes()
    assert printed.startswith(b"%PDF-")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Outlines", b"/Lang"):
        assert mark in printed
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 4


def test_what_is_printed_can_be_read(page: Path, tmp_path: Path) -> None:
    need("pdftotext")
    hostile = tmp_path / "hostile.html"
    data = poison(sample.record(), SHORT)
    hostile.write_text(sample.page(data, {}), encoding="utf-8")
    said = {}
    for source in (page, hostile):
        paper.print_pdf(source, tmp_path / "x.pdf")
        command = ["pdftotext", "-layout", str(tmp_path / "x.pdf"), "-"]
        said[source] = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    for text in ("waiting", "fail", "Acme Health & Care", "488 Not Acceptable Here", "Page 1 of"):
        assert text in said[page]
    assert "X-Note: a&b <c>" in said[page]  # folded on the screen, open on paper: that call failed
    foot = "Acme Health & Care · attempt 0003-apply · waiting"
    assert all(foot in sheet for sheet in said[page].removesuffix("\f").split("\f"))
    first = said[page].partition("\f")[0]
    assert "Acceptance" in first
    assert "Signature" in first
    assert "<script>alert(1)</script>" in said[hostile].replace("\n", "")


def printed(page: Path, zone: str) -> str:
    """The text of the sample record, printed with its times in a zone."""
    need("pdftotext")
    target = page.with_suffix(".pdf")
    started = sample.record()["started"]
    paper.print_pdf(page, target, paper.opened_in(zone, page, started))
    command = ["pdftotext", "-layout", str(target), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize(
    ("zone", "first", "step"),
    [
        ("+05:45", "2026-11-20 09:12:00 UTC = 2026-11-20 14:57:00 UTC+05:45", "14:57:04"),
        ("America/New_York", "2026-11-20 09:12:00 UTC = 2026-11-20 04:12:00 UTC-05:00", "04:12:04"),
        ("UTC-9:30", "2026-11-20 09:12:00 UTC = 2026-11-19 23:42:00 UTC-09:30", "23:42:04"),
    ],
)
def test_times_are_printed_in_the_zone_that_is_asked_for(
    page: Path, zone: str, first: str, step: str
) -> None:
    said = printed(page, zone)
    assert first in " ".join(said.split())
    assert step in said
    assert "09:12:04" not in said


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "+00:20", "../etc/passwd", "+99"])
def test_a_zone_that_there_is_not_is_refused(page: Path, zone: str) -> None:
    with pytest.raises(InputError, match=r"is no (time zone|offset)"):
        paper.opened_in(zone, page, "2026-11-20T09:12:00Z")


def test_a_page_of_an_earlier_version_has_no_other_zones(tmp_path: Path) -> None:
    page = tmp_path / "record.html"
    page.write_text("<html></html>")
    with pytest.raises(InputError, match="earlier version"):
        paper.opened_in("+02:00", page, "2026-11-20T09:12:00Z")


def test_without_a_browser_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"open .* in any browser and print it"):
        paper.print_pdf(tmp_path / "record.html", tmp_path / "x.pdf")


def test_a_browser_that_prints_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "_BROWSERS", ("true",))
    with pytest.raises(InputError, match="did not print"):
        paper.print_pdf(tmp_path / "record.html", tmp_path / "x.pdf")


@pytest.mark.parametrize("name", ["", "none/record.pdf"])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_printed(
    page: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        paper.print_pdf(page, tmp_path / name)
