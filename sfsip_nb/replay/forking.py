"""Kernels that are copies of one process, which has everything loaded, for Jupyter's manager."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from subprocess import DEVNULL, PIPE
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

KERNEL = "sfsip_nb.notebook.kernel"

SAFE = sys.platform == "linux"
"""macOS' own libraries do not outlive a fork, and Windows has none."""


class Loaded:
    """The process that kernels are copies of, loading from now on."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", KERNEL],
            env=dict(env),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # the kernels' too: what they write past their sockets is unmasked
            start_new_session=True,  # Ctrl-C is the replay's
            bufsize=0,
        )

    def fork(self, arguments: list[str]) -> int:
        """A new kernel's process id. Raises RuntimeError where there is no process any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(arguments).encode() + b"\n")
            return int(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise RuntimeError("the process that kernels are forked from has ended") from error

    def close(self) -> None:
        """End it; a kernel that is left ends by itself."""
        with self._process:
            self._process.kill()


class Forked(LocalProvisioner):
    """Launches a kernel by forking it."""

    def __init__(self, loaded: Loaded, **more: Any) -> None:
        super().__init__(**more)
        self._loaded = loaded

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """The kernel of that command line."""
        self.pid = self._loaded.fork(cmd[cmd.index(KERNEL) + 1 :])
        self.pgid = self.pid  # it begins a session of its own
        self.process = cast("subprocess.Popen[bytes]", _Process(self.pid))
        return self.connection_info


class _Process:
    """What a provisioner asks of a process, for one that is nobody's child here."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def poll(self) -> int | None:
        """None as long as it lives; how it ended is not known."""
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return 0
        return None

    wait = poll

    def send_signal(self, number: int) -> None:
        """Nothing happens to one that has ended, as with `Popen`."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)
