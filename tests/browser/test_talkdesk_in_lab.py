"""The Talkdesk guide in JupyterLab: its form, its plan, and the cards that a person answers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.labs import Lab, Notebook

CARDS = ("trunk.create", "trunk.acl", "routing.inbound", "routing.transfer")


def cell_of(step: str) -> str:
    """The id of a step's cell."""
    return f"step-{step.replace('.', '-').replace('_', '-')}"


def answer(notebook: Notebook, step: str, **values: str) -> None:
    """Run a step, see its card wait, say that it is done, and run it again."""
    waiting = notebook.run(cell_of(step))
    expect(waiting.get_by_text("waiting").first).to_be_visible()
    given = "".join(f", {name}={value!r}" for name, value in values.items())
    done = notebook.add(cell_of(step), f'run.done("{step}", by="Ann Engineer"{given})')
    expect(done.get_by_text("by Ann Engineer")).to_be_visible()
    notebook.run(cell_of(step))


def test_a_person_answers_the_cards_and_a_call_proves_them(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Tailspin", "talkdesk", people="{}")
    notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    sbc = page.get_by_label("Talkdesk SBC")
    right = sbc.input_value()
    sbc.fill("sip:sbc.tailspin.example")
    expect(page.get_by_text("→ sbc.tailspin.example")).to_be_visible()
    sbc.fill("sbc tailspin")
    expect(page.get_by_text("1 input to fill in or correct")).to_be_visible()
    sbc.fill(right)
    page.get_by_label("Talkdesk trunk name").fill("Tailspin to AI")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    answer(notebook, "access.platform", path="external_trunk")
    answer(notebook, "access.synthflow")
    answer(notebook, "access.number")
    notebook.run("step-access-network")
    expect(notebook.run("verdict").get_by_text("pass Prerequisites")).to_be_visible()

    notebook = lab.open(page, f"{runbook}/02-talkdesk-configuration.ipynb")
    for cell in ("parameters", "open-run"):
        notebook.run(cell)
    expect(
        notebook.run("plan").get_by_text(re.compile("Create number .* in Synthflow")).first
    ).to_be_visible()
    for step in CARDS:
        answer(notebook, step)
    notebook.unfold("step-trunk-create", "Create the SIP trunk")
    card = notebook.cell("step-trunk-create").get_by_role("region").first
    expect(card.get_by_role("row", name="Tailspin to AI").first).to_be_visible()
    expect(notebook.run("verdict").get_by_text("inconclusive").last).to_be_visible()

    notebook = lab.open(page, f"{runbook}/03-synthflow-configuration.ipynb")
    expect(notebook.run_all().get_by_text("pass Synthflow configuration")).to_be_visible()

    notebook = lab.open(page, f"{runbook}/05-verification.ipynb")
    for cell in ("parameters", "open-run"):
        notebook.run(cell)
    call = notebook.run("step-verify-inbound")
    expect(call.get_by_role("img").first).to_be_visible()
    expect(call.get_by_text("pass").first).to_be_visible()
