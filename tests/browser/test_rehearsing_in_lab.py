"""A rehearsal of the hard part in JupyterLab: own cards, approval by name, calls dialed by hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from sfsip_nb.inputs import samples
from sfsip_nb.testbed import life, surprise
from tests.browser.labs import PROJECT, Lab, execute
from tests.browser.test_calling_in_lab import provisioned
from tests.browser.visitor import SECTIONS, Visitor, begin, go_on, open_record

ME = "Ann Engineer"
BY_HAND = (
    re.compile("I answer the cards myself"),
    re.compile("I approve the plan myself"),
    re.compile("I dial myself"),
)


DIAL, ANSWER = f"Dial {samples.DID} on the rehearsal's phone", "Answer the agent's phone"


class Engineer(Visitor):
    """A visitor who does by hand what the notebooks ask for; each field takes one click."""

    def answer(self, cell: str, label: str = "Done by", **typed: str) -> None:
        """Type below a card, and a name."""
        shown = self.look_at(cell, "end")
        for field, value in {**typed, label: ME}.items():
            self.click(shown.get_by_label(field))
            self.page.keyboard.type(value)

    def call(self, cell: str, *buttons: str) -> None:
        """Run the cell of a call that was just answered, and press buttons while it watches."""
        shown, run = self.cell(cell), self.shown.get_by_role("button", name="Run this cell")

        def talk() -> None:
            self.click(run)
            for button in buttons:
                if button == ANSWER:
                    expect(shown.get_by_text("the agent's phone rings: answer it")).to_be_visible()
                    picture(self.page, "agent-rings")
                self.click(shown.get_by_role("button", name=button))

        execute(self.page, talk, self.ids.index(cell))
        expect(shown.get_by_text("pass").first).to_be_visible()


def test_the_hard_part_is_rehearsed_by_hand(lab: Lab, page: Page) -> None:
    me = Engineer(lab, page)
    begin(me, "Woodgrove", by_hand=BY_HAND)
    me.run_all()
    expect(me.look_at("step-access-synthflow").get_by_text("waiting").first).to_be_visible()
    picture(page, "waiting-card")
    me.answer("step-access-synthflow")
    me.run_all()
    expect(me.look_at("verdict").get_by_text("pass Prerequisites")).to_be_visible()

    _, configuration, *others = SECTIONS["genesys"]
    go_on(me, configuration)
    me.run_all()
    picture(page, "plan-waits")
    me.answer("plan", "Approved by")
    for step in ("trunk-outbound", "trunk-acl", "routing-inbound", "routing-transfer"):
        me.answer(f"step-{step}")
    me.run_all()
    panel = me.look_at("step-trunk-inbound", "end").get_by_label(re.compile("^FQDN"))
    shows = re.compile(r"^it shows (\S+)$")
    expect(panel).to_have_attribute("placeholder", shows)
    [fqdn] = shows.findall(str(panel.get_attribute("placeholder")))
    me.click(panel)
    page.keyboard.type(fqdn)
    me.answer("step-trunk-inbound")
    picture(page, "card-with-screen")
    me.run_all()
    expect(me.look_at("step-trunk-inbound").get_by_text("pass").first).to_be_visible()

    for section in others[:3]:
        go_on(me, section)
        me.run_all()
    picture(page, "dial-waits")
    for test, buttons in (
        ("inbound", [DIAL]),
        ("transfer", [f"{DIAL} and ask for a person", ANSWER]),
        ("outbound", ["Start the call at Genesys Cloud"]),
    ):
        cell = f"step-verify-{test}"
        caller = {"The number you called from": samples.CALLER}
        me.answer(cell, **(caller if test != "outbound" else {}))
        me.call(cell, *buttons)
    for section in others[3:]:
        go_on(me, section)
        me.run_all()
    open_record(me)
    run = lab.root / "runs" / "woodgrove-genesys-rehearsal"
    [made] = (run / "attempts").glob("*/record.json")
    record = json.loads(made.read_text())
    assert (record["verdict"], record["not_run"]) == ("pass", [])
    assert {person["done_by"] for person in record["people"]} == {ME}
    assert record["plan"]["approved_by"] == ME
    assert f"{me.clicks} clicks" in (PROJECT / "README.md").read_text(encoding="utf-8")


SEED = 9
"""Draws a fault whose calls end soon."""


def test_a_surprise_is_found_out_and_then_told(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Relecloud")
    run_dir = (lab.root / runbook).parent
    provisioned(run_dir)
    start = lab.open(page, "notebooks/start.ipynb")
    start.run("practice")
    page.get_by_label("Rehearsal").select_option(run_dir.name)
    page.get_by_role("button", name="Surprise me").click()
    expect(page.get_by_text(f"Something is broken in {run_dir.name} now.")).to_be_visible()
    testbed = life.find(run_dir)
    assert testbed is not None
    testbed.control("DELETE", "/surprise")
    testbed.control("POST", "/surprise", {"guide": "genesys", "seed": SEED})

    for section in ("04-call-flows", "05-verification"):
        lab.open(page, f"{runbook}/{section}.ipynb").run_all()
    notebook = lab.open(page, f"{runbook}/06-troubleshooting.ipynb")
    notebook.run_all()
    diagnosis = notebook.cell("diagnosis")
    diagnosis.scroll_into_view_if_needed()
    expect(diagnosis.get_by_role("table", name="The evidence: what failed")).to_be_visible()
    expect(page.get_by_role("region", name="Cause 1")).to_have_count(0)
    choices = diagnosis.get_by_role("radio")
    expect(choices).to_have_count(surprise.CHOICES)
    picture(page, "surprise-asks")
    choices.first.check()
    notebook.run("diagnosis")
    expect(diagnosis.get_by_text("You said: ")).to_be_visible()
    expect(diagnosis.get_by_text("The proof is below.")).to_be_visible()
    expect(diagnosis.get_by_role("region", name="Cause 1")).to_be_visible()
    picture(page, "surprise-told")
    diagnosis.get_by_role("button", name="Switch the surprise off").click()
    expect(diagnosis.get_by_text("It is off.")).to_be_visible()
    assert testbed.control("GET", "/surprise") == {"on": False}


def picture(page: Page, name: str) -> None:
    """Keep a picture where the environment names a folder for them."""
    if folder := os.environ.get("SFSIP_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")
