"""The record on paper: printed to PDF by a Chromium that is there already."""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sfsip_nb.api.waits import waiting
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present.zone import OFFSETS, anchor

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
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d\d?)(?::?(\d\d))?")
_ZONES = "Give an offset such as +02:00, or a name such as Europe/Berlin."


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


def opened_in(zone: str, page: Path, started: str) -> str:
    """The fragment of a record's address that opens it with its times in a time zone.

    `zone`: an offset from UTC, or a name of the tz database, which stands for the offset that it
    had when the attempt began. Raises InputError for another one, and for a page that has none.
    """
    if match := _OFFSET.fullmatch(zone):
        hours, minutes = int(match[2]), int(match[3] or 0)
        offset = (hours * 60 + minutes) * (-1 if match[1] == "-" else 1)
    else:
        try:
            at = datetime.fromisoformat(started).astimezone(ZoneInfo(zone))
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise InputError("--timezone", f"{zone} is no time zone. {_ZONES}") from None
        offset = int((at.utcoffset() or timedelta()).total_seconds() // 60)
    if offset not in OFFSETS:
        raise InputError("--timezone", f"{zone} is no offset that is in use. {_ZONES}")
    if f'id="{anchor(offset)}"' not in page.read_text(encoding="utf-8"):
        raise InputError(
            "--timezone", f"{page} was written by an earlier version, with times in UTC alone."
        )
    return anchor(offset)


def print_pdf(page: Path, target: Path, fragment: str = "") -> None:
    """Print a page of ours as tagged PDF with an outline. Raises InputError where that fails.

    `fragment` is where the page is opened (`opened_in`).
    """
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
            page.resolve().as_uri() + (f"#{fragment}" if fragment else ""),
        ]
        with suppress(subprocess.TimeoutExpired), waiting("the browser that prints", _SECONDS):
            subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        if not made.is_file():
            raise InputError("--pdf", f"{browser} did not print {page}. Print it from a browser.")
        shutil.move(made, target)
