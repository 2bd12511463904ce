"""The way from here to a probe's target, and words for what stands in it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ..agent import UserAgent
from ..dns import DEFAULT_PORTS, DnsResolver, Hop, ResolveError, Resolver
from ..fields import uri_parts
from ..stack import local_ip
from ..trace import TraceEntry, Transport

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True)
class ProbeResult:
    """Outcome of a probe. `seen` is JSON-like; texts of strangers in it are cut short."""

    name: str
    verdict: Verdict
    sentence: str
    seen: dict[str, Any] = field(default_factory=dict)
    trace: list[TraceEntry] = field(default_factory=list)


class Reach:
    """The way to a target: resolving it, and words for what stands in the way."""

    def __init__(
        self,
        name: str,
        uri: str,
        transport: Transport | None,
        resolver: Resolver | None,
        tls_client: ssl.SSLContext | None,
    ) -> None:
        parts = uri_parts(uri)
        named = parts.params.get("transport", "").lower()
        kind: Transport = transport or "udp"
        if parts.scheme == "sips" or named == "tls":
            kind = "tls"
        elif named in ("udp", "tcp"):
            kind = "tcp" if named == "tcp" else "udp"
        self.name, self.host, self.port, self.kind = name, parts.host, parts.port, kind
        self.where = f"{self.host}:{self.port or DEFAULT_PORTS[kind]} over {kind.upper()}"
        self.resolver: Resolver = DnsResolver() if resolver is None else resolver
        self.tls_client = tls_client
        self.hop: Hop | None = None
        self.seen: dict[str, Any] = {"target": self.where}
        self.result = ProbeResult(name, "fail", "")

    @contextlib.asynccontextmanager
    async def agent(self) -> AsyncIterator[UserAgent | None]:
        """An agent on the interface that leads to the target; None where no address is found."""
        try:
            self.hop = await self.resolver.resolve(self.host, self.port, self.kind)
        except ResolveError as error:
            self.result = ProbeResult(self.name, "fail", str(error), self.seen)
            yield None
            return
        self.seen["address"] = f"{self.hop.ip}:{self.hop.port}"
        agent = UserAgent(
            "sfsip-nb",
            host=local_ip((self.hop.ip, self.hop.port)),
            resolver=self.resolver,
            tls_client=self.tls_client,
        )
        async with agent:
            yield agent

    def refused(self, error: OSError, agent: UserAgent) -> ProbeResult:
        """A connection that could not be made."""
        verdict: Verdict = "inconclusive"
        if isinstance(error, ConnectionRefusedError):
            verdict, why = "fail", "the port is closed"
        elif isinstance(error, ssl.SSLError):
            verdict, why = "fail", f"TLS failed: {clean(str(error))}"
        elif isinstance(error, TimeoutError):
            why = "no connection in time"
        else:
            why = clean(str(error))
        sentence = f"{self.where}: {why}."
        return ProbeResult(self.name, verdict, sentence, self.seen, list(agent.trace))

    async def silence(self, agent: UserAgent, timeout: float) -> ProbeResult:
        """Nothing was heard; over UDP an ICMP refusal still tells a closed port."""
        if self.hop is not None and self.kind == "udp" and await _port_closed(self.hop):
            sentence = f"{self.where}: the port is closed (ICMP)."
            return ProbeResult(self.name, "fail", sentence, self.seen, list(agent.trace))
        sentence = (
            f"{self.where} said nothing in {timeout:g} s. An allow list, a firewall, a wrong port "
            "or transport and a dead host all look like this from here."
        )
        return ProbeResult(self.name, "inconclusive", sentence, self.seen, list(agent.trace))


async def _port_closed(hop: Hop) -> bool:
    """Only a connected socket hears ICMP; what is sent is a keep-alive (RFC 5626 §3.5.1)."""
    family = socket.AF_INET6 if ":" in hop.ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect((hop.ip, hop.port))
            probe.send(b"\r\n\r\n")
            async with asyncio.timeout(0.3):
                await asyncio.get_running_loop().sock_recv(probe, 16)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def clean(text: str) -> str:
    """A stranger's text: printable and short."""
    return "".join(char if char.isprintable() else " " for char in text)[:200].strip()
