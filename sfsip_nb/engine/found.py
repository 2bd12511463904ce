"""A run's folder as it is found: what is looked at before anything is written there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sfsip_nb.engine.database import sound
from sfsip_nb.inputs.errors import InputError

JOURNAL = "journal.sqlite3"

TYPED = "typed"
"""The journal's name for what was typed into the forms of the run's notebooks."""

FILE = "file"
"""The journal's name for the parameters file that the run's inputs come from."""

_QUIET_LOOKS = 20
"""How often a journal that is written meanwhile is read without a lock, before one is taken."""

_FOLDERS = {"attempts", "captures", "cards", "evidence", "notebooks", "runbook", "testbed"}
_MADE_HERE = _FOLDERS | {"index.html", "plan.json", "faults.log", ".working", ".ipynb_checkpoints"}
"""What may stand in a run's folder that has no journal yet."""


@dataclass(frozen=True)
class Found:
    """What a run's journal holds, as far as it has to be known before the run is opened.

    `inputs` are guide and values as the run was last opened with, None where it never was;
    `testbed` is the name of the one that it was then on; `last` is its last attempt's number;
    `typed` is what was typed into its notebooks' forms (`Draft.typed`); `file` is the parameters
    file, as seen from where runs are kept.
    """

    inputs: Any = None
    testbed: str = ""
    last: int = 0
    typed: Any = None
    file: str = ""


def look(run_dir: Path) -> Found:
    """What the folder's journal holds; nothing, where there is none. Writes nothing.

    A journal that nobody has open is read without a lock: with one, SQLite would leave a WAL beside
    it, and could not read a folder that may not be written. If it is written meanwhile, it is read
    again.

    Raises `InputError` for a journal that is damaged or no run's, and for a folder that cannot be
    read.
    """
    path = run_dir / JOURNAL
    try:
        if not path.stat().st_size:
            return Found()
    except (FileNotFoundError, NotADirectoryError):
        return Found()
    except OSError as error:
        raise unusable(run_dir, error) from None
    with sound(path):
        for _ in range(_QUIET_LOOKS):
            if (before := _stamp(path)).in_use:
                break
            try:
                found = _read(path, "&immutable=1")
            except sqlite3.DatabaseError:
                if _stamp(path) == before:
                    raise
            else:
                if _stamp(path) == before:
                    return found
        return _read(path, "")


class _Stamp(NamedTuple):
    """When the journal's file was last written, its bytes, and whether a WAL stands beside it."""

    written: int
    size: int
    in_use: bool


def _stamp(path: Path) -> _Stamp:
    about = path.stat()
    in_use = path.with_name(f"{JOURNAL}-wal").exists()
    return _Stamp(about.st_mtime_ns, about.st_size, in_use)


def _read(path: Path, how: str) -> Found:
    where = f"file:{quote(str(path))}?mode=ro{how}"
    with closing(sqlite3.connect(where, uri=True, timeout=30)) as db:
        (damage,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return Found()
        if not tables >= {"meta", "attempts"}:
            raise sqlite3.DatabaseError("it belongs to another program")
        (last,) = db.execute("SELECT max(id) FROM attempts").fetchone()
        kept = dict(db.execute("SELECT name, value FROM meta").fetchall())
    return Found(
        _json(kept.get("parameters")),
        str(_json(kept.get("testbed")) or ""),
        last or 0,
        _json(kept.get(TYPED)),
        str(_json(kept.get(FILE)) or ""),
    )


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def refuse_foreign(run_dir: Path) -> None:
    """Raises `InputError` for a folder in which something stands that is no run's."""
    try:
        names = {path.name for path in run_dir.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unusable(run_dir, error) from None
    if JOURNAL not in names and (foreign := sorted(names - _MADE_HERE)):
        more = f" and {len(foreign) - 1} more" if foreign[1:] else ""
        raise InputError(
            "--out",
            f"{run_dir} is not a run's folder: it holds {foreign[0]}{more}, and no {JOURNAL}."
            " Nothing"
            " was written there. Name a new or empty folder with --out.",
        )


def unusable(run_dir: Path, error: OSError) -> InputError:
    """That a folder cannot be made or read."""
    return InputError(
        "--out",
        f"{run_dir} cannot be the run's folder: {error.strerror}. Name another one with --out.",
    )
