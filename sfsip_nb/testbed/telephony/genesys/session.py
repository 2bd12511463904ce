"""One conversation on the Genesys edge: its legs, their audio, transfers, and its record."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsip_nb.sip import Call, Referral, Relay, relay

from . import routing, trunkside, view
from .net import BLACK_HOLE, Target, name_addr
from .phone import CALL_SECONDS, dial_seconds
from .records import Conversation, Leg
from .routing import Refusal

if TYPE_CHECKING:
    from .edge import Edge

PROMPT_HZ = 1004.0
PROMPT_SECONDS = 2.0
"""What an outbound flow says, and for how long."""

MOST_TRANSFERS = 3
"""Transfers of one conversation, before it counts as a loop."""

HANDOVER_SECONDS = 3.0
"""How long the far end may take to hang up, or to answer our hanging up."""


@dataclass
class Session:
    """The B2BUA of one conversation.

    `near` is the call that came in, if the conversation began so; `far` the leg that it talks to
    now: a call, or a queue in which nobody has answered yet.
    """

    edge: Edge
    org: routing.Organisation
    conversation: Conversation
    caller: str
    caller_name: str = ""
    near: Call | None = None
    hops: int = 70
    far: Leg | None = None
    transfers: int = 0
    _relay: Relay | None = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    # What a call may meet

    async def follow(self, entry: routing.Entry, trunk: routing.Object) -> None:
        """The flow takes the caller: it answers, then goes to its queue or dials its number."""
        if self.near and await self.near.answer(srtp="optional"):
            await self._run_flow(entry, trunk)
            await self._hold()

    async def pass_on(self, site: str) -> None:
        """A call from a trunk to a number outside: on by the plans of `site`, answer for answer."""
        near = self.near
        assert near
        outcome = await self._dial(site, near.user, ringing=True)
        if isinstance(outcome, Refusal):
            await near.hangup(code=outcome.code)
        elif await near.answer(srtp="optional"):
            self._switch(outcome)
            await self._hold()

    async def dial_out(self, flow: routing.Flow, to: str) -> None:
        """An outbound flow dials `to`, plays its prompt, and hangs up."""
        leg = Leg("outbound", self.caller, to, "outbound", flow.name, flow=flow, target=to)
        self.conversation.add(leg)
        outcome = await self._dial(self.org.default_site, to, purpose="customer")
        if isinstance(outcome, Refusal):
            leg.end("error", outcome.error)
        elif outcome.call and outcome.call.audio:
            outcome.call.audio.play(PROMPT_HZ)
            await outcome.call.wait_ended(PROMPT_SECONDS)

    # Steps on the way

    async def _run_flow(self, entry: routing.Entry, trunk: routing.Object) -> Refusal | None:
        """To the flow's queue or number; a refusal if that cannot be reached."""
        flow = entry.flow
        queue = self.org.queues.get(flow.queue_id)
        target = str(queue["id"]) if queue else flow.transfer_to
        ivr = Leg("ivr", self.caller, entry.number, name=flow.name, flow=flow, target=target)
        self.conversation.add(ivr)
        if queue:
            ivr.end("transfer")
            acd = Leg("acd", self.caller, entry.number, name=queue["name"], queue_id=queue["id"])
            self._switch(self.conversation.add(acd))
            self.edge.run(self._queue(queue, acd))
            return None
        if not flow.transfer_to:
            ivr.end("endpoint")
            return Refusal(480, "Temporarily Unavailable", "the flow leads nowhere")
        outcome = await self._dial(routing.media_site(self.org, trunk), flow.transfer_to)
        if isinstance(outcome, Refusal):
            ivr.end("error", outcome.error)
            return outcome
        ivr.end("transfer")
        self._switch(outcome)
        return None

    async def _queue(self, queue: routing.Object, acd: Leg) -> None:
        """Ring an agent of the queue; where nobody is on it, the caller waits on."""
        if not queue.get("memberCount"):
            return
        call = await self.edge.agent.invite(
            self.edge.phone.uri("agent"),
            from_=name_addr(self.caller, "127.0.0.1", self.caller_name),
            headers={"x-inin-cnv": self.conversation.id},
        )
        agent = Leg("agent", self.caller, acd.dnis, name="Agent", call=call, queue_id=queue["id"])
        self.conversation.add(agent)
        if await call.outcome(CALL_SECONDS) == 200 and self.far is acd:
            acd.end("transfer")
            self._switch(agent)
        else:
            await call.hangup()
            waiting = self.near is not None and self.near.state == "answered"
            agent.end("transfer.noanswer" if waiting else "peer")

    async def _dial(
        self, site: str, number: str, purpose: str = "external", ringing: bool = False
    ) -> Leg | Refusal:
        """Dial by the plans of `site`: the answered leg, or why there is none."""
        way = routing.onward(self.org, site, number)
        if isinstance(way, Refusal):
            leg = Leg(purpose, self.caller, number, "outbound", error=way.error)
            self.conversation.add(leg).end("error")
            return way
        address, name = trunkside.caller_id(self, way)
        leg = Leg(purpose, address or "anonymous", way.number, "outbound", trunk=way.trunk)
        self.conversation.add(leg)
        refusal = Refusal(408, "Request Timeout", "no SIP server of the trunk answers")
        for host, port in routing.proxies(way.trunk):
            leg.call = await trunkside.invite(self, way, host, port, (address, name))
            code = await self._outcome(leg.call, ringing)
            if code == 200:
                leg.call.on_refer = self._on_refer if self.near else None
                return leg
            refusal = Refusal(code, leg.call.phrase, "refused by the far end")
            if code < 500 and code != 408:  # trunk_transport_retryableReasonCodes: 500-599
                break
        leg.end("error")
        return refusal

    async def _outcome(self, call: Call, ringing: bool) -> int:
        """The final answer of `call`; the caller's hanging up cancels it."""
        waiting = asyncio.create_task(call.outcome(dial_seconds(self.edge.world)))
        if self.near:
            if ringing:
                await self.near.ring()
            gone = asyncio.create_task(self.near.wait_ended())
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not waiting.done():
                await call.cancel()
        return await waiting

    # Transfers by the far end

    async def _on_refer(self, referral: Referral) -> None:
        """The far end hands the caller over, to one of our numbers or to one outside."""
        old = self.far
        if self.edge.world.fault("genesys.refer-refused"):
            return await referral.reject(403, "Forbidden")
        self.transfers += 1
        if self.transfers > MOST_TRANSFERS:
            return await referral.reject(482, "Loop Detected")
        await referral.accept()
        refusal = await self._transfer(Target.parse(referral.target))
        if refusal:
            await referral.notify(refusal.code, refusal.phrase)
            return
        await referral.notify(200, "OK")
        if old and old.call:
            await old.call.wait_ended(HANDOVER_SECONDS)
            await old.call.hangup()
            old.end("transfer")

    async def _transfer(self, target: Target) -> Refusal | None:
        self.org = view.organisation(self.edge.world)
        trunk = routing.trunk_of(self.org, target.host)
        if isinstance(trunk, Refusal):
            return trunk
        entry = routing.enter(self.org, trunk, target.user)
        if isinstance(entry, Refusal):
            return entry
        if entry:
            return await self._run_flow(entry, trunk)
        outcome = await self._dial(routing.number_plan_site(self.org, trunk), target.user)
        if isinstance(outcome, Refusal):
            return outcome
        self._switch(outcome)
        return None

    # Both sides together

    def _switch(self, leg: Leg) -> None:
        """`leg` is the far side from now on; join the audio."""
        if self._relay:
            self._relay.close()
            self._relay = None
        self.far = leg
        near, far = self.near.audio if self.near else None, leg.call.audio if leg.call else None
        if near and far:
            self._relay = relay(near, far)
            if leg.purpose == "external" and self.edge.world.fault("genesys.rtp-blackhole"):
                far.remote = BLACK_HOLE
        self._moved.set()
        self.publish()

    async def _hold(self) -> None:
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

    def publish(self, ended: bool = False) -> None:
        """Put the record into the world: at first as a live conversation, at the end whole."""
        world = self.edge.world
        world.put_conversation(self.conversation.details(ended))
        if ended:
            for message in self.conversation.messages(self.edge.net):
                world.add_sip_message(message)
            for statistics in self.conversation.media():
                world.put_media(self.conversation.id, statistics)
