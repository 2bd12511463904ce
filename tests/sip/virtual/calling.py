"""What tests of intervals share: peers that call or are called, and when an agent sent what."""

from typing import Any

from sfsip_nb.sip import Call, UserAgent
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, uri
from tests.sip.virtual.world import here

DOUBLING = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
"""Twice as long each time, until 64 T1."""

CAPPED = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
"""Twice as long each time, but T2 = 4 s at most."""


def times(agent: UserAgent, what: str) -> list[float]:
    """When an agent sent messages of a summary."""
    own = agent.local_addresses("udp") | agent.local_addresses("tcp")
    return [each.at for each in here().sent if each.source in own and str(each) == what]


async def answer(call: Call) -> None:
    await call.answer()


async def invited(raw: RawPeer, server: UserAgent, **headers: str) -> Any:
    """The peer has called; the 200 that it got."""
    raw.target = server.address()
    raw.send(raw.request("INVITE", uri(server), body=SDP, **headers))
    await raw.next(100)
    return await raw.next(200)


async def called(agents: Agents) -> tuple[RawPeer, Any, Call]:
    """A peer that has called a server of ours, the 200 that it got, and the server's call."""
    legs: list[Call] = []

    async def take(call: Call) -> None:
        legs.append(call)
        await call.answer()

    server, raw = await agents("server", on_invite=take), await RawPeer.udp_at()
    taken = await invited(raw, server)
    raw.send(raw.inside(taken, "ACK", number=1))
    return raw, taken, legs[0]


async def standing(raw: RawPeer, call: Call, **headers: str) -> Any:
    """The peer has answered; the INVITE that it got."""
    invite = await raw.next("INVITE")
    raw.reply(invite, 200, body=SDP, **headers)
    await raw.next("ACK")
    assert await call.outcome() == 200
    return invite
