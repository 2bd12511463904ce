"""Kernels that are copies of one process, which has everything loaded, for Jupyter's manager.

The kernelspec `sfsip` (`kernelspec/kernel.json`) names `ForkedStock` by an entry point of the group
`jupyter_client.kernel_provisioners`: whatever starts a kernel by its name can have one.
"""

import asyncio
import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint
from subprocess import DEVNULL, PIPE
from typing import Any, ClassVar, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

KERNEL = "sfsip_nb.notebook.kernel"

NAME = "sfsip"
"""Of the kernelspec, and of the provisioner that it names (pyproject.toml)."""

_STOCK = "ipykernel_launcher"
"""The module that the kernelspec of this Python starts (`ipykernel.kernelspec`)."""

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

    def fork(self, arguments: list[str], env: Mapping[str, str], cwd: str) -> int:
        """A new kernel's process id. Raises RuntimeError where there is no process any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        kernel = json.dumps({"arguments": arguments, "env": dict(env), "cwd": cwd})
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


class Forked(LocalProvisioner):
    """Launches a kernel by forking it."""

    module = KERNEL

    def __init__(self, loaded: Loaded | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._loaded = loaded

    def origin(self) -> Loaded:
        """What it is forked from. Raises RuntimeError where there is nothing."""
        assert self._loaded is not None
        return self._loaded

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """The kernel of that command line."""
        arguments = cmd[cmd.index(self.module) + 1 :]
        where = options["env"], str(options.get("cwd") or os.getcwd())
        self.pid = await asyncio.to_thread(self.origin().fork, arguments, *where)
        self.pgid = self.pid  # it begins a session of its own
        self.process = cast("subprocess.Popen[bytes]", _Process(self.pid))
        return self.connection_info


class ForkedStock(Forked):
    """Launches a kernel of this Python and its ipykernel by forking it, and any other as usual.

    All of a process are forked from one, which begins with the first of them and ends with that
    process.
    """

    module = _STOCK
    of: ClassVar[Loaded | None] = None

    @classmethod
    def origin(cls) -> Loaded:
        """What all of this process are forked from, loading from its first use."""
        if not SAFE:
            raise RuntimeError("on this system a process cannot be forked safely")
        if cls.of is None or cls.of.ended():
            cls.of = Loaded(os.environ, "--debugger")
            atexit.register(cls.of.close)
        return cls.of

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """The kernel of that command line."""
        if cmd[0] == sys.executable and _STOCK in cmd and not self.kernel_spec.env:
            try:
                return await super().launch_kernel(cmd, **options)
            except RuntimeError as error:
                self.log.warning("The kernel is started as usual: %s.", error)
        return await LocalProvisioner.launch_kernel(self, cmd, **options)


def fork_stock_kernels() -> Loaded:
    """Have all managers of this process fork their kernels, from the process that is returned.

    Of the stock kernelspec too: what else starts kernels on this machine does so as usual.
    """
    factory = KernelProvisionerFactory.instance()
    own = EntryPoint(NAME, f"{__name__}:{ForkedStock.__name__}", factory.GROUP_NAME)
    factory.provisioners[own.name] = own
    factory.default_provisioner_name = own.name
    return ForkedStock.origin()


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
