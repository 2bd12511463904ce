"""The Genesys guide in JupyterLab: a rehearsal begun, filled in, planned, approved, applied."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from sfsip_nb.replay.loaded import KERNEL, SAFE
from tests.browser.labs import Lab


def test_a_rehearsal_from_the_first_question_to_an_applied_plan(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Northwind")
    notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)

    identifier = page.get_by_label("Genesys termination identifier")
    identifier.fill("sip:northwind")
    expect(page.get_by_text("1 input to fill in or correct")).to_be_visible()
    identifier.fill("northwind-ai")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    page.get_by_label("Mode", exact=True).select_option("plan")

    look = notebook.run("look")
    notebook.unfold("look", "looked up")
    expect(look.get_by_text("fits: among 2 sites")).to_be_visible()
    offered = page.locator("datalist option[value='PureCloud Voice - AWS']")
    expect(offered.first).to_be_attached()
    for cell in ("step-access-platform", "step-access-synthflow", "step-access-number"):
        notebook.run(cell)
    notebook.run("step-access-network")
    expect(notebook.run("verdict").get_by_text("Prerequisites").last).to_be_visible()

    notebook = lab.open(page, f"{runbook}/02-genesys-configuration.ipynb")
    notebook.run("parameters")
    expect(notebook.run("open-run").get_by_text(re.compile("plan, attempt")).first).to_be_visible()
    plan = notebook.run("plan")
    expect(plan.get_by_text(re.compile("^7 to create, 4 to change, . by a person"))).to_be_visible()
    notebook.unfold("plan", "Create trunk")
    expect(plan.get_by_text("northwind-ai").first).to_be_visible()
    expect(plan.get_by_text("a fresh plan approves itself").first).to_be_visible()
    page.get_by_label("Approved by").fill("Ann Engineer")
    page.keyboard.press("Tab")
    created = notebook.run("step-trunk-create")
    expect(created.get_by_text(re.compile("pass")).first).to_be_visible()
    expect(notebook.run("plan").get_by_text("approved by Ann Engineer").first).to_be_visible()


def test_the_run_goes_on_after_the_kernel_was_restarted(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Contoso")
    notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    page.get_by_label("Genesys caller name").fill("Northwind Desk")
    page.get_by_label("Genesys caller name").press("Tab")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    notebook.restart()
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    expect(page.get_by_label("Genesys caller name")).to_have_value("Northwind Desk")
    expect(notebook.run("step-access-platform").get_by_text("pass").first).to_be_visible()
    if SAFE:
        told = notebook.add("step-access-platform", "import sys; print(sys.orig_argv)")
        expect(told.get_by_text(KERNEL)).to_be_visible()


def test_two_notebooks_of_one_run_share_what_was_typed(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Fabrikam")
    first = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        first.run(cell)
    other_page = page.context.new_page()
    second = lab.open(other_page, f"{runbook}/02-genesys-configuration.ipynb")
    second.run("parameters")
    second.run("open-run")
    page.bring_to_front()
    page.get_by_label("Genesys trunk name").fill("Northwind to AI")
    page.get_by_label("Genesys trunk name").press("Tab")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    other_page.bring_to_front()
    expect(second.run("plan").get_by_text("Create trunk “Northwind to AI”").first).to_be_visible()
