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
    held = os.open(path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def is_held(path: Path) -> bool:
    """Whether a process holds it, this one included."""
    if sys.platform == "win32" or not path.exists():
        return False
    looking = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(looking)
    return False


class Running:
    """The steps that are carried out now, by the numbers of their rows; each holder has one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: tuple[Path, int | None] | None = None

    def begin(self, row: int) -> None:
        """Carry out that one."""
        self.end()
        path = self._file(row)
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

    def holds(self, row: int) -> bool:
        """Whether any process carries it out."""
        return is_held(self._file(row))

    def _file(self, row: int) -> Path:
        return self._folder / f".running.{row}"
