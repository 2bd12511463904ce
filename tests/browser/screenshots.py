"""Makes the pictures of docs/tour.md anew: `make screenshots`, with Chromium installed.

The same walk as the test of the first time, with a camera.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.labs import PROJECT, jupyterlab
from tests.browser.visitor import Visitor, onboard, rehearse_a_fault

FOLDER = PROJECT / "docs" / "pictures"
SIZE = {"width": 1180, "height": 820}
FAULT = "synthflow.rtp-blackhole"

PICTURES = (
    ("start", "start", "begin", "center"),
    ("01-prerequisites", "form", "inputs", "start"),
    ("02-genesys-configuration", "plan", "plan", "start"),
    ("04-call-flows", "call-flow", "step-flow-inbound", "end"),
    ("05-verification", "heard", "step-verify-inbound", "start"),
    ("05-verification", "call", "step-verify-inbound", "end"),
    ("07-reference-and-record", "glance", "record", "start"),
    (f"06-troubleshooting with {FAULT}", "fault", "diagnosis", "start"),
)
"""Where the walk stops, the file, the cell, and which part of the cell is looked at."""
UNFOLD = "all => all.forEach(one => one.open = true)"
UNFOLDED = {"call"}
"""The pictures of what is folded because all is well."""


def camera(visitor: Visitor) -> Callable[[str], None]:
    """Pictures what the walk tells of."""

    def see(name: str) -> None:
        for _, file, cell, part in (entry for entry in PICTURES if entry[0] == name):
            shown = visitor.look_at(cell, part)
            if file in UNFOLDED:
                shown.locator("details.step").evaluate_all(UNFOLD)
                visitor.look_at(cell, part)
            visitor.page.mouse.move(0, 0)
            visitor.page.wait_for_timeout(500)
            visitor.page.screenshot(path=FOLDER / f"{file}.png")

    return see


def main() -> None:
    """Walk through a rehearsal, light; then picture its record, light and dark."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )
        visitor = Visitor(lab, browser.new_page(viewport=SIZE))
        onboard(visitor, "Northwind", camera(visitor))
        [record] = lab.root.glob("runs/*/attempts/*/record.html")
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            page.goto(record.as_uri())
            page.screenshot(path=FOLDER / f"record-{scheme}.png")
        rehearse_a_fault(visitor, FAULT, camera(visitor))
        browser.close()


if __name__ == "__main__":
    main()
