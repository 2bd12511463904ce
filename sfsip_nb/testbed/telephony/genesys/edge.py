"""The Genesys Cloud edge: takes calls from trunks, and follows flows, plans and routes.

Each call that belongs to the organisation becomes a `Session` (a B2BUA of two or more legs), whose
fate follows from the world's settings at that moment.
"""

from __future__ import annotations

import ssl
from collections.abc import Coroutine
from typing import Any

from sfsip_nb.sip import Call, Incoming, UserAgent
from sfsip_nb.testbed.world import World

from . import routing, view
from .certificates import Certificates
from .net import Net, Resident, Target, hops_left
from .phone import AGENT_HZ, Phone
from .records import Conversation, Leg, homer
from .session import Session
from .standin import StandIn

ADDRESS = "203.0.113.10"
"""Public address of the edge (RFC 5737); Genesys's own are not known here."""


class Edge(StandIn):
    """Genesys Cloud as trunks see it, with the telephone of the agents in its queues."""

    def __init__(self, world: World, net: Net, certificates: Certificates) -> None:
        self.world = world
        hosts = (f"*.{world.byoc_suffix}", f"*.{world.cloud_voice_suffix}")
        agent = UserAgent(
            "Genesys Cloud edge (testbed)",
            transports=("udp", "tcp", "tls"),
            # TLS 1.2 only: Genesys help, "TLS trunk transport protocol specification".
            tls_server=certificates.server(*hosts, newest=ssl.TLSVersion.TLSv1_2),
            tls_client=certificates.client(),
            resolver=net,
            on_invite=self._on_invite,
            on_request=self._on_request,
        )
        resident = Resident(agent, hosts, {"udp": 5060, "tcp": 5060, "tls": 5061}, lambda: ADDRESS)
        self.phone = Phone(
            "Agent's telephone (testbed)",
            net,
            AGENT_HZ,
            lambda: not world.fault("genesys.no-agents"),
        )
        super().__init__(net, resident, self.phone.agent)

    def place(self, from_: str, to: str, flow_id: str | None) -> str:
        """Dial `to` by an outbound flow; the conversation's id, while it is under way."""
        org = view.organisation(self.world)
        flow = org.flows.get(flow_id or "") or routing.Flow("", "Outbound flow", to)
        session = Session(self, org, Conversation("outbound", id=self.world.new_id()), from_)
        session.publish()
        self.run(self._lead(session, session.dial_out(flow, to)))
        return session.conversation.id

    async def _lead(self, session: Session, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            await session.finish()

    async def _on_request(self, incoming: Incoming) -> None:
        """OPTIONS are answered; a BYOC carrier trunk is a static peer: no registrations."""
        if incoming.method == "OPTIONS":
            await incoming.respond(200)
        else:
            await incoming.respond(405, headers={"Allow": "INVITE, ACK, BYE, CANCEL, OPTIONS"})

    async def _on_invite(self, call: Call) -> None:
        org = view.organisation(self.world)
        host = Target.parse(call.request_uri).host
        trunk = routing.admit(org, host, self.net.source(call))
        if isinstance(trunk, routing.Refusal):
            # Refused at the platform's border: no organisation has a record of it.
            return await self._refuse(call, trunk)
        entry = routing.enter(org, trunk, call.user)
        hops = hops_left(call)
        if hops < 0:
            entry = routing.Refusal(483, "Too Many Hops", "the call goes round in a circle")
        elif call.transport == "tls" and not (call.offer and call.offer.crypto):
            entry = routing.Refusal(488, "Not Acceptable Here", "a TLS trunk takes SRTP only")
        if isinstance(entry, routing.Refusal):
            await self._refuse(call, entry)
            for message in call.trace:
                self.world.add_sip_message(homer(message, self.net))
            return
        caller = routing.known_caller(org, trunk, call.caller)
        leg = Leg("customer", caller, call.user, name=call.caller_name, call=call, trunk=trunk)
        conversation = Conversation("inbound", [leg], self.world.new_id())
        session = Session(self, org, conversation, caller, call.caller_name, call, hops)
        session.publish()
        if entry:
            work = session.follow(entry, trunk)
        else:
            work = session.pass_on(routing.number_plan_site(org, trunk))
        self.run(self._lead(session, work))

    async def _refuse(self, call: Call, refusal: routing.Refusal) -> None:
        await call.reject(refusal.code, refusal.phrase)
        self.world.log_call(
            {
                "stand_in": "genesys",
                "from": call.caller,
                "to": call.user,
                "source": self.net.source(call),
                "code": refusal.code,
                "reason": refusal.reason,
            }
        )
