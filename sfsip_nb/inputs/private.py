"""Folders and files for this user alone: a run's folder holds a customer's telephony.

The modes are POSIX's and given as a thing is made, whatever the umask says. On Windows they change
nothing: a user's own folders are the user's there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = 0o700
FILE = 0o600
_OTHERS = 0o077


def folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing. What is there stays as it is."""
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(FOLDER, exist_ok=True)
    return path


def opened(path: Path, mode: str, **options: Any) -> Any:
    """`open`; a file that is not there is made for this user alone."""
    return open(path, mode, opener=_made, **options)


def _made(path: str, flags: int) -> int:
    return os.open(path, flags, FILE)


def file(path: Path) -> None:
    """Make an empty file, unless it is there, before something writes it that knows no modes.

    One that is there is not even opened: closing it would drop SQLite's locks on a journal.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))


def write(path: Path, content: bytes | str) -> None:
    """Write a file; text as UTF-8."""
    with opened(path, "wb") as target:
        target.write(content.encode() if isinstance(content, str) else content)


def tighten(top: Path) -> None:
    """Take from others what an older version let them read. Links are not followed."""
    if os.name != "posix":
        return
    for parent, folders, files in os.walk(top):
        for path in (Path(parent), *(Path(parent, name) for name in (*folders, *files))):
            with suppress(OSError):  # gone since, or somebody else's
                mode = path.lstat().st_mode
                if not path.is_symlink() and mode & _OTHERS:
                    path.chmod(mode & 0o7777 & ~_OTHERS)
