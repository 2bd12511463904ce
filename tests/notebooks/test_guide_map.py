"""The map of the vendor's document: complete, word for word, and leading somewhere.

The document itself is not part of the project. `SFSIP_GUIDES` names the folder that holds it;
without it the map is held against a digest of what was read there.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.engine.model import Line
from sfsip_nb.platforms.shared import lines
from sfsip_nb.platforms.shared.diagnosis import TroubleshootingRow
from sfsip_nb.runs.session import GUIDES
from sfsip_nb.testbed.faults import faults
from tests.notebooks.notebook_tools import PATHS

DOCUMENTS = {"genesys": "sip-with-genesys-cloud.md", "talkdesk": "sip-with-talkdesk.md"}
DIGESTS = {
    "genesys": "bdb598ebfd18462f473991311c669326370e61bb385f70183e1d35625902543c",
    "talkdesk": "cc1946b5fe33cb51d08ccea82be3e0d25178cb854cec908eb3ce7424f2db211f",
}
FRONT_MATTER = re.compile(r"\A\*\*\*\n.*?\n-{3,}\n", re.DOTALL)

Plain = tuple[str, str, str]  # heading, kind, text
each_guide = pytest.mark.parametrize("guide", GUIDES)


def of_document(text: str) -> Iterator[Plain]:
    """Every line that says something: with its heading, in order, as it is written."""
    heading, rows = "", 0
    box = ""  # note or warning
    for line in FRONT_MATTER.sub("", text).splitlines():
        words = line.strip()
        rows = rows + 1 if words.startswith("|") else 0
        if match := re.fullmatch(r"<(/?)(Note|Warning)>", words):
            box = "" if match[1] else match[2].lower()
        elif match := re.match(r"#+ (.*)", words):
            heading = match[1]
        elif words.startswith("|"):
            if rows > 2:  # the header, and the rule below it
                yield heading, "row", " · ".join(c.strip() for c in words.strip("|").split("|"))
        elif match := re.match(r"\d+\. (.*)", words):
            yield heading, "step", match[1]
        elif match := re.match(r"\* (.*)", words):
            yield heading, "reference" if heading.startswith("Reference") else "item", match[1]
        elif words and words != "***":
            yield heading, box or "text", words


def of_map(guide: str) -> list[Plain]:
    return [(line.heading, line.kind, line.text) for line in lines.read(guide)]


@each_guide
def test_the_map_is_the_document_line_by_line(guide: str) -> None:
    mapped = of_map(guide)
    if folder := os.environ.get("SFSIP_GUIDES"):
        text = (Path(folder) / DOCUMENTS[guide]).read_text(encoding="utf-8")
        assert mapped == list(of_document(text))
    digest = hashlib.sha256(json.dumps(mapped, ensure_ascii=False).encode()).hexdigest()
    assert digest == DIGESTS[guide], "the map is no longer the document that was read"


def test_the_reader_of_the_document_knows_its_parts() -> None:
    text = (
        "***\n\ntitle: T\n-------\n\n<Note>\n  N\n</Note>\n\n## A\n\nWords.\n\n1. One\n\n"
        "| H | I |\n| - | - |\n| b | c |\n\n***\n\n## Reference\n\n* R\n"
    )
    assert list(of_document(text)) == [
        ("", "note", "N"),
        ("A", "text", "Words."),
        ("A", "step", "One"),
        ("A", "row", "b · c"),
        ("Reference", "reference", "R"),
    ]


@each_guide
def test_every_line_is_carried_by_something_that_is_there(guide: str) -> None:
    steps = {f"step {step.id}" for step in GUIDES[guide].steps}
    notebooks = {f"notebook {path.stem}" for path in PATHS}
    for line in lines.read(guide):
        assert line.carried_by in steps | notebooks, line


@each_guide
def test_every_section_carries_some_of_it(guide: str) -> None:
    carried = {line.carried_by for line in lines.read(guide)}
    for section in GUIDES[guide].sections:
        steps = {f"step {step.id}" for step in GUIDES[guide].of_section(section.notebook)}
        assert carried & (steps | {f"notebook {section.notebook}"}), section


# -- the troubleshooting table ----------------------------------------------------------------


def documents_rows(guide: str) -> list[tuple[str, str]]:
    """Issue and fix of each row, as the vendor wrote them."""
    found = [line for line in lines.read(guide) if _is_troubleshooting(line)]
    return [(issue, fix) for issue, _, fix in (line.text.partition(" · ") for line in found)]


def _is_troubleshooting(line: Line) -> bool:
    return (line.heading, line.kind) == ("Quick Troubleshooting", "row")


def rows_of(guide: str) -> tuple[TroubleshootingRow, ...]:
    module = importlib.import_module(f"sfsip_nb.platforms.{guide}.troubleshooting")
    return tuple(module.ROWS)


@each_guide
def test_the_troubleshooting_rows_are_the_documents_one_to_one(guide: str) -> None:
    rows = rows_of(guide)
    assert len({row.id for row in rows}) == len(rows)
    for (issue, fix), row in zip(documents_rows(guide), rows, strict=True):
        for word in _words(issue):
            assert any(own.startswith(word) for own in _words(row.issue)), (word, row.issue)
        for fact in re.findall(r"\S*\d[\w.]*\w|Termination URI|SIP Access Control", fix):
            assert fact in row.fix, (fact, row.fix)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.casefold())


@each_guide
def test_every_sign_of_a_row_is_a_step_that_exists(guide: str) -> None:
    steps = {step.id for step in GUIDES[guide].steps}
    for row in rows_of(guide):
        assert {sign.partition("/")[0] for sign in row.shown_by} <= steps
        assert len(set(row.shown_by)) == len(row.shown_by) > 0


@each_guide
def test_every_row_can_be_tried_out_on_the_testbed(guide: str) -> None:
    others = tuple(f"{other}." for other in DOCUMENTS if other != guide)
    led_to = {fault.row for fault in faults().values() if not fault.name.startswith(others)}
    assert {issue for issue, _ in documents_rows(guide)} <= led_to
