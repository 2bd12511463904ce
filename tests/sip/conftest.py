"""Agents on loopback sockets, closed after the test, their errors shown."""

import asyncio
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.sip.peers import lab
from tests.sip.siptools import Agents, Run, Tls


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the peers said under the report of a test that failed."""
    report = yield
    if report.failed:
        report.sections += [(str(program.log), program.tail()) for program in lab.RUNNING]
    if call.when == "teardown":
        lab.RUNNING[:] = [each for each in lab.RUNNING if each.process.poll() is None]
    return report


@pytest.fixture
def agents() -> Agents:
    return Agents()


@pytest.fixture
def run(agents: Agents) -> Run:
    """Run a test's coroutine, then close its agents; no handler may have raised."""

    def runner(coroutine: Coroutine[Any, Any, Any]) -> Any:
        async def bounded() -> Any:
            try:
                async with asyncio.timeout(20):
                    return await coroutine
            finally:
                for agent in agents.made:
                    await agent.close()

        result = asyncio.run(bounded())
        assert [error for agent in agents.made for error in agent.errors] == []
        return result

    return runner


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path)
