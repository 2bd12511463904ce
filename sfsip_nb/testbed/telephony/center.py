"""A contact center as its trunks see it: one border element with agents' telephones behind."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.sip import Call, Incoming, UserAgent
from sfsip_nb.testbed.world import World

from .admission import Refusal
from .certificates import Certificates
from .element import SipElement
from .net import Net, Resident
from .phone import AGENT_HZ, Phone
from .session import BridgedCall


class ContactCenter(SipElement, ABC):
    """What all share. `name` is the platform's, `address` the public one; under the faults
    `no_agents` and `lost_audio` nobody picks up, and what goes out over a trunk is not heard.

    Each call that belongs to the customer becomes a `BridgedCall` (a B2BUA of two or more legs),
    whose fate follows from the world's settings at that moment.
    """

    def __init__(
        self,
        world: World,
        net: Net,
        certificates: Certificates,
        *,
        name: str,
        element: str,
        hosts: tuple[str, ...],
        address: str,
        no_agents: Fault,
        lost_audio: Fault,
        newest: ssl.TLSVersion | None = None,
    ) -> None:
        self.world, self.name, self.lost_audio = world, name, lost_audio
        world.dials[name] = self.place
        self.sessions: set[BridgedCall] = set()
        agent = UserAgent(
            f"{element} (testbed)",
            transports=("udp", "tcp", "tls"),
            tls_server=certificates.server(*hosts, newest=newest),
            tls_client=certificates.client(),
            resolver=net,
            on_invite=self.take,
            on_request=self._on_request,
        )
        resident = Resident(agent, hosts, {"udp": 5060, "tcp": 5060, "tls": 5061}, lambda: address)
        self.phone = Phone(
            "Agent's telephone (testbed)", net, AGENT_HZ, lambda: not world.fault(no_agents)
        )
        super().__init__(net, resident, self.phone.agent)

    @abstractmethod
    async def take(self, call: Call) -> None:
        """An INVITE has come: refuse it, or begin a session."""

    @abstractmethod
    def routes(self, number: str) -> bool:
        """Something is routed on this number of the customer's."""

    @abstractmethod
    def entrance(self, number: str) -> str:
        """The SIP URI under which the telephone network hands over a call to `number`."""

    @abstractmethod
    def place(self, call: dict[str, Any]) -> None:
        """Dial ``to`` from ``from`` for the customer; returns while the call is under way."""

    def owns(self, host: str) -> bool:
        """`host` names this border element."""
        return self._resident.owns(host)

    def begin(self, session: BridgedCall, work: Coroutine[Any, Any, None]) -> None:
        """Let a session run beside, to its end."""
        self.run(self._lead(session, work))

    async def refuse(self, call: Call, refusal: Refusal) -> None:
        """Refuse at the border, and say why in the ground truth."""
        await call.reject(refusal.code, refusal.phrase)
        self.world.log_call(
            {
                "stand_in": self.name,
                "from": call.caller,
                "to": call.user,
                "source": self.net.source(call),
                "code": refusal.code,
                "reason": refusal.reason,
            }
        )

    async def _lead(self, session: BridgedCall, work: Coroutine[Any, Any, None]) -> None:
        self.sessions.add(session)
        try:
            await work
        finally:
            await session.finish()
            self.sessions.discard(session)

    async def _on_request(self, incoming: Incoming) -> None:
        """OPTIONS are answered; the peer of a trunk is static: no registrations.

        So it is with a Genesys BYOC carrier trunk; at Talkdesk it is the stricter reading.
        """
        if incoming.method == "OPTIONS":
            await incoming.respond(200)
        else:
            await incoming.respond(405, headers={"Allow": "INVITE, ACK, BYE, CANCEL, OPTIONS"})
