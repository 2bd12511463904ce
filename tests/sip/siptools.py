"""Agents, addresses and certificates that the tests of the wire share."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

from sfsip_nb.sip import Audio, Call, MapResolver, Transport, UserAgent

T1 = 0.05
"""SIP timers ten times faster than RFC 3261's."""


class Agents:
    """Makes user agents that the test need not close; `t1` is theirs unless it says another."""

    def __init__(self, t1: float = T1) -> None:
        self.made: list[UserAgent] = []
        self._t1 = t1

    async def __call__(self, name: str, **options: Any) -> UserAgent:
        options.setdefault("resolver", MapResolver())
        options.setdefault("t1", self._t1)
        agent = UserAgent(name, **options)
        await agent.start()
        self.made.append(agent)
        return agent

    async def close(self) -> None:
        """Close all; no handler may have raised."""
        for agent in self.made:
            await agent.close()
        assert [error for agent in self.made for error in agent.errors] == []


def uri(agent: UserAgent, user: str = "+15551230001", transport: Transport = "udp") -> str:
    """The SIP URI of a user at an agent's real socket."""
    ip, port = agent.address(transport)
    tail = "" if transport == "udp" else f";transport={transport}"
    host = f"[{ip}]" if ":" in ip else ip
    return f"sip:{user}@{host}:{port}{tail}"


class Tls:
    """A certificate authority and contexts of both sides."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        self.client = ssl.create_default_context()
        self.ca.configure_trust(self.client)

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context


def heard(call: Call, method: str) -> int:
    """How many requests of a method came to this side of a call, copies apart."""
    name = call.stack.transport.name
    rows = [
        e for e in call.trace if (e.agent, e.direction, e.summary) == (name, "received", method)
    ]
    return len({entry.message.headers["CSeq"] for entry in rows if entry.message})


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for what a peer will do; TimeoutError if it does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (what is awaited has no event)
            await asyncio.sleep(0.01)


async def digits_of(audio: Audio, count: int = 1) -> str:
    """The digits that a peer pressed, as soon as they are so many; TimeoutError if they are not."""
    await until(lambda: len(audio.receiver.digits) >= count)
    return audio.receiver.digits
