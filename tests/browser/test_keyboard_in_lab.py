"""A rehearsal in JupyterLab by a keyboard alone: the mouse is never touched."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.labs import Lab, execute, ready

FOCUS = """() => {
    const at = document.activeElement, cell = at.closest('.jp-Cell');
    const cells = [...at.closest('.jp-Notebook')?.querySelectorAll('.jp-Cell') ?? []];
    if (cell === at) return 'cell ' + cells.indexOf(at);
    return at.labels?.[0]?.textContent || at.getAttribute('aria-label') || at.textContent;
}"""
ACTIVE = """() => {
    const cells = document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell');
    return [...cells].findIndex(cell => cell.classList.contains('jp-mod-active'));
}"""
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"


class Hands:
    """A keyboard, and eyes for what has the focus."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.ids: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def read(self, path: str) -> None:
        """Look at a notebook that has just been opened."""
        self.ids = self.lab.ids(path)
        ready(self.page, path)
        expect(self.page.locator(f"{SHOWN} .jp-Cell")).to_have_count(len(self.ids))

    def move(self, key: str, focus: str) -> None:
        """Press a key until what it leads to has the focus."""
        for _ in range(100):
            self.press(key)
            if self.page.evaluate(FOCUS).strip() == focus:
                return
        raise AssertionError(f"{key} never led to {focus}")

    def field(self, name: str) -> None:
        """Go to a control below the cell."""
        self.move("Tab", name)

    def leave(self) -> None:
        """Go back from a control to its cell."""
        self.move("Shift+Tab", f"cell {self.page.evaluate(ACTIVE)}")

    def cell(self, id: str) -> None:
        """Go from one cell to another."""
        wanted = self.ids.index(id)
        for _ in self.ids:
            now = self.page.evaluate(ACTIVE)
            if now == wanted:
                return
            if now == wanted - 1:
                self.press("Shift+Enter")  # the arrow keys pass over a folded cell
            else:
                self.press("ArrowDown" if now < wanted else "ArrowUp")
        raise AssertionError(f"the arrow keys never led to {id}")

    def run(self, id: str) -> None:
        """Go to a cell, run it, and wait for its end."""
        self.cell(id)
        execute(self.page, lambda: self.press("Control+Enter"), self.ids.index(id))

    def replace(self, text: str) -> None:
        """Type over what stands in a field."""
        self.press("Control+a")
        self.page.keyboard.type(text)


def test_a_rehearsal_by_keyboard_alone(lab: Lab, page: Page) -> None:
    hands = Hands(page, lab)
    page.goto(f"{lab.url}/lab/tree/notebooks/start.ipynb?reset")
    hands.read("notebooks/start.ipynb")
    hands.run("begin")
    expect(page.get_by_label("Customer")).to_be_visible()
    hands.field("Customer")
    page.keyboard.type("Alpine")
    hands.field("Target")
    hands.press("Space", "ArrowDown", "Enter")  # arrows alone belong to the notebook
    hands.leave()
    hands.run("notebooks")
    hands.field("01 Prerequisites")
    hands.press("Enter")

    runbook = "runs/alpine-genesys-rehearsal/runbook"
    hands.read(f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        hands.run(cell)
    expect(page.get_by_text("every input can be used")).to_be_visible()
    hands.field("Mode")
    hands.press("Space", "ArrowDown", "Enter")
    hands.field("SIP register")
    hands.press("Space", "Space")
    hands.field("Genesys termination identifier")
    hands.replace("sip:alpine")
    expect(page.get_by_text("1 input to fill in or correct")).to_be_visible()
    hands.replace("alpine-ai")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    hands.leave()
    for step in ("platform", "synthflow", "number", "network"):
        hands.run(f"step-access-{step}")
    hands.cell("next")
    hands.field("02 Genesys Cloud configuration")
    hands.press("Enter")

    hands.read(f"{runbook}/02-genesys-configuration.ipynb")
    for cell in ("parameters", "open-run", "plan"):
        hands.run(cell)
    shown = page.locator(SHOWN)
    expect(shown.get_by_text("to create").first).to_be_visible()
    hands.field("Create trunk “Synthflow AI” in Genesys Cloud 12 fields · trunk.create")
    hands.press("Enter")
    expect(shown.get_by_text("alpine-ai").first).to_be_visible()
    hands.field("Approved by")
    page.keyboard.type("Ann Engineer")
    hands.leave()
    hands.run("step-trunk-create")
    hands.run("plan")
    expect(shown.get_by_text("approved by Ann Engineer").first).to_be_visible()
    expect(shown.locator("summary", has_text="Create the external trunk")).to_contain_text("pass")
