"""A SIP server's certificate (RFC 5922)."""

import ssl
from typing import Any

from ..dns import ResolveError, Resolver
from ..locating import DnsResolver
from . import tlsprobe
from .reach import ProbeResult, clean


async def tls(
    host: str,
    port: int = 5061,
    *,
    name: str = "",
    ca_file: str | None = None,
    resolver: Resolver | None = None,
    timeout: float = 5.0,
) -> ProbeResult:
    """Certificate chain, expiry and name of a SIP server over TLS (RFC 5922)."""
    name = name or host
    where = f"{host}:{port}"
    seen: dict[str, Any] = {"host": host, "port": port, "name": name}
    try:
        hop = await (resolver or DnsResolver()).resolve(host, port, "tls")
        facts = await tlsprobe.inspect(hop.ip, hop.port, name, ca_file=ca_file, timeout=timeout)
    except ResolveError as error:
        return ProbeResult("tls", "fail", str(error), seen)
    except TimeoutError:
        return ProbeResult("tls", "inconclusive", f"{where} did not finish a handshake.", seen)
    except (ssl.SSLError, ConnectionError) as error:
        return ProbeResult("tls", "fail", f"{where} refused TLS: {clean(str(error))}.", seen)
    except OSError as error:
        return ProbeResult("tls", "inconclusive", f"{where}: {clean(str(error))}.", seen)
    seen |= {
        "protocol": facts.protocol,
        "cipher": facts.cipher,
        "trust": facts.trust or "ok",
        "matched": facts.name,
        "chain": [
            {
                "subject": clean(item.subject),
                "issuer": clean(item.issuer),
                "not_after": item.not_after.isoformat(),
                "days_left": item.days_left,
                "names": [clean(text) for text in item.names],
            }
            for item in facts.chain
        ],
    }
    if facts.trust:
        return ProbeResult("tls", "fail", f"The chain of {where} fails: {facts.trust}.", seen)
    if not facts.name:
        note = clean(facts.name_note)
        return ProbeResult("tls", "fail", f"The certificate does not fit {name}: {note}.", seen)
    days = facts.chain[0].days_left
    sentence = f"{where}: {facts.protocol}, trusted chain for {facts.name}, {days} days left."
    return ProbeResult("tls", "pass", sentence, seen)
