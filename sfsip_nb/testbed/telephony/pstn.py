"""The telephone network: carries calls between subscribers and the customer's contact centers."""

from __future__ import annotations

from collections.abc import Sequence

from sfsip_nb.inputs import samples
from sfsip_nb.sip import DigestGuard, IncomingCall, Transport, UserAgent, bridge

from .admission import challenged
from .center import ContactCenter
from .element import SipElement
from .net import Net, Resident, Target, hops_left, name_addr
from .phone import CALL_SECONDS, SUBSCRIBER_HZ, Phone

HOST = "pstn.test"
CARRIER = "carrier.acme-testbed.example"
ACCOUNT_HOST = "sip.acme-testbed.example"
"""Where the customer's account for test calls is."""

PORT = 5060
ADDRESS = "198.51.100.10"
"""Public address of the carrier's SIP servers (RFC 5737)."""

MOST_HOPS = 8
"""The network's own hop counter: it may not carry a call round and round."""

SUBSCRIBERS = "+1555010"
"""External subscribers, who all pick up (555-01xx is reserved for fiction)."""

PORTED = (samples.DID_POOL, samples.NUMBER_BLOCK)
"""Numbers that the carrier delivers to the customer, whatever the customer makes of them."""


class TelephoneNetwork(SipElement):
    """Takes calls for any number; the host in the Request-URI does not matter to it.

    Only the account's host asks for its password, and takes calls from its own number alone.

    A number of the customer's leads to the first of its contact `centers` that has something
    routed on it; without one, to the first.
    """

    def __init__(self, net: Net, centers: Sequence[ContactCenter]) -> None:
        self._centres = centers
        agent = UserAgent("Telephone network (testbed)", resolver=net, on_invite=self._on_invite)
        ports: dict[Transport, int] = {"udp": PORT, "tcp": PORT}
        hosts = (HOST, CARRIER, ACCOUNT_HOST)
        resident = Resident(agent, hosts, ports, lambda: ADDRESS, carrier=True)
        self._guard = DigestGuard(ACCOUNT_HOST, _password, proxy=True)
        self.phone = Phone("Subscriber (testbed)", net, SUBSCRIBER_HZ)
        super().__init__(net, resident, self.phone.agent)

    async def _on_invite(self, call: IncomingCall) -> None:
        hops = hops_left(call, MOST_HOPS)
        if hops < 0:
            return await call.reject(483, "Too Many Hops")
        if Target.parse(call.request_uri).host == ACCOUNT_HOST:
            if await challenged(call, self._guard):
                return
            if call.caller != samples.CALLER:
                return await call.reject(403, "Caller ID is unauthorized")
        target = self._destination(call.user)
        if not target:
            return await call.reject(404, "Not Found")
        onward = await self.agent.invite(
            target,
            from_=name_addr(call.caller, CARRIER, call.caller_name),
            headers={"Max-Forwards": str(hops)},
        )
        await bridge(call, onward)
        await call.wait_ended(CALL_SECONDS)
        await call.hangup()

    def _destination(self, number: str) -> str:
        digits = number.removeprefix("+")
        if digits.isdecimal() and any(int(a) <= int(digits) <= int(b) for a, b in PORTED):
            routing = (center for center in self._centres if center.routes(number))
            return next(routing, self._centres[0]).entrance(number)
        return self.phone.uri(number) if number.startswith(SUBSCRIBERS) else ""


def _password(username: str) -> str | None:
    known = username == samples.CALLER_USERNAME
    return samples.testbed_secret("caller-password") if known else None
