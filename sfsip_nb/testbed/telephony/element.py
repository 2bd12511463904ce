"""What the stand-ins have in common: sockets, background work, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sfsip_nb.sip import UserAgent

from .net import Net, Resident

GRACE_SECONDS = 1.0


class SipElement:
    """A stand-in with the user agent that others meet (`resident`) and those `behind` it."""

    def __init__(self, net: Net, resident: Resident, *behind: UserAgent) -> None:
        self.net = net
        self.agent = resident.agent
        self.agents = (resident.agent, *behind)
        self._resident = resident
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind the sockets and move in."""
        for agent in self.agents:
            await agent.start()
        self.net.residents.append(self._resident)

    async def stop(self) -> None:
        """Let what runs beside come to its end, and close the sockets."""
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for agent in self.agents:
            await agent.close()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something run beside, until the stand-in stops; it may not fail."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self.agent.errors.append(error)
