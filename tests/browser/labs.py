"""JupyterLab on a copy of the notebooks, and a page of it, as a person would use it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from sfsip_nb.testbed import life
from tests.sip.peers.lab import free_port

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = PROJECT / "sfsip_nb" / "present" / "jupyter"
STARTING, CELL = 60.0, 60_000
"""Most seconds for the server, most milliseconds for one cell, on a busy machine."""


@dataclass
class Lab:
    """A running JupyterLab: its address and the folder that it serves."""

    url: str
    root: Path

    def open(self, page: Page, path: str) -> Notebook:
        """Open one notebook in a page, in Lab's single-document mode."""
        page.goto(f"{self.url}/doc/tree/{path}")
        notebook = Notebook(page, self.root / path)
        expect(notebook.cells).to_have_count(len(notebook.ids), timeout=CELL)
        expect(page.locator(_IDLE)).to_be_visible(timeout=CELL)
        return notebook


@dataclass
class Notebook:
    """One notebook on a page; cells are named by the ids that the file gives them."""

    page: Page
    path: Path
    ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        found: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        self.ids = [cell["id"] for cell in found]

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
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.locator(".cm-content").first.click()
        for _ in range(3):  # the first key can get lost while the kernel's status is new
            self.page.keyboard.press("Control+Enter")
            try:
                expect(prompt).not_to_have_text(before, timeout=3_000)
                break
            except AssertionError:
                continue
        expect(prompt).to_have_text(_FINISHED, timeout=CELL)
        return cell.locator(".jp-OutputArea-output")

    def restart(self) -> None:
        """Restart the kernel as the menu does, and say yes."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile(r"^Restart Kernel…")).click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        expect(self.page.locator(_IDLE)).to_be_visible(timeout=CELL)

    def save(self) -> dict[str, Any]:
        """Save as Ctrl+S does; the file as it then is."""
        stamp = self.path.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        for _ in range(100):
            if self.path.stat().st_mtime_ns != stamp:
                break
            self.page.wait_for_timeout(100)
        return dict(json.loads(self.path.read_text(encoding="utf-8")))


_FINISHED = re.compile(r"^\s*\[\d+\]:\s*$")
_IDLE = ".jp-Notebook-ExecutionIndicator[data-status='idle']"


@contextmanager
def jupyterlab(root: Path, *options: str) -> Iterator[Lab]:
    """JupyterLab with the project's own settings, serving a copy of the notebooks in `root`."""
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    port = free_port()
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(root / ".jupyter" / name.lower()) for name in _OWN},
        "JUPYTERLAB_SETTINGS_DIR": str(root / ".jupyter" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / ".jupyter" / "workspaces"),
        "JUPYTER_CONFIG_PATH": str(SETTINGS),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
        "--KernelManager.transport_encryption=required",
        *options,
    ]
    with (root / "jupyter.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=root)
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/api", server)
            yield Lab(f"http://127.0.0.1:{port}", root)
        finally:
            server.terminate()
            server.wait(20)
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
