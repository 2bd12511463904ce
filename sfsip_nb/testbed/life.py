"""The testbed's life: started once for a run, found again by whoever comes next, ended by name.

The process has a session of its own (a child of a Jupyter kernel would die with the kernel). Where
it answers stands in the user's own list (`registry`); ``testbed/testbed.json`` of the run's folder
only says which of the list it is, and its log lies beside that.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import filelock

from sfsip_nb.inputs import private
from sfsip_nb.inputs.blocks import without_token

from . import registry
from .places import FOLDER, INFO, LOG
from .running import RunningTestbed as RunningTestbed
from .running import TestbedError as TestbedError

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
_LOCK = "lock"  # held while somebody looks for a testbed or starts one
_ALIVE = "alive"  # held by the testbed itself
_GOING_SECONDS = 5.0
_TICK = 0.05

_children: dict[int, subprocess.Popen[bytes]] = {}


def attach(url: str) -> RunningTestbed:
    """This user's own testbed whose control URL is `url`; nobody else is asked anything.

    Raises TestbedError where there is none.
    """
    wanted = urlsplit(url.rstrip("/"))
    for entry in registry.entries():
        own = urlsplit(entry.control)
        same = (wanted.netloc.rpartition(":")[2], wanted.path) == (str(own.port), own.path)
        if same and (present := named(entry.instance)):
            return present
    raise TestbedError(f"No testbed of this user's answers at {without_token(url)}.")


def named(instance: Any) -> RunningTestbed | None:
    """This user's own testbed of that name, if it lives and answers as itself."""
    entry = registry.entry(instance)
    if entry is None:
        return None
    try:
        info = RunningTestbed({"control": entry.control}).control("GET", "/")
        said = registry.RegisteredTestbed(info["instance"], info["control"], info["pid"])
    except (TestbedError, ValueError, KeyError, TypeError):
        return None
    return (
        RunningTestbed(info) if said == entry and all(map(_on_loopback, _addresses(info))) else None
    )


def _addresses(info: Any) -> Iterator[str]:
    """Every host that the testbed says something answers at."""
    if isinstance(info, Mapping):
        for name, value in info.items():
            if isinstance(value, str) and "/" in name:  # host:port/transport of SIP
                yield value.rpartition(":")[0]
            else:
                yield from _addresses(value)
    elif isinstance(info, str) and "://" in info:
        yield urlsplit(info).hostname or ""


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find(run_dir: Path) -> RunningTestbed | None:
    """The live testbed of a run: the one that its folder names, if it is one of this user's."""
    try:
        noted = json.loads((run_dir / FOLDER / INFO).read_bytes())
        return named(noted["instance"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ensure(
    run_dir: Path, *, time_scale: float = 60, seed: int = 1, faults: Sequence[str] = ()
) -> RunningTestbed:
    """The testbed of a run, started if it is not there; `faults` are switched on either way.

    A testbed that runs already keeps its time scale and seed. Raises TestbedError when it is not
    ready in time.
    """
    run_dir = run_dir.resolve()
    private.folder(run_dir / FOLDER)
    with _lock(run_dir):
        if present := find(run_dir):
            for name in faults:
                present.control("PUT", f"/faults/{name}")
            return present
        return _start(run_dir, time_scale, seed, faults)


def _lock(run_dir: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(run_dir / FOLDER / _LOCK, timeout=2 * READY_SECONDS, mode=private.FILE)


def _start(run_dir: Path, time_scale: float, seed: int, faults: Sequence[str]) -> RunningTestbed:
    log_path = run_dir / FOLDER / LOG
    command = [sys.executable, "-m", "sfsip_nb.testbed", "--dir", str(run_dir)]
    command += ["--time-scale", str(time_scale), "--seed", str(seed)]
    for name in faults:
        command += ["--fault", name]
    with private.opened(log_path, "ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # its first line holds credentials
            stderr=log,
            start_new_session=True,
        )
    _children[process.pid] = process
    limit = time.monotonic() + READY_SECONDS
    while time.monotonic() < limit:
        ended = process.poll() is not None
        if found := find(run_dir):  # perhaps not ours, if somebody was faster in the foreground
            return RunningTestbed(found.info, started=found.info["pid"] == process.pid)
        if ended:
            raise TestbedError(
                f"The testbed ended while starting. Its log {log_path} ends with: "
                + _last_line(log_path)
            )
        time.sleep(_TICK)
    _end(process.pid)
    raise TestbedError(
        f"The testbed was not ready within {READY_SECONDS:g} s. Its log is {log_path}."
    )


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "(nothing)")


def stop(run_dir: Path) -> bool:
    """End a run's testbed and wait until it is gone; False if none was running."""
    run_dir = run_dir.resolve()
    if not (run_dir / FOLDER).is_dir():
        return False
    with _lock(run_dir):
        present = find(run_dir)
        if present is None:
            return False
        present.control("POST", "/stop")
        _end(present.info["pid"])
        return True


def _end(pid: int) -> None:
    """Wait for a process that was asked to end; then say it with a signal, and again."""
    for number in (None, signal.SIGTERM, signal.SIGKILL if os.name == "posix" else signal.SIGTERM):
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        limit = time.monotonic() + STOP_SECONDS
        while time.monotonic() < limit:
            if not _lives(pid):
                return
            time.sleep(_TICK)


def _lives(pid: int) -> bool:
    if child := _children.get(pid):
        if child.poll() is None:
            return True
        del _children[pid]
        return False
    return registry.alive(pid)


def main(
    run_dir: Path, time_scale: float, seed: int, faults: Sequence[str], idle_seconds: float
) -> None:
    """Serve the testbed of a run in this process; print its ready line as one line of JSON.

    Ends at Ctrl-C, ``POST /stop`` or after `idle_seconds` of quiet. Exits with 2 and a paragraph if
    the run has a living testbed already, or its saved state cannot be opened.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    from . import seal, server  # half a second, which only the testbed's own process needs

    private.folder(run_dir / FOLDER)
    work = functools.partial(
        server.run,
        run_dir,
        time_scale=time_scale,
        seed=seed,
        faults=faults,
        idle_seconds=idle_seconds,
        on_ready=lambda info: print(json.dumps(info), flush=True),
    )
    if present := find(run_dir):
        _refuse(
            f"A testbed of {run_dir} runs already at {present}. Commands on {run_dir} find it;"
            f" end it with: sfsip testbed stop {run_dir}"
        )
    try:
        # Held as long as the process lives, however it ends; one that is ending gets a moment.
        alive = run_dir / FOLDER / _ALIVE
        with filelock.FileLock(alive, timeout=_GOING_SECONDS, mode=private.FILE):
            asyncio.run(work())
    except filelock.Timeout:
        _refuse(f"A testbed of {run_dir} is starting or ending just now. Try again.")
    except seal.SealBroken as error:
        _refuse(str(error))


def _refuse(text: str) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(2)
