"""Secrets typed in JupyterLab, with widget state saved: they are in nothing that is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.acceptance_tools import leaks
from tests.browser.labs import Lab, jupyterlab

CANARIES = {
    "Synthflow API key": "canary-synthflow/A\"b&c<d>+'e\\f=%41",
    "Genesys client secret": "canary genesys/G\"h&i<j>+'k\\l=e?#",
    "SIP password": "canary-sip/S\"t&u<v>+'w\\x=o:@",
}
HALF = "canary half-typed & left"
EXPECTED = {
    "SFSIP_TESTBED_SYNTHFLOW_API_KEY": CANARIES["Synthflow API key"],
    "SFSIP_TESTBED_GENESYS_CLIENT_SECRET": CANARIES["Genesys client secret"],
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A JupyterLab whose testbeds expect the canaries, and which saves widget state."""
    for name, value in EXPECTED.items():
        monkeypatch.setenv(name, value)
    with jupyterlab(tmp_path / "lab") as running:
        yield running


def save_widget_state(page: Page) -> None:
    """Switch on what JupyterLab calls Save Widget State Automatically."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="Save Widget State Automatically").or_(
        page.get_by_role("menuitem", name="Save Widget State Automatically")
    ).click()


def command(lab: Lab, *words: str) -> None:
    """Run a program of this environment in the lab's folder."""
    program = str(Path(sys.executable).with_name(words[0]))
    done = subprocess.run(
        [program, *words[1:]], cwd=lab.root, capture_output=True, text=True, timeout=300
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    (lab.root / f"{words[0]}-{len(list(lab.root.iterdir()))}.log").write_text(
        done.stdout + done.stderr
    )


def test_a_typed_secret_is_in_nothing_that_is_left(own: Lab, page: Page) -> None:
    runbook = own.begin(page, "Canary")
    notebook = own.open(page, f"{runbook}/01-prerequisites.ipynb")
    save_widget_state(page)
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    page.get_by_label("SIP password").click()
    page.keyboard.type(HALF)
    half = notebook.save()  # while it is half typed
    assert HALF not in str(half)
    for label, secret in CANARIES.items():
        field = page.get_by_label(label)
        field.fill(secret)
        field.press("Tab")
        expect(field).to_have_value("")
    page.get_by_label("Genesys caller name").fill(CANARIES["SIP password"])  # by mistake
    page.wait_for_timeout(500)
    notebook.save()
    page.get_by_label("Genesys caller name").fill("Canary Desk")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    notebook.run("look")
    for step in ("platform", "synthflow", "number", "network"):
        notebook.run(f"step-access-{step}")
    saved = notebook.save()
    assert saved["metadata"]["widgets"], "widget state is saved, else nothing is proven"
    assert list((own.root / runbook / ".ipynb_checkpoints").iterdir())

    exports = own.root / "exports"
    exports.mkdir()
    for format in ("html", "script"):
        url = f"{own.url}/nbconvert/{format}/{runbook}/01-prerequisites.ipynb?download=true"
        with urllib.request.urlopen(url, timeout=60) as answer:
            (exports / f"01.{format}").write_bytes(answer.read())
    here = own.root / runbook
    command(own, "papermill", str(here / "01-prerequisites.ipynb"), str(exports / "again.ipynb"))
    run = here.parent
    command(own, "sfsip", "record", str(run))
    if shutil.which("pdftotext"):
        command(own, "sfsip", "record", str(run), "--pdf", str(exports / "record.pdf"))
        subprocess.run(["pdftotext", str(exports / "record.pdf")], check=True, timeout=60)
        assert "Canary" in (exports / "record.txt").read_text(encoding="utf-8")
    assert list(run.glob("attempts/*/record.html"))
    page.goto("about:blank")  # this JupyterLab ends with the test
    assert leaks(own.root, CANARIES | {"half": HALF}) == []
    assert os.environ["SFSIP_TESTBED_SYNTHFLOW_API_KEY"] == CANARIES["Synthflow API key"]
