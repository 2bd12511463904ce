"""Probes that place no call."""

from typing import Annotated

import typer

from sfsip_nb.cli.asking import (
    Ca,
    Over,
    Password,
    Proxy,
    Target,
    Timeout,
    User,
    address,
    ips,
    login,
    optional_uri,
    over,
    platform,
    trusting,
    uri,
)
from sfsip_nb.cli.common import PLAIN, paragraphs
from sfsip_nb.cli.showing import Json, Ladder, Pcap, Showing
from sfsip_nb.inputs.errors import InputError

app = typer.Typer(**PLAIN, help="One check on the wire: 0 pass, 1 fail, 3 inconclusive.")


@app.command("options")
def probe_options(
    target: Target,
    transport: Over = "",
    proxy: Proxy = "",
    ca: Ca = "",
    timeout: Timeout = 4.0,
    isolate: Annotated[bool, typer.Option(help="try other transports if it fails")] = True,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Ask a SIP host whether it answers OPTIONS. Silence proves nothing."""
    with paragraphs():
        from sfsip_nb.sip import probes

        showing = Showing(json, ladder, pcap)
        probe = probes.options(
            uri(target),
            proxy=optional_uri(proxy),
            transport=over(transport),
            timeout=timeout,
            isolating=isolate,
            tls_client=trusting(ca),
        )
        showing.show(probe)


@app.command("tls")
def probe_tls(
    target: Target,
    ca: Ca = "",
    name: Annotated[str, typer.Option(help="the name it should have", metavar="HOST")] = "",
    client: Annotated[
        str, typer.Option(help="also check that this platform can connect: genesys")
    ] = "",
    timeout: Timeout = 8.0,
    json: Json = False,
) -> None:
    """Look at a SIP host's certificate: chain, expiry, name, protocol."""
    with paragraphs():
        from sfsip_nb.inputs import facts
        from sfsip_nb.sip import probes

        parts = address(target)
        Showing(json).show(
            probes.tls(
                parts.host,
                parts.port,
                name=name,
                ca_file=ca or None,
                require=platform(client),
                known=facts.known_certificates(),
                timeout=timeout,
            )
        )


@app.command("dns")
def probe_dns(
    target: Target,
    transport: Over = "",
    nameserver: Annotated[
        list[str] | None, typer.Option(help="ask this name server instead", metavar="IP")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help="published address or network", metavar="CIDR")
    ] = None,
    timeout: Timeout = 5.0,
    json: Json = False,
) -> None:
    """Follow a SIP domain through NAPTR, SRV, A and AAAA, each step shown."""
    with paragraphs():
        from sfsip_nb.sip import DnsResolver, probes

        parts = address(target)
        Showing(json).show(
            probes.dns(
                parts.host,
                port=parts.port,
                transport=over(transport),
                resolver=DnsResolver(ips("--nameserver", nameserver)),
                expected=ips("--expect", expect, networks=True),
                timeout=timeout,
            )
        )


@app.command("register")
def probe_register(
    target: Target,
    aor: Annotated[str, typer.Option(help="whom to register", metavar="URI")],
    user: User = "",
    password: Password = "",
    expect: Annotated[str, typer.Option(help="accepted or refused")] = "accepted",
    transport: Over = "",
    ca: Ca = "",
    timeout: Timeout = 6.0,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Ask a registrar whether it takes credentials. Nothing is bound: no Contact is sent."""
    with paragraphs():
        from sfsip_nb.sip import probes

        if expect not in ("accepted", "refused"):
            raise InputError("--expect", f"--expect is accepted or refused, not {expect!r}.")
        showing = Showing(json, ladder, pcap)
        probe = probes.register(
            uri(target),
            aor=uri(aor),
            credentials=login(user, password),
            expect="accepted" if expect == "accepted" else "refused",
            transport=over(transport),
            timeout=timeout,
            tls_client=trusting(ca),
        )
        showing.show(probe)
