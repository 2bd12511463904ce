"""What marks an output: the notebook, kernel and attempt that made it, and when."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import cache

from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present.tables import Stamp


@cache
def _kernel() -> str:
    """Tells this kernel's outputs from those of an earlier one, or of one forked beside it."""
    return f"{os.getpid()}-{time.time_ns() // 10**6}"


def as_of() -> str:
    """The time now, as outputs are marked with it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def stamp(workspace: Workspace, notebook: str) -> Stamp:
    """What an output made now is marked with."""
    now = as_of()
    where = f"{workspace.draft.run_name}/{notebook}"
    if (opened := workspace.opened) is None:
        return Stamp(where, _kernel(), 0, f"no attempt yet · {now}")
    words = f"attempt {opened.attempt} · {opened.mode} · {opened.parameters.target} · {now}"
    return Stamp(where, _kernel(), opened.attempt, words)
