"""A customer whose name is an attack is shown by that name, and nothing comes of it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

from tests.acceptance.acceptance_tools import Run

NAME = (
    """<script>alert(1)</script>"'><img src=x onerror=alert(2)> '); DROP TABLE steps;-- {{7*7}}"""
)
CALLER = "=HYPERLINK(1)<b onclick=alert(3)>"


class Page(HTMLParser):
    """A page's tags, its attributes that act, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.acting: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.acting += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_hostile_name_goes_through_a_replay_as_text(run: Run) -> None:
    sets = (f"customer={json.dumps(NAME)}", f"genesys.caller_name={json.dumps(CALLER)}", "run=a")
    words = [word for assignment in sets for word in ("--set", assignment)]
    # What people did is proven by calls, and none is placed here.
    assert run.replay("--only", "01,02", *words).code == 3
    attempt = run.attempts[0]
    assert run.record()["customer"] == NAME
    assert CALLER in json.dumps(run.record()["changes"])
    ET.parse(attempt / "junit.xml")
    for path in (attempt / "record.html", *sorted((attempt / "notebooks").glob("*.html"))):
        page = Page(path)
        assert not {"script", "b"} & page.tags, path.name
        # A card's button for copying a value is ours; the page's policy lets nothing run.
        assert set(page.acting) <= {"onclick"}, path.name
        assert "onclick=alert" not in path.read_text(encoding="utf-8").replace("&lt;b onclick", "")
        assert "default-src 'none'" in path.read_text(encoding="utf-8").replace("&#39;", "'")
    record = Page(attempt / "record.html")
    assert record.acting == []
    assert NAME in record.text
    assert CALLER in record.text
    assert run.command("record", str(run.folder), "--check").code == 0
