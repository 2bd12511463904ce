"""Kernels that are copies of one process: each is its own, and none outlives what it was."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from sfsip_nb.replay.forking import SAFE
from sfsip_nb.replay.kernels import Kernels
from sfsip_nb.testbed import registry
from tests.notebooks.forked import forked_kernels

pytestmark = [
    pytest.mark.skipif(not SAFE, reason="kernels are forked on Linux only"),
    pytest.mark.usefixtures("stock_processes"),
]

OWN = """
import os, random, sys
from sfsip_nb.notebook import stamps
print(os.getpid(), os.getppid(), stamps._kernel(), random.random(), os.getsid(0), sys.argv[2])
"""
TIMEOUT = 60


@pytest.fixture
def kernels() -> Iterator[Kernels]:
    """The kernels of a replay."""
    made = Kernels({})
    yield made
    made.close()


def asked(kernel: AsyncKernelManager, code: str, heard: Callable[[str], object] = str) -> list[str]:
    """What a cell prints, in words, or the name of its error; `heard` is called as it prints."""
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        said: list[str] = []

        def output(message: dict[str, Any]) -> None:
            said.append(message["content"].get("ename", ""))
            if text := message["content"].get("text"):
                said.append(text)
                heard(text)

        client.execute_interactive(code, timeout=TIMEOUT, output_hook=output)
    finally:
        client.stop_channels()
    return "".join(said).split()


def gone(pid: int) -> None:
    """Wait until a process has ended."""
    limit = time.monotonic() + TIMEOUT
    while registry.alive(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not registry.alive(pid)


def test_two_kernels_have_one_origin_and_nothing_else_in_common(kernels: Kernels) -> None:
    two = [kernels.take(another=False) for _ in range(2)]
    try:
        first, second = (asked(kernel, OWN) for kernel in two)
    finally:
        for kernel in two:
            run_sync(kernel.shutdown_kernel)(now=True)
    (pid, origin, stamp, number, session, file) = first
    assert origin == second[1]
    assert int(origin) != os.getpid()
    assert pid == session, "Ctrl-C in the terminal does not reach it"
    assert not {pid, stamp, number, session, file} & set(second)


def test_a_kernel_ends_with_the_process_that_it_was_forked_from(kernels: Kernels) -> None:
    kernel = kernels.take(another=False)
    pid, origin, *_ = map(str, asked(kernel, OWN))
    os.kill(int(origin), signal.SIGKILL)
    gone(int(pid))
    with pytest.raises(RuntimeError, match="forked from has ended"):
        kernels.take(another=False)
    run_sync(kernel.shutdown_kernel)(now=True)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[AsyncKernelManager]:
    """A kernel as JupyterLab starts it, with a variable and in a folder of its own."""
    with forked_kernels():
        kernel = AsyncKernelManager(kernel_name="python3", transport_encryption="required")
        run_sync(kernel.start_kernel)(env=os.environ | {"MARK": "own"}, cwd=tmp_path)
        yield kernel
        run_sync(kernel.shutdown_kernel)(now=True)


LAB = """
import os, sys
print(os.getpid(), os.getppid(), os.getcwd(), os.environ["MARK"], bool(sys.modules.get("debugpy")))
"""


def test_jupyterlabs_kernel_is_interrupted_restarted_and_shut_down_as_any_other(
    opened: AsyncKernelManager, tmp_path: Path
) -> None:
    pid, origin, *where = asked(opened, LAB)
    assert where == [str(tmp_path), "own", "True"]
    interrupt = run_sync(opened.interrupt_kernel)
    waits = f"mine = 1\nprint('on', flush=True)\nimport time\ntime.sleep({TIMEOUT})"
    assert asked(opened, waits, heard=lambda _: interrupt())[:2] == ["on", "KeyboardInterrupt"]
    assert asked(opened, "print(mine)") == ["1"]

    run_sync(opened.restart_kernel)()
    assert asked(opened, "print('mine' in dir())") == ["False"]
    again = asked(opened, LAB)
    assert again[0] != pid
    assert again[1:] == [origin, *where]
    run_sync(opened.shutdown_kernel)()
    assert not any(registry.alive(int(kernel)) for kernel in (pid, again[0]))


def test_where_there_is_nothing_to_fork_from_jupyterlab_starts_its_kernels_as_usual(
    opened: AsyncKernelManager, caplog: pytest.LogCaptureFixture
) -> None:
    pid, origin, *_ = asked(opened, LAB)
    os.kill(int(origin), signal.SIGKILL)
    gone(int(pid))
    run_sync(opened.restart_kernel)()
    assert asked(opened, "import sys; print(sys.orig_argv[2])") == ["ipykernel_launcher"]
    assert "The kernel is started as usual" in caplog.text
