"""Kernels that are copies of one process, which has everything loaded, for Jupyter's manager.

The kernelspec `sfsip` (`kernelspec/kernel.json`) names `ForkedStock` by an entry point of the group
`jupyter_client.kernel_provisioners`: whatever starts a kernel by its name can have one.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import EntryPoint
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from sfsip_nb.replay.loaded import KERNEL, Loaded, loaded

NAME = "sfsip"
"""Of the kernelspec, and of the provisioner that it names (pyproject.toml)."""

_STOCK = "ipykernel_launcher"
"""The module that the kernelspec of this Python starts (`ipykernel.kernelspec`)."""


class Forked(LocalProvisioner):
    """Launches a kernel of a replay by forking it."""

    module = KERNEL
    loads: tuple[str, ...] = ()
    """The arguments of the process that it is forked from."""
    memory = 0
    """Bytes that it may take for its data; 0: as many as there are."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """The kernel of that command line. Raises RuntimeError where none can be forked."""
        arguments = cmd[cmd.index(self.module) + 1 :]
        where = options["env"], str(options.get("cwd") or os.getcwd())
        origin = loaded(*self.loads)
        self.pid = await asyncio.to_thread(origin.fork, arguments, *where, self.memory)
        self.pgid = self.pid  # it begins a session of its own
        self.process = cast("subprocess.Popen[bytes]", _Process(self.pid))
        return self.connection_info

    async def wait(self) -> int | None:
        """Until it has ended, and not until the next look at whether it has."""
        if self.process:
            await _end_of(self.process.pid)
        return await super().wait()


class ForkedStock(Forked):
    """Launches a kernel of this Python and its ipykernel by forking it, and any other as usual.

    All of a process are forked from one, which begins with the first of them and ends with that
    process.
    """

    module = _STOCK
    loads = ("--debugger",)

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
    return loaded(*ForkedStock.loads)


async def _end_of(pid: int) -> None:
    """Until a process ends, as its file descriptor tells, which not every system has."""
    try:
        told = os.pidfd_open(pid)
    except (AttributeError, OSError):
        return
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(told, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(told)
        os.close(told)


class _Process:
    """What a provisioner asks of a process, for one that is nobody's child here."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None as long as it lives; how it ended is not known."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    wait = poll

    def send_signal(self, number: int) -> None:
        """Nothing happens to one that has ended, as with `Popen`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
