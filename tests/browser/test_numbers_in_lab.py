"""Two hundred numbers in JupyterLab: one a line in the form, one row in the tables."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from sfsip_nb.inputs import samples
from tests.browser.labs import Lab

BILLING = samples.SYNTHFLOW_SECOND_ASSISTANT_NAME


def test_numbers_go_into_the_form_one_a_line(lab: Lab, page: Page, tmp_path: Path) -> None:
    listed = tmp_path / "numbers.csv"
    listed.write_text("number,assistant\n+15551231000..149,\n15551231150,Acme Billing\n")
    runbook = lab.begin(page, "Humongous")
    notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    numbers = page.get_by_label("Numbers", exact=True)
    numbers.fill(str(listed))
    expect(page.get_by_text("line 3 is wrong").first).to_be_visible()
    numbers.fill("+15551231000..149\n+15551231150..198, Acme Outbound\n+15551231199, Acme Billing")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    told = notebook.run("step-access-synthflow")
    expect(told.get_by_text("“Acme Outbound” is no inbound assistant").first).to_be_visible()
    expect(told.get_by_text("fail").first).to_be_visible()
    numbers.fill(f"+15551231000..149\n+15551231150..199, {BILLING}, Bills")
    told = notebook.run("step-access-synthflow")
    notebook.unfold("step-access-synthflow", "pass")
    expect(told.get_by_text("The assistant takes calls (Acme Billing)").first).to_be_visible()
    expect(told.get_by_text("✖ fail")).to_have_count(0)
    notebook.run("step-access-platform")
    told = notebook.run("step-access-number")
    notebook.unfold("step-access-number", "pass")
    expect(told.get_by_text("Each of 200 numbers is in a DID pool")).to_be_visible()

    notebook = lab.open(page, f"{runbook}/02-genesys-configuration.ipynb")
    for cell in ("parameters", "open-run"):
        notebook.run(cell)
    plan = notebook.run("plan")
    expect(plan.get_by_text("+15551231000..199").first).to_be_visible()
    notebook.unfold("plan", "Create number")
    expect(plan.get_by_text(f"{BILLING}").first).to_be_visible()
