"""The process that kernels are copies of. It loads while what asked for it goes on.

Imports next to nothing, so that a command can begin it before all else.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from subprocess import DEVNULL, PIPE

KERNEL = "sfsip_nb.notebook.kernel"

SAFE = sys.platform == "linux"
"""macOS' own libraries do not outlive a fork, and Windows has none."""


class Loaded:
    """The process that kernels are copies of, loading from now on."""

    def __init__(self, env: Mapping[str, str], *more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", KERNEL, *more],
            env=dict(env),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # the kernels' too: what they write past their sockets is unmasked
            start_new_session=True,  # Ctrl-C is the replay's
            bufsize=0,
        )
        self._one_at_a_time = threading.Lock()

    def fork(self, arguments: list[str], env: Mapping[str, str], cwd: str, memory: int) -> int:
        """A new kernel's process id. `memory`: bytes for its data at most, or 0.

        Raises RuntimeError where there is no process any more.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"arguments": arguments, "env": dict(env), "cwd": cwd, "memory": memory}
        kernel = json.dumps(told)
        try:
            with self._one_at_a_time:
                self._process.stdin.write(kernel.encode() + b"\n")
                return int(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise RuntimeError("the process that kernels are forked from has ended") from error

    def ended(self) -> bool:
        """Whether there is none any more."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it; a kernel that is left ends by itself."""
        with self._process:
            self._process.kill()


_of: dict[tuple[str, ...], Loaded] = {}


def loaded(*more: str) -> Loaded:
    """What all kernels of this process are forked from, by its arguments; it ends with this one.

    It begins to load with the first call, and anew where it has ended. Raises RuntimeError where
    forking is not safe.
    """
    if not SAFE:
        raise RuntimeError("on this system a process cannot be forked safely")
    present = _of.get(more)
    if present is None or present.ended():
        present = _of[more] = Loaded(os.environ, *more)
        atexit.register(present.close)
    return present
