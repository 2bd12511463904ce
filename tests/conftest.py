"""What holds for every test."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings
from jupyter_client.connect import LocalPortCache
from xdist.scheduler import LoadFileScheduling

from sfsip_nb.inputs import draft, secrets
from sfsip_nb.replay.lean import without_grammars
from sfsip_nb.testbed import life
from tests import loaded
from tests.sip.peers.lab import free_port

without_grammars()  # before a test imports nbformat

# Before numpy is imported, here or in a process that a test starts: its threads spin while they
# wait, and nothing here is work for two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A machine that is busy with calls is slow now and then; that says nothing about a property.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

# A shell's background job is started deaf to Ctrl-C, which some tests press.
signal.signal(signal.SIGINT, signal.default_int_handler)


ASYNC_TEST_S = 40.0
"""An async test that still waits then has failed. A loop may have a `patience` of its own."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests and fixtures run on asyncio, as the package does; no name says so."""
    return "asyncio"


_BROWSER = "tests/browser/test_"
_HALF = f"{_BROWSER}m"
"""In the alphabet, half of what takes a browser comes before it."""


class Scheduler(LoadFileScheduling):
    """One worker at a time has a file of tests, and two have all that need a browser."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_BROWSER):
            return f"{_BROWSER}{nodeid < _HALF}"
        return str(super()._split_scope(nodeid))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: the tests that need a browser."""
    items.sort(key=lambda item: not item.nodeid.startswith(_BROWSER))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    """JupyterLab, Chromium and a page that holds both take long to load: two of each will do."""
    return Scheduler(config, log)


_shared = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """All workers have their processes forked from the same one."""
    if loaded.SAFE:
        if _shared not in node.config.stash:
            process = loaded.process()
            node.config.stash[_shared] = process.__enter__()
            node.config.add_cleanup(lambda: process.__exit__(None, None, None))
        node.workerinput["loaded"] = node.config.stash[_shared]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not look through it each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Bound an async test, so that one that waits for ever shows where."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return

    @functools.wraps(test)
    async def bounded(**arguments: Any) -> None:
        seconds = getattr(asyncio.get_running_loop(), "patience", ASYNC_TEST_S)
        async with asyncio.timeout(seconds):
            await test(**arguments)

    pyfuncitem.obj = bounded


@pytest.fixture(scope="session", autouse=True)
def _own_seal_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Testbeds that tests start keep their keys and their list out of the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _kernel_ports() -> Iterator[None]:
    """A kernel's ports are given to nobody else between their choice and its start."""

    def found(cache: LocalPortCache, ip: str) -> int:
        while (port := free_port(ip)) in cache.currently_used_ports:
            pass
        cache.currently_used_ports.add(port)
        return port

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalPortCache, "find_available_port", found)
        yield


@pytest.fixture(scope="session", autouse=True)
def _forked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Processes of the package are forked, where that is safe; see `stock_processes`."""
    given = getattr(request.config, "workerinput", {})
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if loaded.SAFE:
            own = functools.cache(lambda: stack.enter_context(loaded.process()))
            address = functools.partial(given.get, "loaded") if given else own
            patch.setattr(loaded.Forked, "address", address, raising=False)
            patch.setattr(subprocess, "Popen", loaded.Forked)
        yield


@pytest.fixture
def stock_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of a process itself: it is started as its user has it."""
    monkeypatch.setattr(subprocess, "Popen", loaded.Stock)


@pytest.fixture(autouse=True)
def _nothing_typed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test types into a form is not there in the next, whichever file ran before."""
    monkeypatch.setattr(draft, "_typed_here", {})
    monkeypatch.setattr(secrets, "_typed", {})


@pytest.fixture(scope="session", autouse=True)
def _no_testbed_left() -> Iterator[None]:
    """Every testbed that a test started has ended with it, whoever was asked to end it."""
    yield
    for child in life._children.values():
        child.wait(life.STOP_SECONDS)
