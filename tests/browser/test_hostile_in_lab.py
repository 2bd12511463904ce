"""A stranger's texts in JupyterLab, where outputs are trusted: shown, and nothing comes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from sfsip_nb.inputs import samples
from sfsip_nb.runs import session
from tests import hostile_testbed
from tests.acceptance.acceptance_tools import PARAMETERS
from tests.browser.labs import PROJECT, Lab
from tests.present.hostile import HOSTILE, UNSEEN

SHOW = f"""import sys
sys.path.insert(0, {str(PROJECT)!r})
from IPython.display import display
from sfsip_nb.present import tables
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, poison
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import AnsweredCard
record = lambda text: Record.model_validate(poison(sample.record(), text))
"""
CELLS = {
    "steps": "display(tables.verdict_table(record(text).steps))",
    "checks": "display(tables.checks_table(record(text).steps[0]))",
    "changes": "display(tables.plan_table(record(text).changes, text, text))",
    "inputs": "display(tables.inputs_table([{'key': 'a', 'help': text, 'value': text,"
    " 'secret': False, 'problem': text}]))",
    "notice": "display(tables.notice(text), tables.overall('fail', text))",
    "card": "display(tables.card(AnsweredCard(title=text, system=text, path=[text], fields="
    "[{'label': text, 'value': text, 'secret': False}], why=text, look_for=text,"
    " answered_by=text, answered_at=text, note=text)))",
    "ladder": "display(tables.ladder(sample.ladder(text.encode('utf-8', 'replace')), text))",
}
CALLER = "=1+1<img src=x onerror=alert(1)>"
ACTING = ".jp-OutputArea :is(script, iframe, [onerror], [src^='http'], [href*='evil'])"


class Watched:
    """All that a page says, asks for or tries to run."""

    def __init__(self, page: Page, allowed: str) -> None:
        self.happened: list[str] = []
        self.page, self.allowed = page, allowed

    def __enter__(self) -> Self:
        self.page.on("dialog", self._opened)
        self.page.on("request", self._asked)
        return self

    def __exit__(self, *error: object) -> None:
        self.page.remove_listener("dialog", self._opened)
        self.page.remove_listener("request", self._asked)

    def _opened(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.happened.append(f"{dialog.type} {dialog.message}")
        dialog.accept()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.allowed, "data:", "blob:", "ws")):
            self.happened.append(request.url)


@pytest.fixture
def watched(lab: Lab, page: Page) -> Iterator[Watched]:
    """The page of the test, watched from its beginning."""
    if not page.url.startswith(lab.url):  # a JupyterLab that has ended is still asked
        page.goto("about:blank")
    with Watched(page, lab.url) as watched:
        yield watched


def notebook(path: Path, cells: dict[str, str]) -> None:
    """Write a notebook of code cells."""
    written: list[dict[str, Any]] = [
        {
            "id": id,
            "cell_type": "code",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for id, source in cells.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    about = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps({"cells": written, **about}), encoding="utf-8")


def test_each_of_our_tables_shows_hostile_text_and_stays_as_it_is(
    lab: Lab, page: Page, watched: Watched
) -> None:
    every = {
        id: f"for text in HOSTILE.values():\n    {source}\nprint('end of {id}')"
        for id, source in CELLS.items()
    }
    notebook(lab.root / "hostile.ipynb", {"show": SHOW, **every})
    opened = lab.open(page, "hostile.ipynb")
    opened.run("show")
    for id in CELLS:
        opened.run(id)
        expect(opened.cell(id).get_by_text(f"end of {id}", exact=True)).to_be_visible()
        shown = opened.cell(id).locator(".jp-OutputArea")
        assert shown.locator("script, img[src='x'], [onerror]").count() == 0, id
        assert not UNSEEN & set(shown.inner_text()), id
        sideways = "area => area.scrollWidth - area.clientWidth"
        assert shown.evaluate(sideways) <= 0, id
    assert opened.cell("checks").get_by_text(HOSTILE["script"]).count() > 0
    assert watched.happened == []


def test_a_hostile_customer_goes_through_a_plan(lab: Lab, page: Page, watched: Watched) -> None:
    name = HOSTILE["script"] + HOSTILE["SQL"] + HOSTILE["template"]
    start = lab.open(page, "notebooks/start.ipynb")
    start.run("begin")
    page.get_by_label("Customer").fill(name)
    page.get_by_label("Target").select_option("testbed: a rehearsal on this machine")
    link = start.run("notebooks").get_by_role("link", name="01 Prerequisites")
    expect(link).to_be_visible()
    [folder] = [p for p in (lab.root / "runs").glob("script*") if p.is_dir()]
    opened = lab.open(page, f"runs/{folder.name}/runbook/01-prerequisites.ipynb")
    for cell in ("parameters", "open-run", "inputs"):
        opened.run(cell)
    page.get_by_label("Genesys caller name").fill(CALLER)
    page.get_by_label("Synthflow assistant").fill(HOSTILE["attribute"])
    page.get_by_label("Synthflow assistant").press("Tab")
    expect(opened.run("look").get_by_text(HOSTILE["attribute"]).first).to_be_visible()
    page.get_by_label("Synthflow assistant").fill(samples.SYNTHFLOW_ASSISTANT_NAME)
    page.get_by_label("Synthflow assistant").press("Tab")
    for cell in ("step-access-platform", "step-access-synthflow"):
        opened.run(cell)
    opened = lab.open(page, f"runs/{folder.name}/runbook/02-genesys-configuration.ipynb")
    for cell in ("parameters", "open-run", "plan"):
        opened.run(cell)
    opened.unfold("plan", "Create trunk")
    expect(opened.cell("plan").get_by_text(CALLER).first).to_be_visible()
    start = lab.open(page, "notebooks/start.ipynb")
    expect(start.run("overview").get_by_text("<script>alert(1)").first).to_be_visible()
    assert page.locator(ACTING).count() == 0
    assert watched.happened == []


def test_hostile_platforms_are_met_in_a_notebook(lab: Lab, page: Page, watched: Watched) -> None:
    runbook = lab.begin(page, "Wingtip")
    folder = lab.root / runbook.removesuffix("/runbook")
    fault = "/faults/genesys.no-permission-call-routes"
    with hostile_testbed.started(folder) as testbed:
        with closing(session.prepare(PARAMETERS, hostile_testbed.SETS, out=folder)) as opened:
            hostile_testbed.provision(opened)
        notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
        for cell in ("parameters", "open-run", "inputs", "look"):
            notebook.run(cell)
        for key, name in hostile_testbed.NAMES.items():
            label = key.replace(".", " ").replace("_", " ").capitalize()
            field = page.get_by_label(label, exact=True)
            offered = field.evaluate("field => [...field.list.options].map(one => one.value)")
            assert name in offered
            assert not UNSEEN & set("".join(offered))
            field.fill(name)
            field.press("Tab")
        look = notebook.run("look")
        notebook.unfold("look", "looked up")
        expect(look.get_by_text("fits: among 2 sites")).to_be_visible()
        expect(look.get_by_text(HOSTILE["SQL"]).first).to_be_visible()
        called = notebook.add("look", 'run.step("verify.inbound") + run.step("probe.header")')
        called.locator("details.step").evaluate_all("all => all.forEach(one => one.open = true)")
        expect(called.get_by_text(re.compile(r"round-trip.*characters\)")).first).to_be_visible()
        testbed.control("PUT", fault)
        stopped = notebook.add("look", "run.plan(fresh=True)")
        expect(stopped.get_by_text("That did not work")).to_be_visible()
        expect(stopped.get_by_text(HOSTILE["script"]).first).to_be_visible()
    shown = page.locator(".jp-OutputArea")
    assert page.locator(ACTING).count() == 0
    own = {"\u200b"}  # ipywidgets', in its labels
    assert not (UNSEEN - own) & set("".join(shown.all_inner_texts()))
    sideways = "areas => areas.map(area => area.scrollWidth - area.clientWidth)"
    assert max(shown.evaluate_all(sideways)) <= 0
    assert watched.happened == []
