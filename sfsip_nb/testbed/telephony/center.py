"""A contact center as its trunks see it: one border element with agents' telephones behind."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.sip import Incoming, IncomingCall, Transport, UserAgent
from sfsip_nb.testbed.world import World

from .admission import Refusal
from .certificates import Certificates
from .element import SipElement
from .manners import Habits, give
from .net import Net, Resident
from .phone import AGENT_HZ, Phone
from .session import BridgedCall


class ContactCenter(SipElement, ABC):
    """What all share; each says who it is.

    Each call that belongs to the customer becomes a `BridgedCall` (a B2BUA of two or more legs),
    whose fate follows from the world's settings at that moment.
    """

    name: ClassVar[str]
    """The platform's."""
    element: ClassVar[str]
    """What the border element is called."""
    address: ClassVar[str]
    """Its public address."""
    no_agents: ClassVar[Fault]
    """Nobody picks up."""
    lost_audio: ClassVar[Fault]
    """What goes out over a trunk is not heard."""
    newest: ClassVar[ssl.TLSVersion | None] = None
    """The newest version of TLS that it speaks, if it is not the newest of all."""

    def __init__(self, world: World, net: Net, certificates: Certificates) -> None:
        self.world = world
        world.dials[self.name] = self.place
        self.sessions: set[BridgedCall] = set()
        hosts = self.hosts()
        agent = UserAgent(
            f"{self.element} (testbed)",
            transports=("udp", "tcp", "tls"),
            tls_server=certificates.server(*hosts, newest=self.newest),
            tls_client=certificates.client(),
            resolver=net,
            on_invite=self.take,
            on_request=self._on_request,
        )
        ports: dict[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
        resident = Resident(agent, hosts, ports, lambda: self.address)
        self.phone = Phone(
            "Agent's telephone (testbed)",
            net,
            AGENT_HZ,
            lambda: not world.fault(self.no_agents),
            world.handsets,
        )
        super().__init__(net, resident, self.phone.agent)
        give(agent, net, hosts[0].replace("*", "edge"), self.habits())

    def habits(self) -> Habits:
        """What it does with messages on a trunk, by faults."""
        return Habits()

    @abstractmethod
    def hosts(self) -> tuple[str, ...]:
        """Its public names; one may begin with ``*.`` for any one label."""

    @abstractmethod
    async def take(self, call: IncomingCall) -> None:
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

    async def refuse(self, call: IncomingCall, refusal: Refusal) -> None:
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
