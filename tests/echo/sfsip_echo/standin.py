"""Echo on the testbed: three paths, one switch, and a border element that hands callers on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfsip_echo import HOST, faults
from sfsip_nb.inputs import samples
from sfsip_nb.sip import Credentials, IncomingCall
from sfsip_nb.testbed import oauth
from sfsip_nb.testbed.cards import CannotDo, Values, text
from sfsip_nb.testbed.standin import StandIn
from sfsip_nb.testbed.telephony.admission import Refusal
from sfsip_nb.testbed.telephony.center import ContactCenter
from sfsip_nb.testbed.telephony.legs import Conversation, Participant
from sfsip_nb.testbed.telephony.net import Target, name_addr
from sfsip_nb.testbed.telephony.session import BridgedCall
from sfsip_nb.testbed.web import ApiRefusal, ApiRequest, Endpoint, routes
from sfsip_nb.testbed.world import Json, World


def _settle(world: World) -> None:
    world.systems["echo"] = {"trunks": {}, "calls": {}}


# -- the API


def _gate(asked: ApiRequest, endpoint: Endpoint) -> None:
    if oauth.bearer(asked) != samples.testbed_secret("echo-api-key"):
        raise ApiRefusal(401, {"message": "The key is wrong."})


def _trunk(asked: ApiRequest) -> Json:
    trunk = asked.objects["trunks"].get(asked.path["name"])
    if trunk is None:
        raise ApiRefusal(404, {"message": "There is no such trunk."})
    return {key: value for key, value in trunk.items() if key != "_password"}


def _save_trunk(asked: ApiRequest) -> Json:
    trunk = asked.objects["trunks"].setdefault(asked.path["name"], {"open": False})
    body = dict(asked.body)
    trunk["_password"] = body.pop("password", trunk.get("_password"))
    trunk.update(body)
    return _trunk(asked)


def _remove_trunk(asked: ApiRequest) -> None:
    _trunk(asked)
    del asked.objects["trunks"][asked.path["name"]]


_ENDPOINTS = (
    Endpoint("GET", "/account", lambda asked: {"name": samples.CUSTOMER}),
    Endpoint("GET", "/trunks/{name}", _trunk),
    Endpoint("PUT", "/trunks/{name}", _save_trunk),
    Endpoint("DELETE", "/trunks/{name}", _remove_trunk),
    Endpoint("GET", "/calls", lambda asked: _calls(asked.world)),
)


def _unreadable(why: str) -> ApiRefusal:
    return ApiRefusal(400, {"message": why})


def _calls(world: World) -> list[Json]:
    return list(world.systems["echo"]["calls"].values())


# -- the administrator


def _open(world: World, values: Values) -> Json:
    name = text(values, "trunk")
    trunk = world.systems["echo"]["trunks"].get(name)
    if trunk is None:
        raise CannotDo(f"There is no trunk {name}.")
    before = {"trunk": name, "open": trunk["open"]}
    trunk["open"] = values["open"]
    return {"open": trunk["open"], "before": before}


# -- the telephone


class EchoCenter(ContactCenter):
    """Hands each caller of the trunk's number over the trunk, once its line is open."""

    name = "echo"
    element = "Echo"
    address = "203.0.113.30"
    no_agents = faults.NO_AGENTS
    lost_audio = faults.LOST_AUDIO

    def hosts(self) -> tuple[str, ...]:
        return (HOST,)

    def trunk(self, number: str) -> Json | None:
        """The trunk whose open line has the number."""
        trunks = self.world.systems["echo"]["trunks"].values()
        return next((t for t in trunks if t["open"] and t["number"] == number), None)

    def routes(self, number: str) -> bool:
        return self.trunk(number) is not None

    def entrance(self, number: str) -> str:
        return f"sip:{number}@{HOST}"

    def place(self, call: dict[str, Any]) -> None:
        raise NotImplementedError("Echo places no calls of its own")

    async def take(self, call: IncomingCall) -> None:
        trunk = self.trunk(call.user)
        if trunk is None:
            return await self.refuse(call, Refusal(404, "Not Found", "no open line has it"))
        leg = Participant("customer", call.caller, call.user, call=call)
        conversation = Conversation("inbound", [leg], self.world.new_id())
        session = EchoSession(self, conversation, call.caller, near=call)
        self.begin(session, session.follow(trunk))


@dataclass(eq=False)
class EchoSession(BridgedCall):
    """One caller, handed to Synthflow."""

    async def follow(self, trunk: Json) -> None:
        """Dial the trunk's server, and join both."""
        leg = Participant("external", self.caller, trunk["number"], "outbound", trunk=trunk)
        self.conversation.add(leg)
        leg.call = await self.center.agent.invite(
            f"sip:{trunk['number']}@{trunk['server']}",
            from_=name_addr(self.caller, HOST),
            credentials=[Credentials(trunk["username"], trunk["_password"])],
        )
        code = await self.outcome(leg.call, 10)
        await self.connect(leg if code == 200 else Refusal(code, "", "not answered"))

    async def hand_over(self, target: Target) -> Refusal | None:
        return Refusal(501, "Not Implemented", "Echo takes no transfers")

    def marks(self) -> dict[str, str]:
        return {}

    def publish(self, ended: bool = False) -> None:
        if ended:
            world, made = self.center.world, self.conversation
            first = made.legs[0]
            call = {"from": first.ani, "to": first.dnis, "started": world.iso(made.started)}
            world.systems["echo"]["calls"][made.id] = {"id": made.id, **call}
            world.touch()


STAND_IN = StandIn(
    settle=_settle,
    routes=lambda world: routes(world, "echo", "/echo", _ENDPOINTS, _gate, _unreadable),
    paths={"api": "/echo"},
    credentials=lambda: {"api_key": samples.testbed_secret("echo-api-key")},
    steps={"routing.inbound": _open},
    calls=_calls,
    secret_fields=frozenset({"_password"}),
    elements=lambda *of: {"echo": EchoCenter(*of)},
)
