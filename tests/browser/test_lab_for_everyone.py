"""What we show in JupyterLab keeps nobody out: axe, in light and dark, on our own outputs."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.labs import Lab

OURS = {"include": [[".jp-OutputArea-output"]]}
"""The frame around the outputs is JupyterLab's."""


def grave(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe finds serious or critical in our outputs."""
    found: list[dict[str, Any]] = Axe().run(page, context=OURS).response["violations"]
    return [
        (item["id"], item["help"], [node["html"][:200] for node in item["nodes"][:3]])
        for item in found
        if item["impact"] in ("serious", "critical")
    ]


def theme(page: Page, name: str) -> None:
    """Change JupyterLab's theme as its menu does."""
    command = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
    page.evaluate(command, name)
    light = "false" if "Dark" in name else "true"
    expect(page.locator(f"[data-jp-theme-light='{light}']").first).to_be_attached()


@pytest.fixture(params=["JupyterLab Dark", "JupyterLab Light"])
def themed(request: pytest.FixtureRequest, lab: Lab, page: Page) -> Lab:
    """The lab in each of its themes, ending with the usual one."""
    lab.open(page, "notebooks/start.ipynb")
    theme(page, request.param)
    return lab


def test_axe_finds_nothing_grave_in_our_outputs(
    themed: Lab, page: Page, request: pytest.FixtureRequest
) -> None:
    runbook = themed.begin(page, "Proseware" if "Dark" in request.node.name else "Munson")
    start = themed.open(page, "notebooks/start.ipynb")
    for cell in ("begin", "notebooks", "overview"):
        start.run(cell)
    assert grave(page) == []
    notebook = themed.open(page, f"{runbook}/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        notebook.run(cell)
    page.get_by_label("Genesys termination identifier").fill("sip:wrong")
    expect(page.get_by_text("1 input to fill in or correct")).to_be_visible()
    assert grave(page) == []
    page.get_by_label("Genesys termination identifier").fill("right")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    for cell in ("look", "changed", "step-access-platform", "step-access-synthflow", "verdict"):
        notebook.run(cell)
    assert grave(page) == []
    notebook = themed.open(page, f"{runbook}/02-genesys-configuration.ipynb")
    for cell in ("parameters", "open-run", "plan", "step-trunk-create", "step-trunk-inbound"):
        notebook.run(cell)
    notebook.run("verdict")
    assert grave(page) == []
    notebook = themed.open(page, f"{runbook}/04-call-flows.ipynb")
    for cell in ("parameters", "open-run", "step-flow-inbound", "step-flow-transfer"):
        notebook.run(cell)
    expect(notebook.cell("step-flow-transfer").get_by_role("img").first).to_be_visible()
    assert grave(page) == []
