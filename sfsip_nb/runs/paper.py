"""The record on paper: printed to PDF by a Chromium that is there already."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from sfsip_nb.api.waits import waiting
from sfsip_nb.inputs.errors import InputError

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_SECONDS = 120


def browser_for(target: Path) -> str:
    """The browser that prints to `target`. Raises InputError where there is none, or no place."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise InputError(
            "--pdf",
            "No Chromium or Chrome was found. Install one, or open the attempt's record.html in any"
            " browser and print it.",
        )
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise InputError("--pdf", f"{target} cannot be written: name a file in an existing folder.")
    return browser


def print_pdf(page: Path, target: Path) -> None:
    """Print a page of ours as tagged PDF with an outline. Raises InputError where that fails."""
    browser = browser_for(target)
    # Chromium's sandbox refuses root; the page can run nothing and fetch nothing (its CSP).
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="sfsip-print-", ignore_cleanup_errors=True) as profile:
        made = Path(profile) / "record.pdf"
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            *as_root,
            f"--user-data-dir={profile}/profile",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        with suppress(subprocess.TimeoutExpired), waiting("the browser that prints", _SECONDS):
            subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        if not made.is_file():
            raise InputError("--pdf", f"{browser} did not print {page}. Print it from a browser.")
        shutil.move(made, target)
