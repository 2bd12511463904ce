"""A replay's kernels are copies of one process: each is its own, and none outlives what it was."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from sfsip_nb.replay.forking import SAFE
from sfsip_nb.replay.kernels import Kernels
from sfsip_nb.testbed import registry

pytestmark = pytest.mark.skipif(not SAFE, reason="kernels are forked on Linux only")

OWN = """
import os, random, sys
from sfsip_nb.notebook import cells
print(os.getpid(), os.getppid(), cells._kernel(), random.random(), os.getsid(0), sys.argv[2])
"""
TIMEOUT = 60


@pytest.fixture
def kernels() -> Iterator[Kernels]:
    """The kernels of a replay."""
    made = Kernels({})
    yield made
    made.close()


def asked(kernel: AsyncKernelManager, code: str) -> list[str]:
    """What a cell prints, in words."""
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        said: list[str] = []
        client.execute_interactive(
            code, timeout=TIMEOUT, output_hook=lambda m: said.append(m["content"].get("text", ""))
        )
    finally:
        client.stop_channels()
    return "".join(said).split()


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
    limit = time.monotonic() + TIMEOUT
    while registry.alive(int(pid)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not registry.alive(int(pid))
    with pytest.raises(RuntimeError, match="forked from has ended"):
        kernels.take(another=False)
    run_sync(kernel.shutdown_kernel)(now=True)
