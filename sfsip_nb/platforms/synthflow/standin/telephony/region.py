"""Synthflow as a trunk sees it: one region's SIP servers, and the assistants behind them.

A region answers for the workspaces that live in it.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

from sfsip_nb.inputs import facts
from sfsip_nb.inputs.impairment import Impairment, Toward, combined
from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.platforms.synthflow.lines import LINES
from sfsip_nb.sip import (
    Call,
    Credentials,
    DigestGuard,
    Incoming,
    IncomingCall,
    Transport,
    UserAgent,
)
from sfsip_nb.sip.sdp import Srtp
from sfsip_nb.testbed.telephony.admission import Refusal, challenged
from sfsip_nb.testbed.telephony.certificates import Certificates
from sfsip_nb.testbed.telephony.element import SipElement
from sfsip_nb.testbed.telephony.lines import Lines
from sfsip_nb.testbed.telephony.manners import Habits, give
from sfsip_nb.testbed.telephony.net import BLACK_HOLE, Net, Resident, Target, hops_left, name_addr
from sfsip_nb.testbed.telephony.phone import CALL_SECONDS, ring_seconds
from sfsip_nb.testbed.world import World

from .. import customer
from .assistant import Talk
from .rows import announced, new_row, settle

Json = dict[str, Any]

REGISTRATION_SECONDS = 90.0
"""Between attaching a number and its being served; the guides say one to two minutes."""

_OWN_ID = re.compile(r"S\.([^;]+);")
"""Synthflow's own id of a call, in X-EI (docs.synthflow.ai/x-ei-sip-header)."""

UNLISTED = "198.51.100.99"

OTHER_REALM = "synthflow"

ANSWER_SECONDS = 2.0
"""How long it rings, until the agent is ready."""

ABANDONED_SECONDS = 60.0
"""How long a call stands whose BYE was not for it: until somebody notes that nobody is there."""


class SynthflowServers(SipElement):
    """The stand-in of one region."""

    def __init__(self, region: str, world: World, net: Net, certificates: Certificates) -> None:
        self.region, self.world = region, world
        self.host = facts.synthflow_regions()[region].sip
        self._guards: dict[str, DigestGuard] = {}
        self._dialled = 0
        agent = UserAgent(
            "Synthflow (testbed)",
            transports=("udp", "tcp", "tls"),
            tls_server=certificates.server(self.host, fault=self._certificate_fault),
            tls_client=certificates.client(),
            resolver=net,
            on_invite=self._on_invite,
            on_request=self._on_request,
            gate=lambda _source, _transport: not world.fault(faults.FIREWALL),
        )
        port = facts.synthflow_port
        ports: dict[Transport, int] = {"udp": port("udp"), "tcp": port("tcp"), "tls": port("tls")}
        super().__init__(net, Resident(agent, (self.host,), ports, self._address))
        self.lines = Lines(agent, self._bad_lines, world.seed)
        give(agent, net, self.host, self._habits())

    async def stop(self) -> None:
        """As every element; its lines go too."""
        await super().stop()
        self.lines.close()

    def _bad_lines(self) -> dict[Toward, Impairment]:
        """What the line does to audio in either direction."""
        bad = [f.line for f in LINES if f.line and self.world.fault(f)]
        return {side: combined(do for to, do in bad if to == side) for side, _ in bad}

    def _habits(self) -> Habits:
        """Where a contact center ignores the route set, there is one."""
        fault = self.world.fault
        return Habits(
            anybody=True,
            private_media=lambda: fault(faults.PRIVATE_MEDIA),
            ignores_routes=lambda: fault(faults.IGNORES_ROUTE_SET),
            stays=self._passed_by,
            unheard=lambda call_id: self.run(self._abandon(call_id)),
            lines=self.lines,
        )

    def _passed_by(self) -> bool:
        """A contact center ignores the route set."""
        own, same = faults.IGNORES_ROUTE_SET.name.split(".")
        names = (name.split(".") for name in self.world.faults)
        return any(place != own and what == same for place, what in names)

    async def _abandon(self, call_id: str) -> None:
        """The other side is gone: that is noted late."""
        await self.world.sleep(ABANDONED_SECONDS)
        left = [call for call in self.agent.calls.values() if call.call_id == call_id]
        for call in left:
            await call.hangup()

    def _address(self) -> str:
        """A published signaling address that nobody doubts; each call that goes out moves on."""
        if self.world.fault(faults.UNLISTED_ADDRESS):
            return UNLISTED
        listed = [e.address for e in facts.synthflow_addresses(self.region) if not e.doubt]
        return listed[self._dialled % len(listed)]

    def _certificate_fault(self) -> str:
        if self.world.fault(faults.OLD_TLS):
            return "version"
        if self.world.fault(faults.EXPIRED_CERTIFICATE):
            return "expired"
        return "name" if self.world.fault(faults.WRONG_CERTIFICATE_NAME) else ""

    # Calls that come in

    async def _on_request(self, incoming: Incoming) -> None:
        if incoming.method != "OPTIONS":
            await incoming.respond(405)
        elif not self.world.fault(faults.NO_OPTIONS):
            await incoming.respond(200)

    async def _on_invite(self, call: IncomingCall) -> None:
        refusal = await self._decide(call)
        if isinstance(refusal, Refusal):
            self.world.log_call(
                {
                    "stand_in": "synthflow",
                    "from": call.caller,
                    "to": call.user,
                    "code": refusal.code,
                    "reason": refusal.reason,
                }
            )
            return await call.reject(refusal.code, refusal.phrase)
        number = refusal
        if number["_trunk_username"] and await challenged(call, self._guard(number)):
            return
        assistant = customer.inbound_assistant(self.world, number["phone_number"])
        assert assistant
        sent = {} if self.world.fault(faults.HEADER_STRIPPED) else _custom_headers(call)
        own = _OWN_ID.search(sent.get("X-EI", ""))
        about = (assistant, call.caller, number["phone_number"])
        row = announced(self.world, own[1], *about) if own else None
        row = row or new_row(self.world, assistant, "inbound", *about[1:])
        row["telephony_sip_headers"] = sent
        codecs = ("G729",) if self.world.fault(faults.WRONG_CODEC) else ("PCMU", "PCMA")
        if call.offer and self.world.fault(faults.RTP_BLACKHOLE):
            call.session.offer = replace(call.offer, address=BLACK_HOLE[0], port=BLACK_HOLE[1])
        await call.ring()
        await self.world.sleep(ANSWER_SECONDS)
        if self.world.fault(faults.RINGS_FOREVER):
            await call.wait_ended(CALL_SECONDS)
        # TLS asks for SRTP (the guides, "SIP over TLS"); whether plain RTP is refused is not known.
        srtp: Srtp = "required" if call.transport == "tls" else "optional"
        if await call.answer(codecs=codecs, srtp=srtp):
            self.run(self.talk(call, assistant, number, row))
        else:
            settle(self.world, row, call, "", "error")

    async def _decide(self, call: Call) -> Json | Refusal:
        """The number that is called, if it is imported, attached and served by now."""
        if hops_left(call) < 0:
            return Refusal(483, "Too Many Hops", "the call goes round in a circle")
        if self.world.fault(faults.BUSY):
            return Refusal(486, "Busy Here", "busy")
        if self.world.fault(faults.CALL_LIMIT):
            return Refusal(503, "Service Unavailable", "the workspace has as many calls as it may")
        if Target.parse(call.request_uri).host != self.host:
            return Refusal(404, "Not Found", "the Request-URI does not name this region's host")
        number = customer.imported(self.world, call.user) if call.user.startswith("+") else None
        if number is None or self.region != customer.region(self.world):
            return Refusal(404, "Not Found", f"{call.user} is not imported in region {self.region}")
        if customer.inbound_assistant(self.world, call.user) is None or not number["_attached_at"]:
            return Refusal(404, "Not Found", f"{call.user} is not attached to an inbound assistant")
        ready = number["_attached_at"] + self.world.scaled(REGISTRATION_SECONDS)
        if time.time() < ready or self.world.fault(faults.NOT_REGISTERED):
            return Refusal(480, "Temporarily Unavailable", f"{call.user} is not registered yet")
        if number["uac_enabled"] and not await self._register(number):
            return Refusal(480, "Temporarily Unavailable", f"registering {call.user} has failed")
        return number

    async def _register(self, number: Json) -> bool:
        """A number with uac_enabled registers at its termination URI; a static peer refuses."""
        target = self.termination(number)
        uri = f"sip:{target.host}" + (f":{target.port}" if target.port else "")
        aor = f"sip:{number['_trunk_username']}@{target.host}"
        try:
            answer = await self.agent.register(
                uri,
                aor=aor,
                credentials=self._credentials(number),
                transport=target.transport or "udp",
                timeout=2,
            )
        except OSError:
            return False
        return answer is not None and answer.code == 200

    def _guard(self, number: Json) -> DigestGuard:
        """Asks for the trunk's credentials in the realm of the region's host (stricter reading)."""

        def password(username: str) -> str | None:
            return self._password(number) if username == number["_trunk_username"] else None

        realm = OTHER_REALM if self.world.fault(faults.OTHER_REALM) else self.host
        key = f"{number['slug']} {realm}"
        return self._guards.setdefault(key, DigestGuard(realm, password, proxy=True))

    def _password(self, number: Json) -> str:
        return str(number["_trunk_pwd"]) + "?" * self.world.fault(faults.WRONG_PASSWORD)

    def _credentials(self, number: Json) -> list[Credentials]:
        """What a number answers to a challenge, whatever its realm."""
        user = str(number["_trunk_username"])
        return [Credentials(user, self._password(number))] if user else []

    async def talk(self, call: Call, assistant: Json, number: Json, row: Json) -> None:
        """The assistant and whoever is on the line, until one hangs up; completes the row."""
        talk = Talk(self, call, assistant, number, row)
        try:
            await talk.run()
        finally:
            row["_heard"] = talk.heard()
            settle(self.world, row, call, talk.transcript(), talk.reason)

    # Calls that go out

    def termination(self, number: Json) -> Target:
        """Where calls and registrations of a number go: its outbound proxy overrides its domain."""
        if self.world.fault(faults.WRONG_TERMINATION):
            return Target("", "another-organisation.byoc.usw2.pure.cloud")
        return Target.parse(number["sip_outbound_proxy"] or number["sip_term_uri"])

    async def dial(self, number: Json, to: str, caller: str, name: str = "") -> Call:
        """An INVITE for `to`, a number or a SIP URI, as from `caller`."""
        own = self.termination(number)
        target = Target.parse(to) if "@" in to else Target(to, own.host, own.port, own.transport)
        transport = target.transport or own.transport or "udp"
        return await self.agent.invite(
            target.uri,
            from_=name_addr(caller, self.host, name),
            credentials=self._credentials(number),
            srtp="required" if transport == "tls" else "off",
            transport=transport,
        )

    async def outbound(self, row: Json) -> None:
        """Carry out ``POST /calls``: dial, and let the assistant talk if somebody answers."""
        number = customer.imported(self.world, str(row["phone_number_from"]))
        assistant = self.world.systems["synthflow"]["assistants"].get(str(row["model_id"]))
        if number is None or assistant is None:
            return settle(self.world, row, None, "", "error")
        call = await self.dial(number, str(row["phone_number_to"]), number["phone_number"])
        row["call_status"] = "ringing"
        self.world.keep("synthflow_calls", row["call_id"], row)
        code = await call.outcome(ring_seconds(self.world))
        self._dialled += 1
        if code == 200:
            await self.talk(call, assistant, number, row)
        else:
            settle(self.world, row, call, "", "error")


def _custom_headers(call: Call) -> dict[str, str]:
    """X- headers of the INVITE, names as sent."""
    names = (str(name) for name in call.invite.headers.keys())  # noqa: SIM118 (no mapping)
    return {name: call.header(name) for name in names if name.lower().startswith("x-")}
