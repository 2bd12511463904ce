"""The first time with this project in JupyterLab: an onboarding, a fault, and what it teaches."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.labs import PROJECT, Lab
from tests.browser.visitor import Visitor, onboard, rehearse_a_fault

ROWS = "Quick troubleshooting"
"""The table of the guide's rows, which stands below the causes."""


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
    diagnosis = visitor.look_at("diagnosis")
    expect(diagnosis).to_contain_text("RTP from Synthflow to Genesys Cloud")
    rows = diagnosis.get_by_role("table", name=ROWS).get_by_role("row")
    audio = rows.filter(has_text="One-way or no audio")
    expect(audio).to_have_count(1)
    expect(audio).not_to_contain_text(re.compile("ruled out|no sign of it"))

    rehearse_a_fault(visitor, "")
    diagnosis = visitor.look_at("diagnosis")
    rows = diagnosis.get_by_role("table", name=ROWS).get_by_role("row")
    expect(rows.filter(has_text="One-way or no audio")).to_contain_text("ruled out")
