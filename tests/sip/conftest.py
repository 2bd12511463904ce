"""Agents on loopback sockets, closed after the test, their errors shown."""

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from tests.sip.peers import lab
from tests.sip.siptools import Agents, Tls


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
async def agents() -> AsyncIterator[Agents]:
    """Makes agents, and closes them after the test; no handler may have raised."""
    made = Agents()
    yield made
    await made.close()


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path)
