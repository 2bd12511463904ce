"""One conversation at a contact center: its legs, their audio, and transfers by the far end."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsip_nb.sip import Call, IncomingCall, Referral, Relay, relay

from .admission import Refusal
from .legs import Conversation, Participant
from .net import BLACK_HOLE, Target, name_addr
from .phone import CALL_SECONDS

if TYPE_CHECKING:
    from .center import ContactCenter

PROMPT_HZ = 1004.0
PROMPT_SECONDS = 2.0
"""What an outbound flow says, and for how long."""

MOST_TRANSFERS = 3
"""Transfers of one conversation, before it counts as a loop."""

HANDOVER_SECONDS = 3.0
"""How long the far end may take to hang up, or to answer our hanging up."""


@dataclass(eq=False)
class BridgedCall(ABC):
    """The B2BUA of one conversation.

    `near` is the call that came in, if the conversation began so; `far` the leg that it talks to
    now: a call, or a queue in which nobody has answered yet.
    """

    center: ContactCenter
    conversation: Conversation
    caller: str
    caller_name: str = ""
    near: IncomingCall | None = None
    hops: int = 70
    far: Participant | None = None
    transfers: int = 0
    _relay: Relay | None = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    # What the vendors do differently

    @abstractmethod
    async def hand_over(self, target: Target) -> Refusal | None:
        """Send the caller to what a REFER names; a refusal if that cannot be reached."""

    @abstractmethod
    def publish(self, ended: bool = False) -> None:
        """Put the record into the world, while the call is alive and when it has `ended`."""

    @abstractmethod
    def marks(self) -> dict[str, str]:
        """Headers that link the legs of one conversation."""

    def refuses(self, referral: Referral) -> Refusal | None:
        """Why this REFER is turned down before its target is looked at."""
        return None

    # Steps on the way

    async def ring_agent(self, acd: Participant) -> Participant:
        """Ring an agent for the caller who waits in `acd`: the agent's leg, undecided."""
        call = await self.center.agent.invite(
            self.center.phone.uri("agent"),
            from_=name_addr(self.caller, "127.0.0.1", self.caller_name),
            headers=self.marks(),
        )
        agent = Participant("agent", self.caller, acd.dnis, name="Agent", call=call)
        agent.queue_id = acd.queue_id
        return self.conversation.add(agent)

    async def outcome(self, call: Call, seconds: float) -> int:
        """The final answer of `call` within `seconds`; the caller's hanging up cancels it."""
        waiting = asyncio.create_task(call.outcome(seconds))
        if self.near:
            gone = asyncio.create_task(self.near.wait_ended())
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not waiting.done():
                await call.hangup()
        return await waiting

    async def connect(self, outcome: Participant | Refusal) -> None:
        """The caller talks to the far side that was reached, or is told that there is none."""
        near = self.near
        assert near
        if isinstance(outcome, Refusal):
            await near.hangup(code=outcome.code)
        elif near.state == "answered" or await near.answer(srtp="optional"):
            self.switch(outcome)
            await self.hold()

    async def announce(self, call: Call | None) -> None:
        """Play the prompt of an outbound flow to whoever answered."""
        if call and call.audio:
            call.audio.play(PROMPT_HZ)
            await call.wait_ended(PROMPT_SECONDS)

    # Transfers by the far end

    async def _on_refer(self, referral: Referral) -> None:
        """The far end hands the caller over, to one of our numbers or to one outside."""
        old = self.far
        refusal = self.refuses(referral)
        if not refusal and self.transfers == MOST_TRANSFERS:
            refusal = Refusal(482, "Loop Detected", "the call is handed over in a circle")
        if refusal:
            return await referral.reject(refusal.code, refusal.phrase)
        self.transfers += 1
        await referral.accept()
        refusal = await self.hand_over(Target.parse(referral.target))
        if refusal:
            await referral.notify(refusal.code, refusal.phrase)
            return
        await referral.notify(200, "OK")
        if old and old.call:
            await old.call.wait_ended(HANDOVER_SECONDS)
            await old.call.hangup()
            old.end("transfer")

    # Both sides together

    def switch(self, leg: Participant) -> None:
        """`leg` is the far side from now on; join the audio."""
        if self._relay:
            self._relay.close()
            self._relay = None
        self.far = leg
        near, far = self.near.audio if self.near else None, leg.call.audio if leg.call else None
        if near and far:
            self._relay = relay(near, far)
            if leg.purpose == "external" and self.center.world.fault(self.center.lost_audio):
                far.aim(BLACK_HOLE)
        if leg.purpose == "external" and leg.call:
            leg.call.on_refer = self._on_refer
        self._moved.set()
        self.publish()

    async def hold(self) -> None:
        """Until either side hangs up or time is up; the far side may change meanwhile."""
        near = self.near
        assert near
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_SECONDS):
                while near.state == "answered" and self.far:
                    self._moved.clear()
                    calls = [near, *([self.far.call] if self.far.call else [])]
                    waits: list[asyncio.Task[Any]] = [
                        asyncio.create_task(call.wait_ended()) for call in calls
                    ]
                    waits.append(asyncio.create_task(self._moved.wait()))
                    try:
                        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for wait in waits:
                            wait.cancel()
                    if not self._moved.is_set():
                        break

    async def finish(self) -> None:
        """Hang up what is left, and write the record."""
        calls = [leg.call for leg in self.conversation.legs if leg.call]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANDOVER_SECONDS):
                await asyncio.gather(*(call.hangup() for call in calls))
                await asyncio.gather(*(call.wait_ended() for call in calls))
        for leg in self.conversation.legs:
            remote = leg.call is not None and leg.call.ended_by == "remote"
            leg.end("endpoint" if remote else "peer")
        self.publish(ended=True)
