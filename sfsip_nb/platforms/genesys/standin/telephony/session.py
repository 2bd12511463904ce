"""One conversation on the Genesys edge: by flow, queue, number plan and outbound route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.sip import Referral
from sfsip_nb.testbed.telephony.admission import Refusal
from sfsip_nb.testbed.telephony.legs import Object, Participant
from sfsip_nb.testbed.telephony.net import Target
from sfsip_nb.testbed.telephony.phone import CALL_SECONDS, ring_seconds
from sfsip_nb.testbed.telephony.session import BridgedCall

from . import records, routing, trunkside, view
from .records import FlowLeg

if TYPE_CHECKING:
    from .edge import Edge

_CALLED_ADDRESS = "Call.CalledAddress"  # in a flow: the number that the caller dialed


@dataclass(eq=False)
class EdgeSession(BridgedCall):
    """A conversation that the organization's settings, as of its last step, lead."""

    center: Edge
    org: routing.Organization = field(init=False)

    def __post_init__(self) -> None:
        self.org = view.organization(self.center.world)

    # What a call may meet

    async def follow(self, entry: routing.InboundRoute, trunk: Object) -> None:
        """The flow takes the caller: it answers, then goes to its queue or dials its number."""
        if self.near and await self.near.answer(srtp="optional"):
            await self._run_flow(entry, trunk)
            await self.hold()

    async def pass_on(self, site: str) -> None:
        """A call from a trunk to a number outside: on by the plans of `site`, answer for answer."""
        near = self.near
        assert near
        await self.connect(await self._dial(site, near.user, ringing=True))

    async def dial_out(self, flow: routing.ArchitectFlow, to: str) -> None:
        """An outbound flow dials `to`, plays its prompt, and hangs up."""
        leg = FlowLeg("outbound", self.caller, to, "outbound", flow.name, flow=flow, target=to)
        self.conversation.add(leg)
        outcome = await self._dial(self.org.default_site, to, purpose="customer")
        if isinstance(outcome, Refusal):
            leg.end("error", outcome.error)
        else:
            await self.announce(outcome.call)

    # Steps on the way

    async def _run_flow(self, entry: routing.InboundRoute, trunk: Object) -> Refusal | None:
        """To the flow's queue or number; a refusal if that cannot be reached."""
        flow = entry.flow
        queue = self.org.queues.get(flow.queue_id)
        to = entry.number if flow.transfer_to == _CALLED_ADDRESS else flow.transfer_to
        target = str(queue["id"]) if queue else to
        ivr = FlowLeg("ivr", self.caller, entry.number, name=flow.name, flow=flow, target=target)
        self.conversation.add(ivr)
        if queue:
            ivr.end("transfer")
            acd = Participant(
                "acd", self.caller, entry.number, name=queue["name"], queue_id=queue["id"]
            )
            self.switch(self.conversation.add(acd))
            self.center.run(self._queue(queue, acd))
            return None
        if not to:
            ivr.end("endpoint")
            return Refusal(480, "Temporarily Unavailable", "the flow leads nowhere")
        outcome = await self._dial(routing.media_site(self.org, trunk), to)
        if isinstance(outcome, Refusal):
            ivr.end("error", outcome.error)
            return outcome
        ivr.end("transfer")
        self.switch(outcome)
        return None

    async def _queue(self, queue: Object, acd: Participant) -> None:
        """Ring an agent of the queue; where nobody is on it, the caller waits on."""
        if not queue.get("memberCount"):
            return
        agent = await self.ring_agent(acd)
        call = agent.call
        assert call
        if await call.outcome(CALL_SECONDS) == 200 and self.far is acd:
            acd.end("transfer")
            self.switch(agent)
        else:
            await call.hangup()
            waiting = self.near is not None and self.near.state == "answered"
            agent.end("transfer.noanswer" if waiting else "peer")

    async def _dial(
        self, site: str, number: str, purpose: str = "external", ringing: bool = False
    ) -> Participant | Refusal:
        """Dial by the plans of `site`: the answered leg, or why there is none."""
        way = routing.onward(self.org, site, number)
        if isinstance(way, routing.Onward) and self.center.full(way.trunk):
            reason = f"all lines of {way.trunk['name']} are taken"
            way = Refusal(503, "Service Unavailable", reason, routing.NO_LINES)
        if isinstance(way, Refusal):
            leg = Participant(purpose, self.caller, number, "outbound", error=way.error)
            self.conversation.add(leg).end("error")
            return way
        address, name = trunkside.caller_id(self, way)
        leg = Participant(purpose, address or "anonymous", way.number, "outbound", trunk=way.trunk)
        self.conversation.add(leg)
        refusal = Refusal(408, "Request Timeout", "no SIP server of the trunk answers")
        if self.near and ringing:
            await self.near.ring()
        for host, port in routing.proxies(way.trunk):
            leg.call = await trunkside.invite(self, way, host, port, (address, name))
            code = await self.outcome(leg.call, ring_seconds(self.center.world))
            if code == 200:
                return leg
            refusal = Refusal(code, leg.call.phrase, "refused by the far end")
            if code < 500 and code != 408:  # trunk_transport_retryableReasonCodes: 500-599
                break
        leg.end("error")
        return refusal

    # Transfers by the far end

    def refuses(self, referral: Referral) -> Refusal | None:
        """Only a fault does."""
        forbidden = Refusal(403, "Forbidden", "the trunk takes no REFER")
        return forbidden if self.center.world.fault(faults.REFER_REFUSED) else None

    async def hand_over(self, target: Target) -> Refusal | None:
        """The number in the REFER is dialed as if the trunk that its host names had brought it."""
        self.org = view.organization(self.center.world)
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
        self.switch(outcome)
        return None

    # What is kept

    def marks(self) -> dict[str, str]:
        """The header with which Genesys Cloud names the conversation."""
        return {"x-inin-cnv": self.conversation.id}

    def publish(self, ended: bool = False) -> None:
        """At first a live conversation, at the end whole, with its messages and media."""
        world, conversation = self.center.world, self.conversation
        world.keep("conversations", conversation.id, records.details(conversation, ended))
        if ended:
            for message in records.messages(conversation, self.center.net):
                records.keep_message(world, message)
            for statistics in records.media(conversation):
                media = world.records["media"].setdefault(conversation.id, {})
                media[statistics["communicationId"]] = statistics
