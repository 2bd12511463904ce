"""A person with a telephone: it rings, they pick up, and speak with one tone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from sfsip_nb.sip import IncomingCall, Transport, UserAgent
from sfsip_nb.testbed.handsets import Handsets
from sfsip_nb.testbed.world import World

from .net import Net

CALL_SECONDS = 60.0
"""No call of the testbed lasts longer."""

RING_SECONDS = 0.05

FAIR_SECONDS = 5.0
"""Whoever answers at all has done so by then."""

AGENT_HZ = 620.0
SUBSCRIBER_HZ = 850.0

_UDP: tuple[Transport, ...] = ("udp",)


def ring_seconds(world: World, seconds: float = 120.0) -> float:
    """How long a leg may ring, scaled and bounded. Unless told, as Genesys: trunk_maxDialTimeout.

    Where a far end has time to answer, it is not so short that one on this machine has none.
    """
    shortest = 0.5 if seconds >= FAIR_SECONDS else 0.0
    return min(max(world.scaled(seconds), shortest), CALL_SECONDS / 2)


def agent_seconds(world: World, seconds: float) -> float:
    """How long an agent's telephone may ring: a person who answers it by hand takes their time."""
    return CALL_SECONDS / 2 if world.handsets.by_hand else ring_seconds(world, seconds)


class Phone:
    """A telephone behind a stand-in. `answers` is asked at each call: does anybody pick up?

    A person may do so by hand, on the `handsets` that are given.
    """

    def __init__(
        self,
        name: str,
        net: Net,
        hz: float,
        answers: Callable[[], bool] = lambda: True,
        handsets: Handsets | None = None,
    ):
        self._hz, self._answers, self._handsets = hz, answers, handsets or Handsets()
        self.agent = UserAgent(name, transports=_UDP, resolver=net, on_invite=self._ring)

    def uri(self, user: str) -> str:
        """Where the stand-in in front reaches it."""
        return "sip:{}@{}:{}".format(user, *self.agent.address("udp"))

    async def _ring(self, call: IncomingCall) -> None:
        await call.ring()
        if not self._answers():
            await call.wait_ended(CALL_SECONDS)
            return
        await asyncio.sleep(RING_SECONDS)
        if not await self._handsets.picked_up(partial(call.wait_ended, CALL_SECONDS)):
            return
        if await call.answer() and call.audio:
            call.audio.play(self._hz)
            await call.wait_ended(CALL_SECONDS)
            await call.hangup()
