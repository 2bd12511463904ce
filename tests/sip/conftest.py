"""Agents on loopback sockets, closed after the test, their errors shown."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.sip.siptools import Agents, Run, Tls


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
