"""At a glance in JupyterLab: a bar that is true, a stop told where one is, nothing too wide."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.labs import Lab, Notebook

BAR = "Where this run stands"


NARROW = {"width": 900, "height": 900}
SIDEWAYS = """() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-OutputArea-output *')]
    .filter(part => part.clientWidth && part.scrollWidth > part.clientWidth + 1
        && !part.closest('svg, select, textarea, input')
        && getComputedStyle(part).overflowX !== 'visible')
    .map(part => `${part.tagName} ${part.className}: ${part.innerText.slice(0, 60)}`)"""
"""What of the outputs would have to be scrolled sideways, or is cut off."""

SHOWN_ALL = """() => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.notebookConfig = {...content.notebookConfig, windowingMode: 'none'};
}"""


FILES = """async shown => {
    const shell = window.jupyterapp.shell;
    shown ? shell.expandLeft() : shell.collapseLeft();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def fits(page: Page) -> None:
    """Nothing that the notebook shows is wider than what the file browser leaves of the window."""
    page.evaluate(SHOWN_ALL)
    body = page.locator(".jp-WindowedPanel-outer").first
    widths = []
    for shown in (True, False):
        page.evaluate(FILES, shown)
        assert page.evaluate(SIDEWAYS) == []
        assert body.evaluate("body => body.scrollWidth - body.clientWidth") <= 0
        widths.append(body.evaluate("body => body.clientWidth"))
    assert widths[0] < widths[1]


def bar(notebook: Notebook, cell: str) -> str:
    """The whole bar of a cell, in words."""
    shown = notebook.cell(cell).get_by_role("region", name=BAR)
    expect(shown).to_be_visible()
    return shown.inner_text()


def test_the_bar_follows_this_notebook_and_the_others_of_the_run(lab: Lab, page: Page) -> None:
    page.set_viewport_size(NARROW)
    runbook = lab.begin(page, "Tailspin")
    other_page = page.context.new_page()
    other_page.set_viewport_size(NARROW)
    second = lab.open(other_page, f"{runbook}/02-genesys-configuration.ipynb")
    second.run("parameters")
    second.run("open-run")
    there = second.cell("open-run").get_by_role("region", name=BAR)
    expect(there.get_by_role("listitem").filter(has_text="01 Prerequisites")).to_contain_text(
        "not run"
    )

    page.bring_to_front()
    first = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    first.run_all()
    assert "Next 02 Genesys Cloud configuration" in bar(first, "verdict")
    fits(page)
    step = first.cell("step-access-platform")
    line = step.locator("summary", has_text="pass").first
    expect(line).to_be_visible()
    expect(step.get_by_role("table")).to_have_count(0)
    line.click()
    expect(step.get_by_role("table").first).to_be_visible()
    saved = first.save()
    [head] = [cell for cell in saved["cells"] if cell["id"] == "open-run"]
    assert "01 Prerequisites: ✔ pass" in "".join(head["outputs"][-1]["data"]["text/plain"])

    other_page.bring_to_front()
    expect(there.get_by_role("listitem").filter(has_text="01 Prerequisites")).to_contain_text(
        "pass"
    )
    second.run_all()
    expect(second.cell("plan").get_by_text(re.compile("^7 to create, 4 to change"))).to_be_visible()
    fits(other_page)
    code = other_page.locator(".cm-line:visible", has_text="run.step")
    expect(code).to_have_count(0)


def test_a_stopped_run_all_says_why_where_it_ends_and_is_gone_on_with(lab: Lab, page: Page) -> None:
    runbook = lab.begin(page, "Lucerne", numbers="[]")
    notebook = lab.open(page, f"{runbook}/01-prerequisites.ipynb")
    notebook.run_all()
    end = notebook.cell("verdict").get_by_role("region", name=BAR)
    expect(end).to_contain_text("2 things to do")
    expect(end).to_contain_text("Fill in or correct 1 input")
    expect(end).to_contain_text("Stopped at “")
    expect(end.get_by_text("Next", exact=True)).to_have_count(0)
    stopped = notebook.cell("step-access-synthflow")
    expect(stopped.get_by_text("A cell above stopped")).to_be_visible()
    expect(page.get_by_text(re.compile("Traceback|Error"))).to_have_count(0)

    end.get_by_role("link", name="Fill in or correct 1 input").click()
    numbers = page.get_by_label("Numbers", exact=True)
    expect(numbers).to_be_in_viewport()
    numbers.fill("+15551230001")
    expect(page.get_by_text("every input can be used")).to_be_visible()
    notebook.cells.last.scroll_into_view_if_needed()
    expect(end).not_to_contain_text("Fill in or correct")
    notebook.run_all()
    assert "Next 02 Genesys Cloud configuration" in bar(notebook, "verdict")
