"""Where runs are kept, and what a kernel's environment says of its run."""

from __future__ import annotations

import os
from pathlib import Path

from sfsip_nb.platforms import guides

RUN_DIR = "SFSIP_RUN_DIR"
"""The run's folder: of a replay's kernels, or as a user sets it for single notebooks."""

ATTEMPT = "SFSIP_ATTEMPT"
"""The number of the replay's attempt; set by a replay alone."""


def home() -> Path:
    """Where runs are kept: the nearest folder upwards that holds the runbook, else here.

    Other people have a folder ``notebooks`` too: ours holds a guide's notebooks.
    """
    here = Path.cwd()
    guided = guides.ALL.values()
    runbook = [f"notebooks/{g.name}/{g.sections[0].notebook}.ipynb" for g in guided]
    folders = (here, *here.parents)
    return next((p for p in folders if any((p / name).is_file() for name in runbook)), here)


def folder_of(run: str) -> Path:
    """The folder of a run by its name: that of the environment where it names one."""
    return Path(os.environ.get(RUN_DIR) or home() / "runs" / run)


def is_replay() -> bool:
    """Whether this kernel is a replay's: its inputs, attempt and record are the replay's own."""
    return ATTEMPT in os.environ
