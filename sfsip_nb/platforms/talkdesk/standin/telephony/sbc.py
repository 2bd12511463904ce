"""The Talkdesk SBC: takes calls from the telephone network and from trunks that know it."""

from __future__ import annotations

from typing import Any

from sfsip_nb.platforms.synthflow import faults as synthflow_faults
from sfsip_nb.platforms.talkdesk import faults, samples
from sfsip_nb.sip import Call, DigestGuard, IncomingCall
from sfsip_nb.testbed.telephony import pstn
from sfsip_nb.testbed.telephony.admission import Refusal, challenged, unfit
from sfsip_nb.testbed.telephony.center import ContactCenter
from sfsip_nb.testbed.telephony.certificates import Certificates
from sfsip_nb.testbed.telephony.legs import Conversation, Object, Participant
from sfsip_nb.testbed.telephony.manners import Habits
from sfsip_nb.testbed.telephony.net import Net, Target, hops_left
from sfsip_nb.testbed.world import World

from .. import customer
from . import routing
from .session import SbcSession


class Sbc(ContactCenter):
    """Talkdesk as trunks see it, with the telephone of the agents in its ring groups."""

    name = "talkdesk"
    element = "Talkdesk SBC"
    host = samples.SBC
    address = "203.0.113.20"  # RFC 5737; Talkdesk publishes none
    no_agents = faults.NO_AGENTS
    lost_audio = faults.RTP_BLACKHOLE

    def __init__(self, world: World, net: Net, certificates: Certificates) -> None:
        self._guards: dict[str, DigestGuard] = {}
        super().__init__(world, net, certificates)

    def hosts(self) -> tuple[str, ...]:
        """The one that the guide has entered at Synthflow."""
        return (self.host,)

    def habits(self) -> Habits:
        """Where Synthflow ignores the route set, there is one."""
        fault = self.world.fault
        return Habits(
            private_media=lambda: fault(faults.PRIVATE_MEDIA),
            stays=lambda: fault(synthflow_faults.IGNORES_ROUTE_SET),
        )

    def routes(self, number: str) -> bool:
        """An active routing has it."""
        return customer.routing(self.world, number) is not None

    def entrance(self, number: str) -> str:
        """Talkdesk's own numbers come in at its own door."""
        return f"sip:{number}@{self.host}"

    def busy_lines(self, trunk: Object) -> int:
        """How many calls are on `trunk` now: all that it takes, if others fill it."""
        if self.world.fault(faults.CALL_LIMIT):
            return int(trunk["max_concurrent_calls"])
        legs = [leg for session in self.sessions for leg in session.conversation.legs]
        return sum(leg.trunk is trunk and leg.ended is None for leg in legs)

    def place(self, call: dict[str, Any]) -> None:
        """Dial ``to`` as a Studio flow or a campaign does; returns while that is under way."""
        session = SbcSession(self, Conversation("outbound", id=call["call_id"]), call["from"])
        self.begin(session, session.dial_out(call["to"]))

    async def take(self, call: IncomingCall) -> None:
        """Let the call in by where it comes from, then to what its number is routed to."""
        source = self.net.source(call)
        carried = source == pstn.ADDRESS
        trunk = None if carried else routing.admit(self.world, source)
        if isinstance(trunk, Refusal):
            return await self.refuse(call, trunk)
        if trunk and routing.credentials(trunk) and await challenged(call, self._guard(trunk)):
            return
        entry = unfit(call) or self._entry(call, carried)
        if isinstance(entry, Refusal):
            return await self.refuse(call, entry)
        leg = Participant(
            "customer", call.caller, call.user, name=call.caller_name, call=call, trunk=trunk
        )
        direction = "inbound" if entry else "outbound"
        conversation = Conversation(direction, [leg], self.world.new_id())
        name, hops = call.caller_name, hops_left(call)
        session = SbcSession(self, conversation, call.caller, name, call, hops)
        self.begin(session, session.follow(entry) if entry else session.pass_on(call.user))

    def _entry(self, call: Call, carried: bool) -> Object | Refusal | None:
        """The routing of the number; None for a call that goes on to the telephone network."""
        if not self.owns(Target.parse(call.request_uri).host):
            return Refusal(404, "Not Found", "the Request-URI does not name this SBC")
        entry = routing.enter(self.world, call.user)
        if entry is None and carried:
            return Refusal(404, "Not Found", f"{call.user} is not in the number inventory")
        return entry

    def _guard(self, trunk: Object) -> DigestGuard:
        """Asks for the credentials that are entered at a Digest trunk, in the SBC's realm."""

        def password(username: str) -> str | None:
            return str(trunk["_password"]) if username == trunk["username"] else None

        return self._guards.setdefault(
            str(trunk["id"]), DigestGuard(self.host, password, proxy=True)
        )
