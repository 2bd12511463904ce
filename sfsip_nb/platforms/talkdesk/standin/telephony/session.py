"""One conversation at Talkdesk: by IVR, trunk, timeout, fallback and ring group."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sipmessage import Response

from sfsip_nb.platforms.talkdesk import faults
from sfsip_nb.sip import Call, Referral, Transport
from sfsip_nb.sip.sdp import CODECS
from sfsip_nb.testbed.telephony import pstn
from sfsip_nb.testbed.telephony.admission import Refusal
from sfsip_nb.testbed.telephony.legs import Object, Participant
from sfsip_nb.testbed.telephony.net import Target, name_addr
from sfsip_nb.testbed.telephony.phone import FAIR_SECONDS, agent_seconds, ring_seconds
from sfsip_nb.testbed.telephony.session import BridgedCall

from . import report, routing

if TYPE_CHECKING:
    from .sbc import Sbc

FALLBACK_SECONDS = 60
"""How long a fallback ring group rings; the guide gives it no timeout of its own."""

_WAY_SECONDS = 0.5
"""Within these a call gets to a far end on this machine, even to one that asks for a login."""


@dataclass(eq=False)
class SbcSession(BridgedCall):
    """A conversation that the account's settings, at each of its steps, lead.

    `fell_back`: the fallback of a routing was needed.
    """

    center: Sbc
    fell_back: bool = False

    # What a call may meet

    async def follow(self, entry: Object) -> None:
        """To what the number is routed to. An IVR answers the caller; a ring group lets it ring."""
        near = self.near
        assert near
        if entry["kind"] != routing.SIP_TRANSFER:
            await near.ring()
        elif not await near.answer(srtp="optional"):
            return
        await self.connect(await self._reach(entry, near.user))

    async def pass_on(self, number: str) -> None:
        """A call from a trunk to a number outside: on to the telephone network."""
        await self.connect(await self._dial(number, None, self.caller))

    async def dial_out(self, to: str) -> None:
        """A flow dials `to` over the trunk of that number's routing, and plays its prompt."""
        trunk = routing.trunk_of_number(self.center.world, to)
        if not isinstance(trunk, Refusal):
            outcome = await self._dial(to, trunk, self.caller)
            if isinstance(outcome, Participant):
                await self.announce(outcome.call)
        else:
            self._unreached(to, trunk)

    # Steps on the way

    async def _reach(self, entry: Object, number: str) -> Participant | Refusal:
        """Where a routing leads, else its fallback: the answered leg, or why there is none."""
        world, seconds = self.center.world, entry["timeout_seconds"]
        if entry["kind"] == routing.SIP_TRANSFER:
            self.conversation.add(Participant("ivr", self.caller, number, name=entry["name"])).end(
                ""
            )
            trunk = routing.trunk_called(world, str(entry["trunk"]))
            if isinstance(trunk, Refusal):
                outcome: Participant | Refusal = self._unreached(entry["destination"], trunk)
            else:
                shown = self.caller if entry["passes_ani"] else ""
                outcome = await self._dial(entry["destination"], trunk, shown, seconds)
        else:
            outcome = await self._ring_group(entry["ring_group"], number, seconds)
        gone = self.near is None or self.near.state in ("ended", "failed")
        if isinstance(outcome, Refusal) and entry["fallback"] and not gone:
            self.fell_back = True
            outcome = await self._ring_group(entry["fallback"], number, FALLBACK_SECONDS)
        return outcome

    async def _ring_group(self, name: str, number: str, seconds: float) -> Participant | Refusal:
        """Ring a ring group for so long; nobody is rung where nobody is in it."""
        world, refusal = self.center.world, Refusal(480, "Temporarily Unavailable", "no agent")
        group = world.by_name(world.systems["talkdesk"]["ring_groups"], name)
        acd = Participant(
            "acd", self.caller, number, name=name, queue_id=group["id"] if group else ""
        )
        self.conversation.add(acd)
        patience = agent_seconds(world, seconds)
        if group and group["members"]:
            agent = await self.ring_agent(acd)
            assert agent.call
            if await self.outcome(agent.call, patience) == 200:
                acd.end("transfer")
                return agent
            agent.end("transfer.noanswer")
        elif self.near:
            await self.near.wait_ended(patience)
        acd.end("timeout")
        return refusal

    async def _dial(
        self, number: str, trunk: Object | None, caller: str, seconds: float = 120
    ) -> Participant | Refusal:
        """Dial over a trunk, or, without one, over the telephone network as a forwarded call."""
        center = self.center
        if trunk and center.busy_lines(trunk) >= trunk["max_concurrent_calls"]:
            return self._unreached(number, Refusal(503, "Service Unavailable", "no line is free"))
        if trunk and center.world.fault(faults.NO_ANI):
            caller = ""
        server, port = (trunk["server"], trunk["port"]) if trunk else (pstn.CARRIER, pstn.PORT)
        transport: Transport = trunk["transport"] if trunk else "udp"
        leg = Participant("external", caller or "anonymous", number, "outbound", trunk=trunk)
        self.conversation.add(leg)
        fault = center.world.fault
        dialed = number.removeprefix("+") if trunk and fault(faults.LEADING_PLUS) else number
        rings = asyncio.Event()

        def progress(call: Call, code: int, response: Response) -> None:
            if code > 100:
                rings.set()

        leg.call = await center.agent.invite(
            f"sip:{dialed}@{server}:{port}",
            from_=name_addr(caller, center.host, self.caller_name),
            headers={"Max-Forwards": str(self.hops), **self.marks()},
            codecs=() if trunk and fault(faults.CODEC) else CODECS,
            srtp="required" if transport == "tls" else "off",
            credentials=routing.credentials(trunk) if trunk else [],
            transport=transport,
            on_progress=progress,
        )
        longest, began = ring_seconds(center.world, seconds), time.monotonic()
        if seconds < FAIR_SECONDS:
            await _arrives(leg.call, rings)
            longest = max(0.0, longest - (time.monotonic() - began))
        code = await self.outcome(leg.call, longest)
        if code == 200:
            return leg
        refusal = Refusal(code, leg.call.phrase, "refused by the far end")
        return self._unreached(number, refusal, leg)

    def _unreached(self, number: str, refusal: Refusal, leg: Participant | None = None) -> Refusal:
        """Note in the ground truth that a number was not reached, and why."""
        if leg is None:
            leg = Participant("external", self.caller, number, "outbound")
            self.conversation.add(leg)
        leg.end("error")
        line = {"stand_in": "talkdesk", "from": leg.ani, "to": number}
        self.center.world.log_call(line | {"code": refusal.code, "reason": refusal.reason})
        return refusal

    # Transfers by the far end

    def refuses(self, referral: Referral) -> Refusal | None:
        """Inside a call too, only Allowed IPs may ask for something (stricter reading)."""
        admitted = routing.admit(self.center.world, self.center.net.source(referral))
        return admitted if isinstance(admitted, Refusal) else None

    async def hand_over(self, target: Target) -> Refusal | None:
        """The number in the REFER is dialed as if the trunk had brought it."""
        if not self.center.owns(target.host):
            return Refusal(404, "Not Found", f"{target.host} is not this SBC")
        entry = routing.enter(self.center.world, target.user)
        if isinstance(entry, Refusal):
            return entry
        if entry:
            outcome = await self._reach(entry, target.user)
        else:
            outcome = await self._dial(target.user, None, self.caller)
        if isinstance(outcome, Refusal):
            return outcome
        self.switch(outcome)
        return None

    # What is kept

    def marks(self) -> dict[str, str]:
        """The header by which a community tool for Talkdesk's captures joins the legs of a call."""
        return {"X-Talkdesk-Other-Leg-Call-Id": self.near.call_id} if self.near else {}

    def publish(self, ended: bool = False) -> None:
        """The calls report has calls that are over."""
        if ended:
            world = self.center.world
            entry = report.entry(world, self.conversation, self.fell_back)
            world.keep("talkdesk_calls", entry["call_id"], entry)


async def _arrives(call: Call, rings: asyncio.Event) -> None:
    """Wait until the far end rings or refuses: a scaled second is shorter than the way to it."""
    waits = [asyncio.ensure_future(event.wait()) for event in (rings, call.decided)]
    await asyncio.wait(waits, timeout=_WAY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
