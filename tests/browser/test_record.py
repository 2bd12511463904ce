"""Our pages in a real browser: nobody is kept out, nothing is fetched, nothing moves sideways.

They are the record, the cards to hand over, and the list of a run's attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

from sfsip_nb.present import zone
from sfsip_nb.present.html import environment
from sfsip_nb.runs import cards
from tests.browser.labs import CELL
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, SHORT, poison
from tests.project.project_files import ROOT

Scheme = Literal["light", "dark"]

RECORDS: dict[str, Callable[[], dict[str, Any]]] = {
    "mixed": sample.record,
    "plan": lambda: sample.record() | {"mode": "plan", "changes": []},
    "empty": lambda: sample.record() | {"steps": [], "changes": [], "people": [], "flows": []},
    "hostile": lambda: poison(sample.record(), SHORT),
    "endless": lambda: poison(sample.record(), HOSTILE["long"]),
}


def turned() -> dict[str, Any]:
    """A record that differs from the attempt before in everything that can differ."""
    check = {"id": "trunk.create/properties", "title": "Each property", "wanted": True}
    seen = {"before": "fail", "after": "pass", "seen_before": "5060", "seen_after": "32681"}
    field = {"field": "sip.transport", "before": "udp", "after": "tls"}
    then = {"attempt": 2, "mode": "plan", "started": "2026-11-19T23:50:00Z", "verdict": "fail"}
    return sample.record() | {
        "compared": then
        | {
            "steps": [{"id": "trunk.create", "before": "not run", "after": "pass"}],
            "checks": [check | seen],
            "causes_new": ["The port is 5060."],
            "causes_cured": ["The password is another one."],
            "inputs": [field],
        }
    }


RECORDS["turned"] = turned


def handed_over() -> str:
    """The cards of the sample customer."""
    return cards.of_file(ROOT / "parameters" / "talkdesk.testbed.yaml")


def listed() -> str:
    """The attempts of a run, one of them without a record."""
    rows = [
        {"name": f"000{number}-apply", "started": "2026-11-20T09:12:00Z", "verdict": "pass"}
        | {"ended": None, "why": why, "kind": "replay"}
        for number, why in enumerate(("", "It was never closed."), 1)
    ]
    page = environment().get_template("index.html")
    return page.render(run="acme-genesys", customer="Acme", attempts=rows)


PAGES: dict[str, Callable[[], str]] = {"cards": handed_over, "index": listed} | {
    name: partial(lambda make: sample.page(make(), sample.EVIDENCE), make)
    for name, make in RECORDS.items()
}


class Opened:
    """A page in a tab, with all that the tab asked for and complained about."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._asked)
        page.on("console", self._logged)
        page.on("pageerror", self._raised)
        page.goto(path.as_uri())

    def leave(self) -> None:
        """Watch the tab no longer."""
        self.page.remove_listener("request", self._asked)
        self.page.remove_listener("console", self._logged)
        self.page.remove_listener("pageerror", self._raised)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _logged(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def _raised(self, error: Error) -> None:
        self.complaints.append(str(error))

    def sideways(self) -> int:
        """Pixels by which the page is wider than its window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """One tab, in which each test loads its record: a new one costs three processes."""
    page = browser.new_page()
    page.set_default_timeout(CELL)
    yield page
    page.close()


@pytest.fixture
def opened(tab: Page, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens one of the records, light or dark, at a width."""
    with ExitStack() as stack:

        def make(record: str = "mixed", scheme: Scheme = "light", width: int = 1280) -> Opened:
            path = tmp_path / f"{record}.html"
            path.write_text(PAGES[record](), encoding="utf-8")
            tab.emulate_media(color_scheme=scheme)
            tab.set_viewport_size({"width": width, "height": 900})
            made = Opened(tab, path)
            stack.callback(made.leave)
            return made

        yield make


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
@pytest.mark.parametrize("record", ["turned", "plan", "empty", "hostile", "cards", "index"])
def test_axe_finds_nothing(
    opened: Callable[..., Opened], record: str, scheme: str, width: int
) -> None:
    tab = opened(record, scheme, width)
    for unfolded in (False, True):
        if unfolded:
            tab.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = Axe().run(tab.page).response["violations"]
        told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
        assert told == []


@pytest.mark.parametrize("record", sorted(PAGES))
def test_nothing_is_fetched_and_nothing_complained_about(
    opened: Callable[..., Opened], record: str
) -> None:
    tab = opened(record)
    tab.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    tab.page.mouse.wheel(0, 100_000)
    tab.page.wait_for_load_state("networkidle")
    outside = [url for url in tab.requests if not url.startswith(("file:", "data:"))]
    assert outside == []
    assert tab.complaints == []
    broken = "Array.from(document.images).filter(i => !(i.complete && i.naturalWidth)).length"
    assert tab.page.evaluate(broken) == 0


@pytest.mark.parametrize("width", [390, 800, 900, 1280])
@pytest.mark.parametrize("record", sorted(PAGES))
def test_the_page_never_moves_sideways(
    opened: Callable[..., Opened], record: str, width: int
) -> None:
    tab = opened(record, width=width)
    tab.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert tab.sideways() <= 0


def spoken(page: Page) -> str:
    """The text that a screen reader has, what the style sheet adds included."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    texts = [n["name"]["value"] for n in nodes if n["role"]["value"] == "StaticText"]
    return " ".join("".join(texts).split())


EDGES = (
    "2026-02-28T23:50:07Z",
    "2028-02-28T23:50:07Z",
    "2028-02-29T23:50:07Z",
    "2026-12-31T23:59:59Z",
    "2027-01-01T00:10:00Z",
    "2026-03-01T00:00:00Z",
)
"""Where a day's, month's or year's end lies between UTC and another zone."""


def test_times_are_shown_in_the_zone_that_a_reader_chooses(opened: Callable[..., Opened]) -> None:
    data = sample.record()
    data["dialled"] = [data["dialled"][0] | {"at": at} for at in EDGES]
    page = opened().page
    page.set_content(sample.page(data, {}))
    assert "2026-11-20 09:12:00 UTC" in spoken(page)
    for offset in (-720, -570, 60, 345, 840):
        page.get_by_label("times in").select_option(zone.label(offset))
        said = spoken(page)
        assert "2026-11-20 09:12:00 UTC = " in said, "the cover keeps UTC"
        for at in EDGES:
            then = datetime.fromisoformat(at) + timedelta(minutes=offset)
            assert f"{then:%Y-%m-%d %H:%M:%S} {zone.label(offset)}" in said
    page.get_by_label("times in").select_option("UTC")
    assert "UTC+" not in spoken(page).partition("Contents")[0].replace("UTC+00:00", "")


def test_a_keyboard_goes_past_the_cover(opened: Callable[..., Opened]) -> None:
    tab = opened()
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to the chapters"
    tab.page.keyboard.press("Enter")
    assert tab.page.url.endswith("#main")


def test_every_link_of_the_contents_leads_to_its_chapter(opened: Callable[..., Opened]) -> None:
    page = opened().page
    links = page.get_by_role("navigation", name="Contents").get_by_role("link")
    assert links.count() >= 10
    for link in links.all():
        link.click()
        name = link.text_content() or ""
        chapter = page.get_by_role("region", name=name, exact=False)
        assert chapter.get_by_role("heading", level=2).first.is_visible()


def test_figures_and_tables_have_names_for_a_screen_reader(opened: Callable[..., Opened]) -> None:
    page = opened().page
    for name in ("The run at a glance", "A caller reaches the AI agent", "who heard what"):
        assert page.get_by_role("img", name=name).first.is_visible()
    for name in ("Steps and checks", "Changes of this attempt", "What people did"):
        assert page.get_by_role("table", name=name).first.is_visible()
    assert page.get_by_role("rowheader", name="The AI answers").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_ladder_takes_the_pages_theme(opened: Callable[..., Opened], scheme: str) -> None:
    """The picture is an image with a style of its own; it must not be dark on dark."""
    page = opened(scheme=scheme).page
    image = page.locator("figure img").first
    image.scroll_into_view_if_needed()
    colour = """async image => {
        const drawn = document.createElement('canvas');
        drawn.width = image.naturalWidth; drawn.height = image.naturalHeight;
        const pen = drawn.getContext('2d');
        pen.drawImage(image, 0, 0);
        const data = pen.getImageData(0, 0, drawn.width, drawn.height).data;
        let sum = 0, count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200) { sum += data[i] + data[i + 1] + data[i + 2]; count += 3; }
        return sum / count;
    }"""
    brightness = image.evaluate(colour)
    assert (brightness > 128) == (scheme == "dark")
