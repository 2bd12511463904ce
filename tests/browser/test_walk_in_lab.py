"""A walk through a run in JupyterLab: where one is, what is old, a wait that is interrupted."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.labs import FINISHED, Lab

SLOW = '{"url": "", "time_scale": 8, "seed": 1, "faults": []}'
"""The registration's two minutes take a quarter of one."""

BEFORE = ("01-prerequisites", "02-genesys-configuration")


def test_a_wait_is_interrupted_and_gone_on_with_and_what_is_old_is_marked(
    lab: Lab, page: Page
) -> None:
    runbook = lab.begin(page, "Litware", testbed=SLOW)
    for name in BEFORE:
        lab.open(page, f"{runbook}/{name}.ipynb").run_all()
    notebook = lab.open(page, f"{runbook}/03-synthflow-configuration.ipynb")
    notebook.run("parameters")
    head = notebook.run("open-run")
    expect(head.get_by_text("TESTBED", exact=True)).to_be_visible()
    sections = head.get_by_role("navigation", name="Sections")
    expect(sections.get_by_role("link", name="01 Prerequisites")).to_be_visible()
    expect(sections.locator("[aria-current=page]")).to_contain_text("03 Synthflow configuration")
    for step in ("step-number-add", "step-assistant-attach"):
        notebook.run(step)

    cell = notebook.cell("step-registration-wait")
    notebook.choose("step-registration-wait")
    page.keyboard.press("Control+Enter")
    expect(cell.get_by_text(re.compile(r"SIP registration: \d:\d\d of at most"))).to_be_visible()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Interrupt Kernel").click()
    expect(cell.locator(".jp-InputPrompt").first).to_have_text(FINISHED)
    expect(cell.get_by_text("Interrupted. Nothing is lost")).to_be_visible()
    expect(cell.get_by_text("Traceback")).to_have_count(0)
    expect(notebook.run("step-registration-wait").get_by_text("pass").first).to_be_visible()

    notebook.restart()
    for before in ((), ("parameters",)):  # no `run` yet, then the parameter of that name
        for cell in before:
            notebook.run(cell)
        early = notebook.run("step-number-add")
        expect(early.get_by_text("The run is not open in this kernel yet")).to_be_visible()
        expect(early.get_by_text(re.compile("NameError|AttributeError"))).to_have_count(0)
    notebook.run("open-run")
    older = "getComputedStyle(document.querySelectorAll('.stamp')[%d], '::before').content"
    assert "earlier attempt or kernel" in page.evaluate(older % 1)
    assert page.evaluate(older % 0) == "none", "the head itself is of this kernel"
