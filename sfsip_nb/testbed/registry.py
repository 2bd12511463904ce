"""This user's own testbeds that run at this moment.

A run's folder may come from anybody, so nothing in it says where a testbed answers: a testbed that
is ready enters itself here, in a folder of the user's own, and only what stands here is talked to.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from sfsip_nb.inputs import private

_INSTANCE = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}/control/[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class RegisteredTestbed:
    """A running testbed. `control` is its control URL, token included."""

    instance: str
    control: str
    pid: int

    def __repr__(self) -> str:
        return f"<Entry {self.instance}>"


def folder() -> Path:
    """Where the entries lie, outside of every run's folder."""
    return platformdirs.user_state_path("sfsip-nb") / "testbeds"


def enter(entry: RegisteredTestbed) -> None:
    """Note a testbed that is ready. Entries whose process is gone are swept."""
    private.folder(folder())
    for path in folder().glob("*.json"):
        if _read(path) is None:
            path.unlink(missing_ok=True)
    draft = _path(entry.instance).with_suffix(".new")
    private.write(draft, json.dumps(asdict(entry)))
    draft.replace(_path(entry.instance))


def leave(instance: str) -> None:
    """Take a testbed that ends off the list."""
    _path(instance).unlink(missing_ok=True)


def entry(instance: Any) -> RegisteredTestbed | None:
    """The running testbed of that name; None for whatever is no name of one."""
    if not isinstance(instance, str) or not _INSTANCE.fullmatch(instance):
        return None
    return _read(_path(instance))


def entries() -> list[RegisteredTestbed]:
    """All of this user's running testbeds."""
    return [found for path in sorted(folder().glob("*.json")) if (found := _read(path))]


def alive(pid: int) -> bool:
    """Whether a process of this user has that number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _path(instance: str) -> Path:
    return folder() / f"{instance}.json"


def _read(path: Path) -> RegisteredTestbed | None:
    with suppress(OSError, ValueError, TypeError):
        found = RegisteredTestbed(**json.loads(path.read_bytes()))
        if path.stem == found.instance and _CONTROL.fullmatch(found.control) and alive(found.pid):
            return found
    return None
