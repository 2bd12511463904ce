"""Forked kernels in JupyterLab: interrupted, restarted and shut down, and each notebook its own."""

from __future__ import annotations

import json
import re
import time
import urllib.request

import psutil
import pytest
from playwright.sync_api import Page, expect

from sfsip_nb.replay.loaded import KERNEL, SAFE
from tests.browser.labs import CELL, STARTING, Lab, Notebook

pytestmark = pytest.mark.skipif(not SAFE, reason="kernels are forked on Linux only")

BLANK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
WHO = "import os, sys; print('pid', os.getpid(), 'from', os.getppid(), *sys.orig_argv[2:3])"
WAITS = "mine = 1; print('on', flush=True); import time; time.sleep(600)"
SHUT_DOWN = "window.jupyterapp.commands.execute('kernelmenu:shutdown')"


def written(lab: Lab, name: str, *cells: str) -> str:
    """A notebook of these cells, each with its place as its id."""
    made = [
        {"id": f"c{n}", "cell_type": "code", "source": code, "metadata": {}, "outputs": []}
        | {"execution_count": None}
        for n, code in enumerate(cells)
    ]
    path = lab.root / name
    path.write_text(json.dumps(BLANK | {"cells": made, "metadata": {"kernelspec": SPEC}}))
    return name


def asked(notebook: Notebook, cell: str) -> tuple[int, int]:
    """The process of a notebook's kernel, and the one that it was forked from."""
    said = notebook.run(cell).get_by_text(re.compile("pid"))
    expect(said).to_be_visible()
    told = re.search(rf"pid (\d+) from (\d+) {KERNEL}", said.inner_text())
    assert told, said.inner_text()
    return int(told[1]), int(told[2])


def gone(pid: int) -> bool:
    """Whether a process ends, which takes it a moment."""
    until = time.monotonic() + STARTING
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


@pytest.fixture
def two(lab: Lab, page: Page) -> tuple[Notebook, Notebook]:
    """Two notebooks, each in a page of its own."""
    names = [written(lab, f"{name}.ipynb", WHO, WAITS, "print('mine' in dir())") for name in "ab"]
    return (lab.open(page, names[0]), lab.open(page.context.new_page(), names[1]))


def test_two_forked_kernels_are_interrupted_restarted_and_shut_down(
    lab: Lab, two: tuple[Notebook, Notebook]
) -> None:
    first, second = two
    other, origin = asked(second, "c0")
    first.page.bring_to_front()
    pid, same = asked(first, "c0")
    assert same == origin
    assert pid != other, "each notebook has a process of its own"

    first.choose("c1")
    first.page.keyboard.press("Control+Enter")
    waiting = first.cell("c1").locator(".jp-OutputArea-output")
    expect(waiting.get_by_text("on", exact=True)).to_be_visible()
    first.page.evaluate("window.jupyterapp.commands.execute('kernelmenu:interrupt')")
    expect(waiting.get_by_text("KeyboardInterrupt").first).to_be_visible()
    expect(first.run("c2").get_by_text("True")).to_be_visible()
    assert asked(first, "c0") == (pid, origin), "an interrupt ends a cell, and no kernel"

    first.restart()
    expect(first.run("c2").get_by_text("False")).to_be_visible()
    again, same = asked(first, "c0")
    assert same == origin
    assert gone(pid)
    assert psutil.pid_exists(other), "the other notebook's kernel goes on"

    for kernel, notebook in ((again, first), (other, second)):
        notebook.page.bring_to_front()
        notebook.page.evaluate(SHUT_DOWN)
        assert gone(kernel)
    assert psutil.Process(origin).children() == []
    with urllib.request.urlopen(f"{lab.url}/api/kernels", timeout=CELL / 1000) as answer:
        assert json.load(answer) == []
