"""A person who opens JupyterLab for the first time: clicks, types, reads, and is counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from tests.browser.labs import ALL, Lab, execute, in_front, ready

FAULT = re.compile(r"^[a-z]+\.[a-z-]+$")
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
SCROLL = """([id, part]) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    const index = content.widgets.findIndex(cell => cell.model.id === id);
    return content.scrollToItem(index, part);
}"""


@dataclass
class Visitor:
    """One person at one page. `clicks` counts what a mouse would do; a choice in a list is two."""

    lab: Lab
    page: Page
    clicks: int = 0
    runbook: str = ""
    ids: list[str] = field(default_factory=list)

    @property
    def shown(self) -> Locator:
        """The notebook in front."""
        return self.page.locator(PANEL)

    def cell(self, id: str) -> Locator:
        """A cell of the notebook in front, by its id."""
        return self.shown.locator(".jp-Notebook .jp-Cell").nth(self.ids.index(id))

    def look_at(self, id: str, part: str = "start") -> Locator:
        """Scroll to a cell."""
        self.page.evaluate(SCROLL, [id, part])
        cell = self.cell(id)
        expect(cell).to_be_visible()
        return cell

    def click(self, what: Locator) -> None:
        """One click."""
        what.click()
        self.clicks += 1

    def choose(self, label: str, choice: str) -> None:
        """Open a list and choose from it."""
        self.shown.get_by_label(label, exact=True).select_option(choice)
        self.clicks += 2

    def arrive(self, path: str) -> None:
        """Wait until a notebook stands in front, ready to be run."""
        ready(self.page, path)
        self.ids = self.lab.ids(path)

    def run_all(self) -> None:
        """Run all cells by the button in the toolbar, to the end."""
        button = self.shown.get_by_role("button", name="Run All Cells", exact=True)
        execute(self.page, lambda: self.click(button), timeout=ALL)

    def follow(self, id: str, link: str, path: str) -> None:
        """Click a link in a cell, and arrive."""
        self.click(self.look_at(id).get_by_role("link", name=link).first)
        self.arrive(path)


See = Callable[[str], None]
SECTIONS = {
    "genesys": (
        "01-prerequisites",
        "02-genesys-configuration",
        "03-synthflow-configuration",
        "04-call-flows",
        "05-verification",
        "06-troubleshooting",
        "07-reference-and-record",
    )
}


def onboard(visitor: Visitor, customer: str, see: See = lambda name: None) -> None:
    """From the page that `sfsip jupyter` opens to the record of a rehearsal.

    `see` is told where one could stop and look.
    """
    begin(visitor, customer, see)
    first, *others = SECTIONS["genesys"]
    visitor.run_all()
    see(first)
    for section in others:
        go_on(visitor, section)
        visitor.run_all()
        see(section)
    open_record(visitor)
    see("record")


def begin(
    visitor: Visitor,
    customer: str,
    see: See = lambda name: None,
    by_hand: tuple[str, ...] = (),
    guide: str = "genesys",
) -> None:
    """Begin a rehearsal, with what is ticked to be done `by_hand`, and arrive at its 01."""
    page, lab = visitor.page, visitor.lab
    visitor.runbook = lab.new_run(customer, guide)
    page.goto(f"{lab.url}/lab/tree/notebooks/start.ipynb?reset")
    visitor.arrive("notebooks/start.ipynb")
    visitor.run_all()
    name = visitor.shown.get_by_label("Customer")
    visitor.click(name)
    page.keyboard.type(customer)
    visitor.choose("Target", "testbed: a rehearsal on this machine")
    for label in by_hand:
        visitor.click(visitor.shown.get_by_label(label))
    visitor.click(visitor.cell("notebooks").locator(".cm-content").first)
    page.keyboard.press("Shift+Enter")
    link = visitor.cell("notebooks").get_by_role("link", name="01 Prerequisites")
    expect(link).to_be_visible()
    see("start")
    visitor.click(link)
    visitor.arrive(f"{visitor.runbook}/{SECTIONS[guide][0]}.ipynb")


def go_on(visitor: Visitor, section: str) -> None:
    """Follow the link to the next section."""
    visitor.follow("next", section[:2], f"{visitor.runbook}/{section}.ipynb")


def open_record(visitor: Visitor) -> None:
    """Open the record that 07 has made."""
    visitor.click(visitor.look_at("record", "end").get_by_role("link", name="record.html"))
    in_front(visitor.page, "record.html")


def rehearse_a_fault(visitor: Visitor, fault: str, see: See = lambda name: None) -> None:
    """Switch one fault on in the form of 01, or none; run 05 and 06 again."""
    visitor.page.get_by_role("tab", name="01-prerequisites.ipynb").click()
    visitor.arrive(f"{visitor.runbook}/01-prerequisites.ipynb")
    visitor.look_at("inputs", "end")
    ticked = visitor.cell("inputs").get_by_role("checkbox", name=FAULT, checked=True)
    while ticked.count():
        ticked.first.uncheck()
    visitor.shown.get_by_label("Testbed faults").fill(fault.partition(".")[2].replace("-", " "))
    if fault:
        visitor.shown.get_by_label(fault).check()
    expect(visitor.shown.get_by_text("every input can be used")).to_be_visible()
    see("faults")
    for section in ("05-verification", "06-troubleshooting"):
        visitor.page.get_by_role("tab", name=f"{section}.ipynb").click()
        visitor.arrive(f"{visitor.runbook}/{section}.ipynb")
        visitor.run_all()
        see(f"{section} with {fault or 'no fault'}")
