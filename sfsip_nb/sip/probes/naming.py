"""Where a SIP domain leads (RFC 3263), and whether that is where the documents say."""

import ipaddress
from collections.abc import Sequence

from ..dns import ResolveError, Resolver
from ..evidence.finding import Verdict
from ..locating import DnsResolver, explain, locate
from ..trace import Transport
from .reach import ProbeResult


async def dns(
    host: str,
    *,
    port: int | None = None,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    timeout: float = 5.0,
    expected: Sequence[str] = (),
) -> ProbeResult:
    """Where a SIP domain leads, with every step in `seen`; `timeout` bounds it in seconds.

    `expected` are published addresses or networks (an address outside of them is inconclusive:
    documents and DNS differ, and which of them is old is not known here). Raises ValueError for
    what is no network.
    """
    networks = [ipaddress.ip_network(text, strict=False) for text in expected]
    try:
        found = await locate(resolver or DnsResolver(), host, port, transport, timeout)
    except ResolveError as error:
        return ProbeResult("dns", "inconclusive" if error.unheard else "fail", str(error))
    hops = [f"{hop}/{hop.transport}" for hop in found.hops]
    seen = {"hops": hops, "steps": [vars(step) for step in found.steps]}
    if not hops:
        verdict: Verdict = "inconclusive" if found.unheard else "fail"
        return ProbeResult("dns", verdict, explain(host, found), seen)
    leads = f"{host} leads to {', '.join(hops)}."
    if not networks:
        return ProbeResult("dns", "pass", leads, seen)
    ips = dict.fromkeys(hop.ip for hop in found.hops)
    strange = [ip for ip in ips if not any(_within(ip, network) for network in networks)]
    seen |= {"expected": list(expected), "unlisted": strange}
    if not strange:
        return ProbeResult("dns", "pass", f"{leads} All of it is published.", seen)
    return ProbeResult(
        "dns",
        "inconclusive",
        f"Documents and DNS differ: {host} leads to {', '.join(strange)}, published are "
        f"{', '.join(expected)}. Ask the host's owner which of them holds, and let both in until"
        " then.",
        seen,
    )


def _within(ip: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return ipaddress.ip_address(ip) in network
