"""The first time with this project in JupyterLab: an onboarding, a fault, and what it teaches."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser.labs import PROJECT, Lab
from tests.browser.visitor import Visitor, onboard, rehearse_a_fault


def test_a_first_onboarding_ends_with_its_record_and_a_fault_is_told_and_mended(
    lab: Lab, page: Page
) -> None:
    visitor = Visitor(lab, page)
    onboard(visitor, "Adatum")
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert f"{visitor.clicks} clicks" in readme
    run = lab.root / "runs" / "adatum-genesys-rehearsal"
    record = json.loads((run / "attempts" / "0001-apply" / "record.json").read_text())
    assert (record["verdict"], record["not_run"]) == ("pass", [])
    assert record["testbed"]["faults"] == []

    rehearse_a_fault(visitor, "synthflow.rtp-blackhole")
    expect(
        visitor.look_at("open-run").get_by_text("fault on: synthflow.rtp-blackhole")
    ).to_be_visible()
    cause = visitor.look_at("diagnosis").get_by_role("region", name="Cause 1")
    expect(cause).to_contain_text("Synthflow's audio is lost on the way")
    expect(cause).to_contain_text("RTP from Synthflow to Genesys Cloud")
    first = visitor.cell("diagnosis").get_by_role("table").last.locator("tbody tr").first
    expect(first).to_contain_text("One-way or no audio")
    expect(first).to_contain_text("named")

    rehearse_a_fault(visitor, "")
    diagnosis = visitor.look_at("diagnosis")
    expect(diagnosis.get_by_text("there is no cause to name")).to_be_visible()
    expect(diagnosis.get_by_role("table").last.locator("tbody tr").first).to_contain_text(
        "ruled out"
    )
