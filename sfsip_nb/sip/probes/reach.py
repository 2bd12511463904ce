"""The way from here to a probe's target, and words for what stands in it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ..addresses import local_ip
from ..agent import UserAgent
from ..dns import DEFAULT_PORTS, NextHop, ResolveError, Resolver
from ..evidence.finding import Verdict
from ..fields import uri_parts
from ..locating import DnsResolver, candidates_within
from ..shown import plain
from ..trace import TraceEntry
from .plan import CallPlan

GRACE = 1.0
"""Seconds after a probe's own limit in which it may still find out why nothing was heard."""

TLS_WORDS = {
    9: "its certificate is not valid yet. Check this machine's clock; otherwise it has to be"
    " reissued",
    10: "its certificate has expired. The host's owner has to renew it",
    18: "its certificate is self-signed. It needs one from a public authority, or trust it here",
    19: "its chain ends in a root that is not trusted here. Trust that CA if that is intended",
    20: "the issuer of its certificate is unknown: the server leaves out the intermediate, or its"
    " CA is not trusted here",
    62: "its certificate is for another name. Use the name that the certificate is for, or have it"
    " issued again",
}
"""By OpenSSL's code: what is wrong with a certificate, and who mends it."""

_CLOSED = "Correct the port or the transport; if both are right, the service is down."


@dataclass(frozen=True)
class ProbeResult:
    """Outcome of a probe, as seen from this machine (`vantage`).

    `seen` is JSON-like; texts of strangers in it are cut short. `media` holds the RTP and RTCP
    packets of a call, in clear (`media.packets.MediaPacket`); `wav` what was heard, empty if
    nothing was.
    """

    name: str
    verdict: Verdict
    sentence: str
    seen: dict[str, Any] = field(default_factory=dict)
    trace: list[TraceEntry] = field(default_factory=list)
    media: list[Any] = field(default_factory=list)
    wav: bytes = b""
    vantage: str = "here"

    def as_dict(self) -> dict[str, Any]:
        """What a program reads: all but the evidence."""
        return {
            "probe": self.name,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "vantage": self.vantage,
            "seen": self.seen,
        }


class Reach:
    """The way to a target: resolving it, and words for what stands in the way."""

    def __init__(self, name: str, plan: CallPlan) -> None:
        parts = uri_parts(plan.towards)
        self.name, self.host, self.port, self.kind = name, parts.host, parts.port, plan.kind
        self.where = f"{self.host}:{self.port or DEFAULT_PORTS[self.kind]} over {self.kind.upper()}"
        self.resolver: Resolver = DnsResolver() if plan.resolver is None else plan.resolver
        self.tls_client = plan.tls_client
        self.hop: NextHop | None = None
        self.seen: dict[str, Any] = {"target": self.where}
        self._agent: UserAgent | None = None

    async def run(
        self, ask: Callable[[UserAgent], Awaitable[ProbeResult]], within: float
    ) -> ProbeResult:
        """Ask, with an agent on the interface that leads to the target, for `within` seconds.

        Whatever stands in the way becomes the result: no address, no connection, no time.
        """
        try:
            async with asyncio.timeout(within + GRACE):
                hops = await candidates_within(
                    self.resolver, self.host, self.port, self.kind, within
                )
                self.hop = hops[0]
                self.seen["address"] = str(self.hop)
                agent = UserAgent(
                    "sfsip-nb",
                    host=local_ip(self.hop.address),
                    resolver=self.resolver,
                    tls_client=self.tls_client,
                )
                self._agent = agent
                async with agent:
                    return await ask(agent)
        except OSError as error:
            return self.refused(error, within)

    def result(self, verdict: Verdict, sentence: str) -> ProbeResult:
        """A result with all that was seen so far."""
        trace = list(self._agent.trace) if self._agent else []
        return ProbeResult(self.name, verdict, sentence, dict(self.seen), trace)

    def refused(self, error: OSError, within: float) -> ProbeResult:
        """No address, or a connection that could not be made."""
        if isinstance(error, TimeoutError) and (self.kind == "udp" or self._spoken):
            return self._unanswered(within)
        return self.result(*self._stopped(error, within))

    def _stopped(self, error: OSError, within: float) -> tuple[Verdict, str]:
        if isinstance(error, ResolveError):
            return "inconclusive" if error.unheard else "fail", str(error)
        if isinstance(error, ConnectionRefusedError):
            return "fail", f"{self.where}: the port is closed. {_CLOSED}"
        if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in TLS_WORDS:
            words = TLS_WORDS[error.verify_code]
            return "fail", f"{self.where}: {words} (`sfsip probe tls` shows it)."
        if isinstance(error, ssl.SSLError):
            return "fail", (
                f"{self.where}: TLS failed ({plain(str(error))}). The port may speak plain SIP, or"
                " the TLS versions differ: `sfsip probe tls` shows it."
            )
        if isinstance(error, TimeoutError):
            return "inconclusive", (
                f"{self.where}: no {self.kind.upper()} connection within {within:g} s. A firewall"
                " drops it, or the address or port is wrong: try from a machine that the peer"
                " allows."
            )
        return "inconclusive", f"{self.where} cannot be reached from here: {plain(str(error))}."

    async def port_closed(self) -> bool:
        """Whether ICMP says that nobody listens on the UDP port; False where that is not known.

        Only a connected socket hears ICMP; what is sent is a keep-alive (RFC 5626 §3.5.1).
        """
        if self.hop is None or self.kind != "udp":
            return False
        family = socket.AF_INET6 if ":" in self.hop.ip else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.setblocking(False)
            try:
                probe.connect((self.hop.ip, self.hop.port))
                probe.send(b"\r\n\r\n")
                async with asyncio.timeout(0.3):
                    await asyncio.get_running_loop().sock_recv(probe, 16)
            except ConnectionRefusedError:
                return True
        return False

    async def silence(self, seconds: float) -> ProbeResult:
        """Nothing was heard; over UDP an ICMP refusal still tells a closed port."""
        if self.kind != "udp" and not self._spoken:
            return self.refused(TimeoutError(), seconds)
        if await self.port_closed():
            return self.result("fail", f"{self.where}: the port is closed (ICMP). {_CLOSED}")
        return self._unanswered(seconds)

    @property
    def _spoken(self) -> bool:
        """Whether a message left, so that there was a connection where one is needed."""
        return self._agent is not None and len(self._agent.trace) > 0

    def _unanswered(self, seconds: float) -> ProbeResult:
        took = "took the connection but " if self.kind != "udp" else ""
        sentence = (
            f"{self.where} {took}said nothing in {seconds:g} s. An allow list, a firewall, a wrong"
            " port or transport and a dead host all look like this from here: try the other"
            " transports, then a machine that the peer allows."
        )
        return self.result("inconclusive", sentence)
