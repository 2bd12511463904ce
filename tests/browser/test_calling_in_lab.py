"""“Call this number now” in JupyterLab: card, number, watch, a call by hand, the verdict."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from sfsip_nb.inputs import samples
from sfsip_nb.runs import session
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PARAMETERS
from tests.acceptance.telephone import calling
from tests.browser.labs import CELL, FINISHED, Lab

BY_HAND = '{"allowed": False, "destinations": [], "from": "", "max": 3, "per_minute": 2}'


def provisioned(run_dir: Path) -> None:
    """What 01 to 04 would have done."""
    life.ensure(run_dir, time_scale=200)
    sets = (f"run={run_dir.name}", "test_calls.allowed=false")
    with closing(session.prepare(PARAMETERS, sets, out=run_dir, keep_testbed=True)) as opened:
        for step in opened.guide.steps:
            if not step.dials:
                opened.engine.run(step.id)


def test_a_person_dials_while_the_cell_watches_both_sides(lab: Lab, page: Page) -> None:
    run_dir = lab.root / "runs" / "by-hand"
    provisioned(run_dir)
    inputs = {"run": repr(run_dir.name), "test_calls": BY_HAND}
    path = lab.copy("notebooks/genesys/05-verification.ipynb", "05-by-hand.ipynb", **inputs)
    notebook = lab.open(page, path)
    for name in ("parameters", "open-run"):
        notebook.run(name)
    card = notebook.run("step-verify-inbound")
    expect(card.get_by_text(f"Call {samples.DID} now").first).to_be_visible()
    page.get_by_label("The number you called from").fill(samples.CALLER)
    page.get_by_label("Done by").fill("Ann Engineer")
    page.keyboard.press("Tab")

    cell = notebook.cell("step-verify-inbound")
    cell.locator(".cm-content").first.click()
    page.keyboard.press("Control+Enter")
    watch = cell.get_by_text(re.compile(rf"call \{samples.DID} now.*Synthflow: nothing yet"))
    expect(watch).to_be_visible()
    hang_up = threading.Event()
    with calling(run_dir, hang_up):
        going = re.compile(rf"Synthflow: a call from \{samples.CALLER} since .*, in progress")
        expect(cell.get_by_text(going)).to_be_visible()
        hang_up.set()
        expect(cell.locator(".jp-InputPrompt").first).to_have_text(FINISHED, timeout=CELL)
    expect(cell.locator("summary", has_text="Inbound call").first).to_contain_text("pass")
