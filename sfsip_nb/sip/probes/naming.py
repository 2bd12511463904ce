"""Where a SIP domain leads (RFC 3263)."""

from ..dns import ResolveError
from ..locating import DnsResolver
from ..trace import Transport
from .reach import ProbeResult


async def dns(
    host: str,
    *,
    port: int | None = None,
    transport: Transport | None = None,
    resolver: DnsResolver | None = None,
) -> ProbeResult:
    """Where a SIP domain leads (RFC 3263), with every step in `seen`."""
    try:
        found = await (resolver or DnsResolver()).lookup(host, port, transport)
    except ResolveError as error:
        return ProbeResult("dns", "inconclusive", str(error))
    hops = [f"{hop.ip}:{hop.port}/{hop.transport}" for hop in found.hops]
    seen = {"hops": hops, "steps": [vars(step) for step in found.steps]}
    if hops:
        return ProbeResult("dns", "pass", f"{host} leads to {', '.join(hops)}.", seen)
    unheard = any(step.answer == "no answer in time" for step in found.steps)
    sentence = f"{host} leads to no address."
    return ProbeResult("dns", "inconclusive" if unheard else "fail", sentence, seen)
