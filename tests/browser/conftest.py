"""A browser for the tests: the Chromium that is installed, never one that is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.labs import CELL, EMPTY, HOLDS_LAB, Lab, jupyterlab
from tests.sip.peers.lab import need

expect.set_options(timeout=CELL)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests that a worker has of this folder.

    Not for the whole session: while Playwright runs, its event loop is the thread's, and no other
    test could run one of its own.
    """
    need("chromium")
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        made = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield made
        made.close()


@pytest.fixture(scope="package")
def kept(browser: Browser) -> list[Page]:
    """The page that goes from one test to the next, once there is one."""
    return []


@pytest.fixture
def page(browser: Browser, kept: list[Page], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page as wide as a laptop's, in a context that the test may open more in.

    It comes from the test before, emptied, because loading JupyterLab costs seven seconds of a
    core; after a failure it is a new one.
    """
    if not kept:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(CELL)
        kept.append(context.new_page())
    [page] = kept
    failed = request.session.testsfailed
    yield page
    if request.session.testsfailed > failed:
        kept.clear()
        page.context.close()
        return
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.bring_to_front()
    if page.evaluate(HOLDS_LAB):
        page.evaluate(EMPTY)


@pytest.fixture(scope="package")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests, on a copy of the notebooks."""
    with jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab(laboratory: Lab) -> Iterator[Lab]:
    """The JupyterLab, without kernels and testbeds of other tests."""
    yield laboratory
    laboratory.end()
