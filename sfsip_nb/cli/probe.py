"""Probes that place no call."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sfsip_nb.cli.asking import Target, Timeout, Way, address, ips, one_of, platform, uri
from sfsip_nb.cli.common import PLAIN
from sfsip_nb.cli.grouped import grouped
from sfsip_nb.cli.showing import Drawn, Printed

if TYPE_CHECKING:
    from sfsip_nb.sip.probes.signaling import Expected

app = typer.Typer(**PLAIN, help="One check on the wire: 0 pass, 1 fail, 3 inconclusive.")


@app.command("options")
@grouped
def probe_options(
    *,
    target: Target,
    way: Annotated[Way, "transport", "proxy", "ca"],
    timeout: Timeout = 4.0,
    isolate: Annotated[bool, typer.Option(help="try other transports if it fails")] = True,
    showing: Drawn,
) -> None:
    """Ask a SIP host whether it answers OPTIONS. Silence proves nothing."""
    from sfsip_nb.sip import probes

    showing.show(timeout, probes.options(way.request(target), timeout=timeout, isolating=isolate))


@app.command("tls")
@grouped
def probe_tls(
    *,
    target: Target,
    way: Annotated[Way, "ca"],
    name: Annotated[str, typer.Option(help="the name it should have", metavar="HOST")] = "",
    client: Annotated[
        str, typer.Option(help="also check that this platform can connect: genesys")
    ] = "",
    timeout: Timeout = 8.0,
    showing: Printed,
) -> None:
    """Look at a SIP host's certificate: chain, expiry, name, protocol."""
    from sfsip_nb.inputs import facts
    from sfsip_nb.sip import probes

    parts = address(target)
    showing.show(
        timeout,
        probes.tls(
            parts.host,
            parts.port,
            name=name,
            ca_file=way.ca or None,
            require=platform(client),
            known=facts.known_certificates(),
            timeout=timeout,
        ),
    )


@app.command("dns")
@grouped
def probe_dns(
    *,
    target: Target,
    way: Annotated[Way, "transport"],
    nameserver: Annotated[
        list[str] | None, typer.Option(help="ask this name server instead", metavar="IP")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help="published address or network", metavar="CIDR")
    ] = None,
    timeout: Timeout = 5.0,
    showing: Printed,
) -> None:
    """Follow a SIP domain through NAPTR, SRV, A and AAAA, each step shown."""
    from sfsip_nb.sip import DnsResolver, probes

    parts = address(target)
    showing.show(
        timeout,
        probes.dns(
            parts.host,
            port=parts.port,
            transport=way.over,
            resolver=DnsResolver(ips("--nameserver", nameserver)),
            expected=ips("--expect", expect, networks=True),
            timeout=timeout,
        ),
    )


@app.command("register")
@grouped
def probe_register(
    *,
    target: Target,
    aor: Annotated[str, typer.Option(help="whom to register", metavar="URI")],
    login: Annotated[Way, "user", "password"],
    expect: Annotated[str, typer.Option(help="accepted or refused")] = "accepted",
    way: Annotated[Way, "transport", "ca"],
    timeout: Timeout = 6.0,
    showing: Drawn,
) -> None:
    """Ask a registrar whether it takes credentials. Nothing is bound: no Contact is sent."""
    from sfsip_nb.sip import probes

    expected: Expected = one_of("--expect", expect, "accepted", "refused")
    plan = replace(way.request(target), credentials=login.login)
    showing.show(timeout, probes.register(plan, aor=uri(aor), expect=expected, timeout=timeout))
