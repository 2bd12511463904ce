"""A parameters file to JupyterLab and back: one set of inputs, by hand and headless."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.labs import Lab, Notebook, jupyterlab, ready

ACME = """\
# Acme, a rehearsal of Tuesday's call
target: testbed
customer: Acme   # as they write it
genesys:
  caller_name: "Acme Desk"   # asked on Monday
  site: Acme Main Site
"""
FIRST = "runs/acme-genesys/runbook/01-prerequisites.ipynb"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Lab]:
    """What `sfsip jupyter acme.yaml` opens."""
    root = tmp_path / "lab"
    root.mkdir()
    (root / "acme.yaml").write_text(ACME, encoding="utf-8")
    with jupyterlab(root, file="acme.yaml") as running:
        yield running


def first_notebook(lab: Lab, page: Page) -> Notebook:
    """The run's first notebook, as it stands in front, with its form."""
    ready(page, FIRST)
    notebook = Notebook(page, lab.root / FIRST, lab.ids(FIRST))
    expect(notebook.cells).to_have_count(len(notebook.ids))
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    return notebook


def test_a_file_fills_the_form_and_what_was_typed_is_replayed_from_it(own: Lab, page: Page) -> None:
    page.goto(own.url)  # which is where a browser is sent
    notebook = first_notebook(own, page)
    caller = page.get_by_label("Genesys caller name")
    expect(caller).to_have_value("Acme Desk")

    page.get_by_role("button", name="Look up what both have").click()
    expect(page.get_by_text("You can now choose below")).to_be_visible()
    offered = page.locator("datalist option[value='PureCloud Voice - AWS']")
    expect(offered.first).to_be_attached()
    page.get_by_label("Search and add").fill("+15551230002")
    expect(page.get_by_label("Numbers", exact=True)).to_have_value("+15551230001\n+15551230002")

    caller.fill("Acme Line")
    page.get_by_label("Genesys caller address").fill("+1 (555) 123-0001")
    expect(page.get_by_text("→ +15551230001")).to_be_visible()
    page.get_by_role("button", name="Save to the parameters file").click()
    expect(page.get_by_text('+  caller_name: "Acme Line"   # asked on Monday')).to_be_visible()
    assert (own.root / "acme.yaml").read_text(encoding="utf-8") == ACME
    page.get_by_role("button", name="Write acme.yaml").click()
    expect(page.get_by_text("✔ acme.yaml is written.")).to_be_visible()
    written = (own.root / "acme.yaml").read_text(encoding="utf-8")
    assert "customer: Acme   # as they write it" in written
    assert 'caller_name: "Acme Line"   # asked on Monday' in written

    notebook.restart()
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    expect(page.get_by_label("Genesys caller name")).to_have_value("Acme Line")

    command = [sys.executable, "-m", "sfsip_nb", "replay", "acme.yaml", "--only", "01"]
    done = subprocess.run(command, cwd=own.root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stdout + done.stderr  # one section of seven
    attempts = sorted((own.root / "runs/acme-genesys/attempts").iterdir())
    inputs = json.loads((attempts[-1] / "record.json").read_text())["inputs"]
    assert inputs["genesys"]["caller_name"] == "Acme Line"
    assert inputs["numbers"] == ["+15551230001", "+15551230002"]

    start = own.open(page, "notebooks/start.ipynb")
    start.run("file")
    page.get_by_label("Parameters file").select_option("acme.yaml: Acme, testbed")
    link = start.run("file-notebooks").get_by_role("link", name="01 Prerequisites")
    link.click()
    ready(page, FIRST)
