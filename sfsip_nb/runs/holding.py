"""Who may work in a run's folder at the same time. A lock goes with its process, however it ends.

One writes at a time (`alone`). Any number of notebooks may be in a step (`in_step`), but none while
the record is made (`between_steps`): it closes the attempt, and would lack what a step did.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.found import unusable
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError

if sys.platform != "win32":
    import fcntl

_LOOK = 0.05
"""Seconds between two looks at whether a folder is free."""


@contextmanager
def alone(run_dir: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold a run's folder: a second command would take the first one's writes for interrupted ones.

    Raises ``InputError`` where another one holds it after ``patience`` seconds.
    """
    lock = filelock.FileLock(run_dir / ".working", mode=private.FILE)
    try:
        private.folder(run_dir)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            with waiting("another command or notebook is writing in this run", patience):
                lock.acquire(timeout=patience)
    except filelock.Timeout:
        raise InputError(
            "--out",
            f"Another sfsip command or notebook is writing in {run_dir} at this moment, and two"
            " would undo each other's work. Wait until it has ended, then run this one again.",
        ) from None
    except OSError as error:
        raise unusable(run_dir, error) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def in_step(run_dir: Path, patience: float = 0.0) -> Iterator[None]:
    """Be in a step, beside others that are: the attempt is not closed meanwhile.

    Raises ``InputError`` where a record is still being made after ``patience`` seconds.
    """
    refusal = (
        f"The record of {run_dir} is being made at this moment, and would lack what this cell does."
        " Wait until it is made, then run this cell again."
    )
    with _held(run_dir, True, patience, "the record of this run is being made", refusal):
        yield


@contextmanager
def between_steps(run_dir: Path, patience: float = 0.0) -> Iterator[None]:
    """Close an attempt in here, which is what making a record does: no step is running.

    Raises ``InputError`` where one still is after ``patience`` seconds.
    """
    refusal = (
        f"A notebook is carrying out a step in {run_dir} at this moment, and the record would lack"
        " it. Wait until it has ended, then make the record."
    )
    with _held(run_dir, False, patience, "a step of this run is running elsewhere", refusal):
        yield


@contextmanager
def _held(
    run_dir: Path, shared: bool, patience: float, awaited: str, refusal: str
) -> Iterator[None]:
    """Lock the folder itself: while filelock's ReadWriteLock waits, nobody can interrupt it."""
    if sys.platform == "win32":
        yield
        return
    try:
        folder = os.open(private.folder(run_dir), os.O_RDONLY)
    except OSError as error:
        raise unusable(run_dir, error) from None

    def locked() -> bool:
        try:
            fcntl.flock(folder, fcntl.LOCK_NB | (fcntl.LOCK_SH if shared else fcntl.LOCK_EX))
        except BlockingIOError:
            return False
        except OSError as error:
            raise unusable(run_dir, error) from None
        return True

    try:
        if not locked():
            until = time.monotonic() + patience
            with waiting(awaited, patience):
                while not locked():
                    if time.monotonic() >= until:
                        raise InputError("record", refusal)
                    time.sleep(_LOOK)
        yield
    finally:
        os.close(folder)
