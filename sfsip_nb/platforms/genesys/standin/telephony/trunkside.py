"""What the edge sends over an external trunk: the INVITE that the trunk's settings make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sipmessage import Request

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.sip import Call, Credentials
from sfsip_nb.sip.digest import AUTHORIZATION, Answerer
from sfsip_nb.sip.fields import parse_uri
from sfsip_nb.testbed.telephony.net import name_addr

from . import routing

if TYPE_CHECKING:
    from .session import EdgeSession


def caller_id(session: EdgeSession, way: routing.Onward) -> tuple[str, str]:
    """(address, name) that the call shows to the far end."""
    if session.center.world.fault(faults.ANONYMOUS_CALLER):
        return "", ""
    source = session.caller if session.caller.lstrip("+").isdecimal() else ""
    site = session.org.sites.get(way.site, {})
    return routing.caller_id(way.trunk, site, source, session.caller_name)


async def invite(
    session: EdgeSession, way: routing.Onward, host: str, port: int, caller: tuple[str, str]
) -> Call:
    """Send an INVITE to one SIP server of the trunk.

    The Request-URI names the Outbound SIP Termination FQDN. Without one it can only name the
    server's address: the stricter reading, since no source says what Genesys does then. The
    digest credentials answer a challenge of their own realm only.
    """
    trunk = way.trunk
    domain = str(trunk.get("_outboundTerminationFqdn") or session.center.net.address_of(host))
    transport = routing.transport(trunk)
    user, password, realm = (
        str(routing.setting(trunk, f"trunk_sip_authentication_credentials_{part}") or "")
        for part in ("username", "password", "realm")
    )
    known = [Credentials(user, password, realm)] if user else []
    own = routing.inbound_fqdn(session.org, trunk) or "localhost"
    call = await session.center.agent.invite(
        f"sip:{routing.dialed(trunk, way.number)}@{domain}:{port}",
        from_=name_addr(caller[0], own, caller[1]),
        headers={"Max-Forwards": str(session.hops), **session.marks()},
        codecs=routing.codecs(trunk),
        srtp="required" if transport == "tls" and routing.encrypts(trunk) else "off",
        credentials=known,
        transport=transport,
        proxy="" if domain == host else f"sip:{host}:{port}",
    )
    if session.center.world.fault(faults.DIGEST_URI):
        call.answerer = _PortForgotten(known)
    return call


class _PortForgotten(Answerer):
    """Names the called URI without its port, which makes another one of it (RFC 7616 §3.4.6)."""

    def attach(self, request: Request) -> None:
        """Add the credentials that belong to the shorter URI."""
        uri = re.sub(r":\d+$", "", str(request.uri))
        short = Request(request.method, parse_uri(uri), body=request.body)
        super().attach(short)
        for name in AUTHORIZATION.values():
            request.headers.setlist(name, list(short.headers.getlist(name)))
