"""Kernels that are copies of one process: each is its own, and none outlives what it was."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from sfsip_nb.replay import forking, loaded
from sfsip_nb.replay.forking import NAME
from sfsip_nb.replay.kernels import Kernels
from sfsip_nb.replay.loaded import SAFE
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


@pytest.fixture(autouse=True)
def origins(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, ...], loaded.Loaded]]:
    """What kernels are forked from, by its arguments: begun in the test, and as its user has it."""
    begun: dict[tuple[str, ...], loaded.Loaded] = {}
    monkeypatch.setattr(loaded, "_of", begun)
    yield begun
    for origin in begun.values():
        origin.close()


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


HELD = """
import os
from numpy import random
links = lambda of: {os.readlink(f"/proc/{of}/fd/{fd}") for fd in os.listdir(f"/proc/{of}/fd")
                    if os.path.lexists(f"/proc/{of}/fd/{fd}")}
print(random.random(), random.default_rng().random(), *links("self") & links(os.getppid()))
"""


def test_a_kernel_shares_neither_chance_nor_an_open_file_with_its_origin(kernels: Kernels) -> None:
    first = kernels.take(another=False)
    time.sleep(2)  # by now numpy, and its state of chance, is loaded ahead
    second = kernels.take(another=False)
    two = [kernels.take(another=False), second]
    try:
        said = [asked(kernel, HELD) for kernel in two]
    finally:
        for kernel in (first, *two):
            run_sync(kernel.shutdown_kernel)(now=True)
    assert not {*said[0][:2]} & {*said[1][:2]}
    assert [rest for _, _, *rest in said] == [["/dev/null"], ["/dev/null"]]


def test_a_kernel_ends_with_the_process_that_it_was_forked_from(kernels: Kernels) -> None:
    kernel = kernels.take(another=False)
    pid, origin, *_ = map(str, asked(kernel, OWN))
    os.kill(int(origin), signal.SIGKILL)
    gone(int(pid))
    run_sync(kernel.shutdown_kernel)(now=True)
    kernel = kernels.take(another=False)
    assert asked(kernel, OWN)[1] != origin, "the next one has another"
    run_sync(kernel.shutdown_kernel)(now=True)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[AsyncKernelManager]:
    """A kernel as JupyterLab starts it, with a variable and in a folder of its own."""
    with forked_kernels():
        kernel = AsyncKernelManager(kernel_name="python3", transport_encryption="required")
        options = {"env": os.environ | {"MARK": "own"}, "cwd": tmp_path}
        run_sync(kernel.start_kernel)(**options)
        try:
            asked(kernel, "pass")
        except RuntimeError:
            # Ports are chosen before the kernel binds them, and another test may have been quicker.
            run_sync(kernel.shutdown_kernel)(now=True)
            run_sync(kernel.start_kernel)(**options)
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


def test_after_the_end_of_what_kernels_were_forked_from_they_have_another_origin(
    opened: AsyncKernelManager,
) -> None:
    pid, origin, *where = asked(opened, LAB)
    os.kill(int(origin), signal.SIGKILL)
    gone(int(pid))
    run_sync(opened.restart_kernel)()
    _, another, *again = asked(opened, LAB)
    assert again == where
    assert another not in (origin, str(os.getpid()))


@pytest.mark.parametrize("why", ["on this system", "has ended"])
def test_where_none_can_be_forked_a_kernel_is_started_as_usual(
    opened: AsyncKernelManager,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if why == "has ended":
        monkeypatch.setattr(loaded, "KERNEL", "sfsip_nb.no_such_module")
        monkeypatch.setattr(loaded, "_of", {})
    else:
        monkeypatch.setattr(loaded, "SAFE", False)
    run_sync(opened.restart_kernel)()
    assert asked(opened, "import sys; print(sys.orig_argv[2])") == ["ipykernel_launcher"]
    assert "The kernel is started as usual" in caplog.text
    assert why in caplog.text


def test_the_kernelspec_is_the_stock_one_with_another_way_to_start_it() -> None:
    spec = json.loads((Path(forking.__file__).parent / "kernelspec" / "kernel.json").read_text())
    stock = get_kernel_dict()
    assert spec["metadata"].pop("kernel_provisioner") == {"provisioner_name": NAME}
    assert spec.pop("display_name") != stock.pop("display_name")
    assert spec | {"argv": [sys.executable, *spec["argv"][1:]]} == stock


MANAGER = """
import time
from jupyter_client.manager import KernelManager
from sfsip_nb.replay.forking import fork_stock_kernels
fork_stock_kernels()
two = [KernelManager(kernel_name="python3") for _ in range(2)]
for kernel in two:
    kernel.start_kernel()
print(*(kernel.provisioner.pid for kernel in two), fork_stock_kernels()._process.pid)
time.sleep(600)
"""


REPLAY = """
import time
from sfsip_nb.replay import loaded
from sfsip_nb.replay.kernels import Kernels
kernels = Kernels({})
two = [kernels.take(another=True), kernels._next]
print(*(kernel.provisioner.pid for kernel in two), loaded.loaded()._process.pid)
time.sleep(600)
"""


@pytest.mark.parametrize("code", [MANAGER, REPLAY], ids=["manager", "replay"])
def test_a_process_that_is_killed_leaves_none_behind(code: str) -> None:
    manager = subprocess.Popen([sys.executable, "-uc", code], stdout=subprocess.PIPE)
    with manager:
        assert manager.stdout is not None
        left = [int(pid) for pid in manager.stdout.readline().split()]
        assert all(registry.alive(pid) for pid in left)
        manager.kill()
    assert len(left) == 3
    for pid in left:
        gone(pid)
