"""The rehearsal's telephones as a person uses them: one outside to call from, and the agents'."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Handsets:
    """What they are doing. Simulated people answer the agents', unless a call is on to be handed
    over to a person who answers `by_hand`."""

    def __init__(self) -> None:
        self.by_hand = False
        self.outside = "free"
        """What the one outside is doing, in words."""
        self.calling = False
        self._ringing: list[asyncio.Event] = []

    @property
    def rings(self) -> bool:
        """Whether an agent's telephone waits for a person to answer it."""
        return bool(self._ringing)

    def answer(self) -> bool:
        """Pick up the one that has rung longest; False if none rings."""
        if not self._ringing:
            return False
        self._ringing.pop(0).set()
        return True

    async def picked_up(self, gone: Callable[[], Awaitable[object]]) -> bool:
        """Ring until somebody picks up or the caller is gone; simulated people do so at once."""
        if not self.by_hand:
            return True
        lifted = asyncio.Event()
        self._ringing.append(lifted)
        waits = [asyncio.ensure_future(lifted.wait()), asyncio.ensure_future(gone())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            if lifted in self._ringing:
                self._ringing.remove(lifted)
        return lifted.is_set()
