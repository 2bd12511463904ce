"""The Genesys Cloud edge: takes calls from trunks, and follows flows, plans and routes."""

from __future__ import annotations

import ssl
from typing import Any

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.platforms.synthflow import faults as synthflow_faults
from sfsip_nb.sip import IncomingCall, Transport
from sfsip_nb.testbed.telephony.admission import Refusal, unfit
from sfsip_nb.testbed.telephony.center import ContactCenter
from sfsip_nb.testbed.telephony.certificates import Certificates
from sfsip_nb.testbed.telephony.legs import Conversation, Object, Participant
from sfsip_nb.testbed.telephony.manners import Habits
from sfsip_nb.testbed.telephony.net import Net, Target, hops_left
from sfsip_nb.testbed.world import World

from .. import customer
from . import routing, view
from .records import homer, keep_message
from .session import EdgeSession

_PING_SECONDS = 2.0


class Edge(ContactCenter):
    """Genesys Cloud as trunks see it, with the telephone of the agents in its queues."""

    name = "genesys"
    element = "Genesys Cloud edge"
    address = "203.0.113.10"  # RFC 5737; Genesys's own are not known here
    no_agents = faults.NO_AGENTS
    lost_audio = faults.RTP_BLACKHOLE
    newest = ssl.TLSVersion.TLSv1_2  # Genesys help, "TLS trunk transport protocol specification"

    def __init__(self, world: World, net: Net, certificates: Certificates) -> None:
        super().__init__(world, net, certificates)
        world.pings[self.name] = self.ping

    async def ping(self, host: str, port: int, transport: Transport) -> str:
        """Send OPTIONS to a trunk's SIP server; what stands in the way, empty if it answers."""
        try:
            answer = await self.agent.request(
                "OPTIONS", f"sip:{host}:{port}", transport=transport, timeout=_PING_SECONDS
            )
        except OSError as error:
            return str(error)
        return "" if answer else "No response"

    def hosts(self) -> tuple[str, ...]:
        """Any label below the domains of inbound FQDNs."""
        org = view.organization(self.world)
        return f"*.{org.suffix}", f"*.{org.cloud_voice_suffix}"

    def habits(self) -> Habits:
        """Where Synthflow ignores the route set, there is one."""
        fault = self.world.fault
        return Habits(
            private_media=lambda: fault(faults.PRIVATE_MEDIA),
            ignores_routes=lambda: fault(faults.IGNORES_ROUTE_SET),
            stays=lambda: fault(synthflow_faults.IGNORES_ROUTE_SET),
        )

    def routes(self, number: str) -> bool:
        """A call route owns it."""
        return any(
            number in ivr.get("dnis", ()) for ivr in self.world.systems["genesys"]["ivrs"].values()
        )

    def full(self, trunk: Object) -> bool:
        """No call goes out over the trunk: others take all its lines."""
        own = trunk is not customer.carrier_trunk(self.world)
        return own and self.world.fault(faults.LINE_LIMIT)

    def entrance(self, number: str) -> str:
        """The customer's own carrier trunk."""
        org = view.organization(self.world)
        return f"sip:{number}@{routing.inbound_fqdn(org, customer.carrier_trunk(self.world))}"

    def place(self, call: dict[str, Any]) -> None:
        """Dial ``to`` by an outbound flow; returns while that is under way."""
        conversation, to = Conversation("outbound", id=call["conversation_id"]), call["to"]
        session = EdgeSession(self, conversation, call["from"])
        flow = session.org.flows.get(call["flow_id"]) or routing.ArchitectFlow(
            "", "Outbound flow", to
        )
        session.publish()
        self.begin(session, session.dial_out(flow, to))

    async def take(self, call: IncomingCall) -> None:
        """Let the call in by its trunk and that trunk's lists, then to the number's flow."""
        org = view.organization(self.world)
        host = Target.parse(call.request_uri).host
        trunk = routing.admit(org, host, self.net.source(call))
        if isinstance(trunk, Refusal):
            # Refused at the platform's border: no organization has a record of it.
            return await self.refuse(call, trunk)
        entry = unfit(call) or routing.enter(org, trunk, call.user)
        if entry is None and trunk is customer.carrier_trunk(self.world):
            # The telephone network brings calls for the organization's own numbers only.
            entry = Refusal(404, "Not Found", f"{call.user} is in no DID pool")
        if isinstance(entry, Refusal):
            await self.refuse(call, entry)
            for message in call.trace:
                keep_message(self.world, homer(message, self.net))
            return
        caller = routing.known_caller(org, trunk, call.caller)
        leg = Participant(
            "customer", caller, call.user, name=call.caller_name, call=call, trunk=trunk
        )
        conversation = Conversation("inbound", [leg], self.world.new_id())
        name, hops = call.caller_name, hops_left(call)
        session = EdgeSession(self, conversation, caller, name, call, hops)
        session.publish()
        if entry:
            work = session.follow(entry, trunk)
        else:
            work = session.pass_on(routing.number_plan_site(org, trunk))
        self.begin(session, work)
