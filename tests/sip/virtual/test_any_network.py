"""Two agents over a network that loses, doubles, delays and reorders what they say.

Each datagram meets a fate that hypothesis draws, and arrives within T4 = 5 s (RFC 3261
§17.1.2.2) if it does. When the drawn fates are used up, all arrives.
"""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.sip import Call
from sfsip_nb.sip.session_timer import brief
from tests.sip.hostile import fuzz
from tests.sip.siptools import Agents, uri
from tests.sip.virtual.world import T1, Fate, here, run

DELAYS = st.sampled_from([0.0, 0.01, 0.4, 0.6, 2.0, 4.9])
FATES = st.lists(
    st.one_of(st.just((0.0,)), st.just(()), st.tuples(DELAYS), st.tuples(DELAYS, DELAYS)),
    min_size=20,
    max_size=80,
)
SOON = st.sampled_from([0.0, 0.3, 0.7, 3.0, 20.0])
LATE = st.sampled_from([60.0, 20.0, 7.0, 3.0, 0.7, 0.3, 0.0])
CHANGES = st.lists(st.tuples(st.booleans(), st.booleans(), SOON), max_size=3)
"""Whether the caller changes the call, whether by re-INVITE or UPDATE, and when."""

FEW = 3
"""Times that a message is lost in a network that all timers are made for."""
HEARD = 9.0
"""Seconds after which a message has arrived there, sent at 0, 0.5, 1.5 and 3.5 s."""


def fated(fates: Iterable[Sequence[float]], most: float) -> Fate:
    """Each message is lost `most` times at most."""
    left, lost = iter(fates), Counter[bytes]()

    def fate(data: bytes) -> Sequence[float]:
        drawn = next(left, (0.0,))
        lost[data] += not drawn
        return drawn if lost[data] <= most else drawn or (0.0,)

    return fate


@dataclass
class Story:
    """What the two sides do: the callee rings, and answers or refuses; each leaves at its time."""

    takes: bool
    after: float
    changes: list[tuple[bool, bool, float]]
    leave: tuple[float, float]
    legs: list[Call] = field(default_factory=list)
    over: dict[Call, float] = field(default_factory=dict)
    """When each side was done with the call."""

    async def called(self, leg: Call) -> None:
        self.legs.append(leg)
        leg.add_ended_callback(self._ended)
        await leg.ring()
        await asyncio.sleep(self.after)
        if not self.takes:
            await leg.reject(486)
        elif await leg.answer():
            await self._stays(leg, caller=False)
            await leg.bye()

    async def calls(self, call: Call) -> None:
        call.add_ended_callback(self._ended)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.leave[0]):
                await call.decided.wait()
        if call.ok:
            await self._stays(call, caller=True)
        await call.hangup()

    async def _stays(self, call: Call, caller: bool) -> None:
        changes = [self._changed(call, how, at) for who, how, at in self.changes if who == caller]
        await asyncio.gather(*changes, asyncio.sleep(self.leave[not caller]))

    async def _changed(self, call: Call, by_reinvite: bool, at: float) -> None:
        await asyncio.sleep(at)
        await (call.reinvite() if by_reinvite else call.update())

    def _ended(self, call: Call) -> None:
        self.over[call] = here().time()

    def agrees(self, call: Call, reliable: bool) -> None:
        """Both sides know of one call, how it went, and of its end as soon as they can."""
        (leg,) = self.legs
        assert "timeout" not in (call.ended_by, leg.ended_by)
        assert abs(self.over[call] - self.over[leg]) <= HEARD
        if self.leave[0] == 60:
            assert (call.code, call.ok) == ((200, True) if self.takes else (486, False))
        if call.ok:
            assert leg.ok
            enders = [side for side in (call, leg) if side.ended_by == "local"]
            assert enders
            assert [side.bye_code for side in enders] == [200] * len(enders)
            assert call.codes.count(180) == 1 or not reliable
        else:  # An answer may cross the CANCEL.
            assert (call.code, leg.code) in {(486, 486), (487, 487), (487, 200)}


@fuzz(300)
@given(
    story=st.builds(
        Story, st.sampled_from([True, True, False]), SOON, CHANGES, st.tuples(LATE, LATE)
    ),
    fates=FATES,
    most=st.sampled_from([FEW, FEW, math.inf]),
    reliable=st.booleans(),
)
def test_every_call_ends_in_agreement_and_leaves_nothing_behind(
    story: Story, fates: list[Sequence[float]], most: float, reliable: bool
) -> None:
    """Where too much is lost, time-outs end it at both sides, each for itself."""

    async def told() -> None:
        agents = Agents(T1)
        here().fate = fated(fates, most)
        server, client = await agents("server", on_invite=story.called), await agents("client")
        required = {"Require": "100rel"} if reliable else {}
        call = await client.invite(uri(server), headers=brief() | required)
        await story.calls(call)
        await asyncio.sleep(200)
        assert all(side.over.is_set() for side in (call, *story.legs))
        for agent in agents.made:
            assert (agent.calls, agent.stack._clients, agent.stack._tasks) == ({}, {}, set())
            assert len(agent.stack.servers) == 0
        if most == FEW:
            story.agrees(call, reliable)
        await agents.close()

    run(told())
