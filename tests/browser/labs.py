"""JupyterLab on a copy of the notebooks, and a page of it, as a person would use it."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect

from sfsip_nb.testbed import life
from tests.sip.peers.lab import free_port

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = PROJECT / "sfsip_nb" / "notebook" / "jupyter"
STARTING, CELL, ALL = 60.0, 60_000, 180_000
"""Most seconds for the server to start or to end, most milliseconds for one cell, or for anything
else that a page does, and for a notebook's cells, failing calls included, on a busy machine."""
POLLING = 100
"""Milliseconds between two looks at JupyterLab: one with each frame keeps a core busy."""


@dataclass
class Lab:
    """A running JupyterLab: its address and the folder that it serves."""

    url: str
    root: Path

    def end(self) -> None:
        """End all kernels and testbeds: what the next test meets is only on disk."""
        with urllib.request.urlopen(f"{self.url}/api/sessions", timeout=STARTING) as answer:
            sessions = json.load(answer)
        for session in sessions:
            ended = f"{self.url}/api/sessions/{session['id']}"
            request = urllib.request.Request(ended, method="DELETE")
            urllib.request.urlopen(request, timeout=STARTING).close()
        for run in (self.root / "runs").glob("*"):
            life.stop(run)

    def ids(self, path: str) -> list[str]:
        """The ids of a notebook's cells, in order."""
        found = json.loads((self.root / path).read_text(encoding="utf-8"))
        return [cell["id"] for cell in found["cells"]]

    def open(self, page: Page, path: str) -> Notebook:
        """Open one notebook in a page, in Lab's single-document mode.

        A page that holds JupyterLab already keeps it, and closes what was open: loading it anew
        costs more than most of what a test does in it.
        """
        if page.url.startswith(self.url) and page.evaluate(HOLDS_LAB):
            page.evaluate(EMPTY)
            page.evaluate(OPEN, path)
        else:
            page.goto(f"{self.url}/doc/tree/{path}")
        notebook = Notebook(page, self.root / path, self.ids(path))
        ready(page, path)
        expect(notebook.cells).to_have_count(len(notebook.ids), timeout=CELL)
        return notebook

    def copy(self, path: str, name: str, **cell: str) -> str:
        """A copy of one notebook, with what the engineer writes into its parameters cell."""
        made = self.root / Path(path).with_name(name)
        shutil.copy(self.root / path, made)
        _write(made, cell)
        return str(made.relative_to(self.root))

    def new_run(self, customer: str, guide: str) -> str:
        """The folder of a rehearsal's notebooks, of which no other test has left anything."""
        folder = f"runs/{customer.lower()}-{guide}-rehearsal/runbook"
        assert not (self.root / folder).exists(), f"two tests begin a run of {customer}"
        return folder

    def begin(self, page: Page, customer: str, guide: str = "genesys", **cell: str) -> str:
        """Begin a rehearsal as the start notebook asks for it; the folder of its notebooks.

        `cell` is what the engineer then writes into the parameters cells: name and value.
        """
        folder = self.new_run(customer, guide)
        start = self.open(page, "notebooks/start.ipynb")
        start.run("begin")
        page.get_by_label("Guide").select_option(index=["genesys", "talkdesk"].index(guide))
        page.get_by_label("Customer").fill(customer)
        page.get_by_label("Target").select_option("testbed: a rehearsal on this machine")
        outputs = start.run("notebooks")
        expect(outputs.get_by_role("link", name="01 Prerequisites")).to_be_visible()
        for path in (self.root / folder).glob("*.ipynb") if cell else ():
            _write(path, cell)
        return folder


def _write(path: Path, values: dict[str, str]) -> None:
    made = json.loads(path.read_text(encoding="utf-8"))
    [cell] = [c for c in made["cells"] if "parameters" in c["metadata"].get("tags", [])]
    tree = ast.parse("".join(cell["source"]))
    for item in tree.body:
        assert isinstance(item, ast.AnnAssign)
        if ast.unparse(item.target) in values:
            item.value = ast.parse(values[ast.unparse(item.target)], mode="eval").body
    cell["source"] = ast.unparse(tree)
    path.write_text(json.dumps(made), encoding="utf-8")


@dataclass
class Notebook:
    """One notebook on a page; cells are named by the ids that the file gives them."""

    page: Page
    path: Path
    ids: list[str]

    @property
    def cells(self) -> Locator:
        """All cells, in order."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def cell(self, id: str) -> Locator:
        """The cell of that id."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.ids.index(id))

    def run(self, id: str) -> Locator:
        """Run one cell, wait for its end, and return its outputs."""
        cell = self.cell(id)
        self.choose(id)
        index = self.ids.index(id)
        self.page.wait_for_function(FOCUSED, arg=index, polling=POLLING)
        execute(self.page, lambda: self.page.keyboard.press("Control+Enter"), index)
        return cell.locator(".jp-OutputArea-output")

    def choose(self, id: str) -> None:
        """Make a cell the active one."""
        cell = self.cell(id)
        folded = cell.locator(".jp-Placeholder-prompt")  # a click on its text would unfold it
        (folded if folded.count() else cell.locator(".cm-content").first).click()

    def unfold(self, id: str, line: str) -> None:
        """Open what is folded under a line of a cell's output, unless it is open."""
        summary = self.cell(id).locator("summary", has_text=line).first
        if not summary.evaluate("line => line.parentElement.open"):
            summary.click()

    def add(self, after: str, code: str) -> Locator:
        """Add a cell below another, run it, and return its outputs."""
        self.choose(after)
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        self.ids.insert(self.ids.index(after) + 1, code)
        expect(self.cells).to_have_count(len(self.ids))
        self.cell(code).locator(".cm-content").first.fill(code)
        return self.run(code)

    def run_all(self) -> Locator:
        """Run all cells by the menu, wait for the last one, and return all outputs."""

        def choose() -> None:
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

        execute(self.page, choose, timeout=ALL)
        self.cells.last.scroll_into_view_if_needed()  # what is out of sight is not drawn
        return self.page.locator(".jp-OutputArea-output")

    def restart(self) -> None:
        """Restart the kernel as the menu does, and say yes."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile(r"^Restart Kernel…")).click()
        self.page.evaluate(WATCH)
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        self.page.wait_for_function(RESTARTED, timeout=CELL)

    def save(self) -> dict[str, Any]:
        """Save by the menu's command, wherever the focus is; the file as it then is."""
        stamp = self.path.stat().st_mtime_ns
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        for _ in range(CELL // POLLING):
            self.page.wait_for_timeout(POLLING)
            with suppress(ValueError):  # JupyterLab empties the file before it writes it
                if self.path.stat().st_mtime_ns != stamp:
                    return dict(json.loads(self.path.read_text(encoding="utf-8")))
        raise AssertionError("the notebook was not saved")


def ready(page: Page, path: str) -> None:
    """Wait until a notebook stands in front and its kernel is connected.

    What is run before that gets lost: JupyterLab shows an idle kernel already while it connects.
    """
    page.wait_for_function(READY, arg=path, timeout=CELL, polling=POLLING)


def in_front(page: Page, name: str) -> None:
    """Wait until a file stands in front: before, a click on another tab would come first."""
    page.wait_for_function(IN_FRONT, arg=name, timeout=CELL, polling=POLLING)


def execute(
    page: Page, run: Callable[[], None], index: int | None = None, timeout: float = CELL
) -> None:
    """Run the cell at a place, or all of them, and wait for the end.

    A folded cell shows no prompt, so JupyterLab itself is asked; a quick one has ended between two
    looks, and after a restart has the number that it had before, so its beginning is listened for.
    """
    page.evaluate(LISTEN, index)
    run()
    try:
        page.wait_for_function("() => window.began", timeout=CELL, polling=POLLING)
        page.wait_for_function(ENDED, arg=index, timeout=timeout, polling=POLLING)
    except TimeoutError as late:
        raise AssertionError(f"{late}\n{page.evaluate(STATES)}") from late


HOLDS_LAB = "() => Boolean(window.jupyterapp)"
EMPTY = """() => {
    const shell = window.jupyterapp.shell;
    shell.mode = 'single-document';
    [...shell.widgets('main')].forEach(widget => widget.dispose());
}"""
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"
IN_FRONT = """name => {
    const context = window.jupyterapp?.shell.currentWidget?.context;
    return context?.path.endsWith(name) && context.isReady;
}"""
READY = """path => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.path === path && panel.context.isReady
        && panel.sessionContext.isReady && panel.sessionContext.kernelDisplayStatus === 'idle';
}"""
FOCUSED = """index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    return notebook.activeCellIndex === index && notebook.node.contains(document.activeElement);
}"""
LISTEN = """index => {
    window.began = false;
    const noted = (_, change) => { window.began ||= change.name.startsWith('execution'); };
    window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)
        .filter((cell, at) => cell.type === 'code' && (index === null || index === at))
        .forEach(cell => cell.stateChanged.connect(noted));
}"""
ENDED = """index => {
    const panel = window.jupyterapp.shell.currentWidget;
    return panel.sessionContext.kernelDisplayStatus === 'idle'
        && panel.content.widgets.map(cell => cell.model)
        .filter((cell, at) => cell.type === 'code' && (index === null || index === at))
        .every(cell => cell.executionState === 'idle' && cell.executionCount);
}"""
STATES = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const states = panel.content.widgets.map(cell => cell.model)
        .filter(cell => cell.type === 'code')
        .map(cell => `${cell.id} ${cell.executionState} ${cell.executionCount}`);
    return [panel.context.path, panel.sessionContext.kernelDisplayStatus, ...states].join('\\n');
}"""
WATCH = """() => {
    window.statuses = [];
    const session = window.jupyterapp.shell.currentWidget.sessionContext;
    session.statusChanged.connect((_, status) => window.statuses.push(status));
}"""
RESTARTED = "() => window.statuses.includes('restarting') && window.statuses.at(-1) === 'idle'"
FINISHED = re.compile(r"^\s*\[\d+\]:\s*$")


@contextmanager
def jupyterlab(root: Path, *options: str, file: str = "") -> Iterator[Lab]:
    """JupyterLab with the project's own settings, serving a copy of the notebooks in `root`.

    With a parameters file in `root` it is `sfsip jupyter FILE`.
    """
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    port = free_port()
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(root / ".jupyter" / name.lower()) for name in _OWN},
        "JUPYTERLAB_SETTINGS_DIR": str(root / ".jupyter" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / ".jupyter" / "workspaces"),
        "JUPYTER_CONFIG_PATH": str(SETTINGS),
        "PYTHONSTARTUP": str(SETTINGS / "startup.py"),
    }
    settings = [f"--ServerApp.root_dir={root}", "--KernelManager.transport_encryption=required"]
    command = [
        sys.executable,
        "-m",
        *(["sfsip_nb", "jupyter", file, "--"] if file else ["sfsip_nb.notebook.lab", *settings]),
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.expose_app_in_browser=True",
        *options,
    ]
    with (root / "jupyter.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=root)
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/api", server)
            yield Lab(f"http://127.0.0.1:{port}", root)
        finally:
            server.terminate()
            server.wait(STARTING)
            for run in (root / "runs").glob("*"):
                life.stop(run)


_OWN = ("CONFIG", "DATA", "RUNTIME")


def _until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"JupyterLab ended with {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("JupyterLab did not answer in time")
