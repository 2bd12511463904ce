"""Step ``access.network``, the same for every guide: what this machine can see of the network.

A live engineer's laptop is behind NAT and on no allow list, so from there most of it is advisory
(CONTRACT §3); a real call proves the rest.
"""

from __future__ import annotations

import socket

from sfsip_nb.guides.checks import check, remark
from sfsip_nb.guides.synthflow.section import host, port
from sfsip_nb.inputs import facts
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.verdicts import Check, Vantage
from sfsip_nb.sip import Hop, ResolveError, loop

_CONNECT_SECONDS = 4.0


def reachability(ctx: Context) -> list[Check]:
    """DNS, the published address list, the port, and what only a call can show of RTP."""
    name, number, transport = host(ctx), port(ctx), ctx.parameters.sip.transport
    try:
        hop: Hop | None = loop.run(ctx.surroundings.resolver.resolve(name, number, transport), 15)
        seen = f"{hop.ip}:{hop.port}" if hop else ""
    except ResolveError as error:
        hop, seen = None, str(error)
    found = [
        check(
            "access.network/dns",
            f"{name} has an address",
            "an address",
            seen,
            hop is not None,
            Vantage.HERE,
            reason="Check the region, and this machine's DNS.",
        )
    ]
    if hop is not None and ctx.live:
        found.append(_published(ctx, hop))
    if hop is not None and transport != "udp":
        found.append(_connects(ctx, hop))
    first, last = facts.rtp_ports()[0], facts.rtp_ports()[-1]
    found.append(
        remark(
            "access.network/firewall",
            f"Firewall: SIP on {transport.upper()} {number}, RTP on UDP {first}–{last}, both ways",
            "not visible from this machine",
            "The firewall between the platforms shows only in a call: verify.inbound proves "
            "audio both ways.",
        )
    )
    return found


def _published(ctx: Context, hop: Hop) -> Check:
    entries = facts.synthflow_addresses(ctx.parameters.synthflow.region)
    listed = [entry.address for entry in entries]
    return check(
        "access.network/published",
        "The address is on Synthflow's published list",
        f"one of {', '.join(listed)} (read {entries[0].as_of})" if entries else "a list",
        hop.ip,
        hop.ip in listed or None,
        Vantage.HERE,
        advisory=True,
        reason="Published lists drift: ask Synthflow support which list holds today.",
    )


def _connects(ctx: Context, hop: Hop) -> Check:
    try:
        socket.create_connection((hop.ip, hop.port), timeout=_CONNECT_SECONDS).close()
        seen, ok = "connected", True
    except OSError as error:
        seen, ok = str(error), False
    return check(
        "access.network/tcp",
        f"Port {hop.port} accepts TCP connections",
        "a connection",
        seen,
        ok or (None if ctx.live else False),
        Vantage.HERE,
        advisory=ctx.live,
        reason="A firewall may let only the platform through; from here this proves nothing.",
    )
