"""The fleet's file: which customers there are, and how a night goes through them."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.problems import explain
from sfsip_nb.inputs.yamltree import read_mapping, read_text
from sfsip_nb.runs import places


class FleetFile(Block):
    """What stands in the file. Paths count from its folder."""

    parameters: list[str] = Field(
        min_length=1, description="parameters files, each a path or a pattern such as live/*.yaml"
    )
    mode: Literal["plan", "apply", "verify"] = Field("verify", description="plan, apply or verify")
    workers: int = Field(0, ge=0, le=256, description="replays at once here; 0: one a core")
    results: str = Field("", description="the fleet's folder; empty: fleets/<name of the file>")
    runs: str = Field("", description="where the runs' folders are; empty: where sfsip replay is")
    limit: int = Field(60, ge=1, le=1440, description="minutes that one customer may take")


@dataclass(frozen=True)
class Fleet:
    """A fleet as its file gives it, paths resolved."""

    name: str
    files: tuple[Path, ...]
    mode: str
    workers: int
    results: Path
    runs: Path
    limit: float
    """Seconds that one customer may take."""


def read_fleet(path: Path, mode: str = "", workers: int = 0) -> Fleet:
    """The fleet of a file; `mode` and `workers`, where given, come before the file's own.

    Raises InputError.
    """
    tree = read_mapping(read_text(path), str(path))
    more = {"mode": mode} if mode else {}
    try:
        given = FleetFile.model_validate(tree.data | more)
    except ValidationError as error:
        raise InputError.together(explain(error, FleetFile, tree), str(path)) from None
    folder, home = path.resolve().parent, places.home()
    return Fleet(
        name=path.stem,
        files=tuple(_files(given.parameters, folder, path)),
        mode=given.mode,
        workers=workers or given.workers or os.cpu_count() or 1,
        results=_under(folder, given.results) if given.results else home / "fleets" / path.stem,
        runs=_under(folder, given.runs) if given.runs else home / "runs",
        limit=given.limit * 60.0,
    )


def _under(folder: Path, given: str) -> Path:
    """A path, or a pattern of paths, as the file means it: `~` is the user's home."""
    return folder / os.path.expanduser(given)


def _files(patterns: list[str], folder: Path, fleet: Path) -> list[Path]:
    """Each file once, in the order in which it is named. Raises InputError where one is missing."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        paths = sorted(glob.glob(str(_under(folder, pattern)), recursive=True))
        files = [Path(path) for path in paths if os.path.isfile(path)]
        files = [file for file in files if file.resolve() != fleet.resolve()]
        if not files:
            raise InputError(
                "parameters",
                f"{fleet} names {pattern!r} under parameters, and no file is there (paths count"
                f" from {folder}). Correct it, or take it out.",
            )
        found |= dict.fromkeys(files)
    return list(found)
