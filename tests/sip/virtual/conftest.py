"""Tests of this folder run in virtual time, without sockets, with RFC 3261's own T1."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sfsip_nb.sip.media import pacing, sockets
from tests.sip.siptools import Agents
from tests.sip.virtual.world import T1, VirtualLoop


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Each test has a loop of its own, whose clock starts at 0."""
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture
async def agents() -> AsyncIterator[Agents]:
    """Makes agents, and closes them after the test; no handler may have raised."""
    made = Agents(T1)
    yield made
    await made.close()


class _Port:
    """A port for RTP from which nothing goes out."""

    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    def sendto(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _without_media(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are described as ever, and then silent: fifty packets a second are no jump."""

    def pair(host: str) -> tuple[_Port, _Port]:
        return _Port(30_000), _Port(30_001)

    async def watch(bound: _Port, receive: sockets.Receive) -> Callable[[], None]:
        return lambda: None

    monkeypatch.setattr(sockets, "open_pair", pair)
    monkeypatch.setattr(sockets, "watch", watch)
    monkeypatch.setattr(pacing.Pacer, "join", lambda *_: None)
