"""What a process is at now: it holds a file or a folder, and lets go of it however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from sfsip_nb.inputs import private

if sys.platform != "win32":
    import fcntl


def hold(path: Path) -> int | None:
    """Hold what is there until the answer is closed or this process ends."""
    if sys.platform == "win32":
        return None
    # NFS locks a file only for those who may write it; a folder cannot be opened for writing.
    held = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def is_held(path: Path) -> bool:
    """Whether a process holds it, this one included."""
    if sys.platform == "win32":
        return False
    try:
        looking = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(looking)
    return False


class Running:
    """What is carried out now, each by a name of its own; each holder has one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: tuple[Path, int | None] | None = None

    def begin(self, name: str) -> None:
        """Carry out that one."""
        self.end()
        path = self._file(name)
        private.file(path)
        self._own = path, hold(path)

    def end(self) -> None:
        """Carry out none."""
        if self._own is None:
            return
        (path, held), self._own = self._own, None
        with suppress(OSError):
            path.unlink()
        if held is not None:
            os.close(held)

    def holds(self, name: str) -> bool:
        """Whether this process or another one carries it out."""
        path = self._file(name)
        return (self._own is not None and self._own[0] == path) or is_held(path)

    def _file(self, name: str) -> Path:
        return self._folder / f".running.{name}"
