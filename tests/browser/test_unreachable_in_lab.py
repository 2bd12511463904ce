"""A machine on which no name resolves, in JupyterLab: the verdict at once, and every host named."""

from __future__ import annotations

import re
import time

import yaml
from playwright.sync_api import Page, expect

from sfsip_nb.inputs.generate import live_values
from tests.browser.labs import Lab
from tests.unreachable import LIVE_HOSTS, NAMELESS, live_file

SECONDS = 5.0


def test_each_cell_that_needs_a_host_ends_at_once_and_names_it(lab: Lab, page: Page) -> None:
    given = yaml.safe_load(live_file(lab.root).read_text(encoding="utf-8"))
    values = live_values("genesys") | given | {"run": "nameless"}
    inputs = {name: repr(value) for name, value in values.items()}
    path = lab.copy("notebooks/genesys/01-prerequisites.ipynb", "01-nameless.ipynb", **inputs)
    nameless = lab.root / "nameless.py"
    nameless.write_text(NAMELESS, encoding="utf-8")
    notebook = lab.open(page, path)
    for name in ("parameters", "open-run"):
        notebook.run(name)
    notebook.add("open-run", f"exec(open({str(nameless)!r}).read())")
    for name in ("look", "step-access-platform"):
        began = time.monotonic()
        shown = notebook.run(name)
        card = notebook.cell(name).get_by_text("A host cannot be reached")
        expect(card).to_be_visible()
        assert time.monotonic() - began < SECONDS
        said = " ".join(shown.all_inner_texts())
        assert said.count("Cannot reach ") == 1
        for host in LIVE_HOSTS:
            assert host in said
        table = notebook.cell(name).get_by_role("table", name="The hosts that this run needs")
        expect(table.get_by_role("row")).to_have_count(1 + len(LIVE_HOSTS) + 1)
        expect(table.get_by_text("the name does not resolve").first).to_be_visible()
        expect(table.get_by_text("443").first).to_be_visible()
    network = notebook.run("step-access-network")
    expect(
        network.get_by_text(re.compile(r"login\.euw2\.pure\.cloud can be reached"))
    ).to_be_visible()
    expect(network.get_by_text("? inconclusive").first).to_be_visible()
