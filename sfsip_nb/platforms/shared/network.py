"""Step ``access.network``, the same for every guide: what this machine can see of the network.

A live engineer's laptop is behind NAT and on no allow list, so from there most of it is advisory
(docs/architecture.md, "Vantage"); a real call proves the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import hosts
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared.checks import check, decided
from sfsip_nb.platforms.synthflow.endpoint import host, port
from sfsip_nb.sip import ResolveError, loop
from sfsip_nb.sip import probes as wire
from sfsip_nb.sip.locating import Lookup, explain, locate
from sfsip_nb.sip.probes.tables import tables

if TYPE_CHECKING:
    from sfsip_nb.sip import NextHop, ProbeResult

_SECONDS = 8.0
"""For the look-up, and again for the connection."""
_GRACE = 10.0
_CALL = (
    "Whether Synthflow's client objects is not published: verify.transfer, a call over TLS,"
    " shows it."
)
_DIFFERENT = (
    "Either of the two may be out of date, and Synthflow does not say that its calls come from the "
    "address that its host name resolves to. Ask Synthflow support which addresses to let in today."
)
_AUDIO = ("verify.inbound/heard/AI-agent", "verify.inbound/heard/caller")


def reachability(ctx: Context, audio: tuple[str, ...] = _AUDIO) -> list[Check]:
    """DNS, the published and the confirmed list, the port, its certificate; what is not seen.

    ``audio`` are the checks of a call that show that the firewall lets audio through both ways.
    """
    step, name, transport = hosts.STEP, host(ctx.parameters), ctx.parameters.sip.transport
    named, hops = _named(ctx, step, name)
    found = [*hosts.checks(hosts.look(ctx)), named]
    if hops and ctx.live:
        found += _listed(ctx, step, name, [hop.ip for hop in hops])
    if hops and transport == "tcp":
        found.append(_connects(ctx, step, hops))
    if hops and transport == "tls":
        found += certificate(ctx, step)
    found.append(_firewall(ctx, step, audio))
    return found


def _firewall(ctx: Context, step: str, audio: tuple[str, ...]) -> Check:
    first, last = facts.rtp_ports()[0], facts.rtp_ports()[-1]
    media = facts.synthflow_addresses(ctx.parameters.synthflow.region, "media")
    listed = ", ".join(entry.address for entry in media)
    published = f" ({listed}: {media[0].source}, read {media[0].as_of})" if media else ""
    return check(
        f"{step}/firewall",
        "The firewall lets a call and its audio through",
        f"SIP to Synthflow on {ctx.parameters.sip.transport.upper()} {port(ctx.parameters)}, "
        f"RTP on UDP {first}–{last} both ways",
        "not visible from this machine",
        None,
        Vantage.HERE,
        advisory=True,
        reason="The firewall between the platforms shows only in a call with audio both ways "
        "(verify.inbound). Allow Synthflow's media addresses too, not only its SIP addresses"
        f"{published}.",
        proved_by=audio,
    )


def client_of(platform: str) -> wire.TlsClient | None:
    """A platform as a TLS client by its published rules ("genesys"); None where none is known."""
    rules = facts.tls_rules(platform)
    if rules is None:
        return None
    return wire.TlsClient(rules.name, rules.versions, rules.ciphers, rules.curve, rules.deprecated)


def certificate(ctx: Context, step: str) -> list[Check]:
    """Synthflow's TLS port: chain, name, expiry, and whether the platform's client gets through."""
    client = client_of(ctx.guide.name)
    result = _looked(ctx, host(ctx.parameters), facts.synthflow_port("tls"), client)
    ok = decided(result.verdict)
    return _shown(ctx, step, "tls", "Synthflow", result, ok, result.sentence)


def platform_certificate(
    ctx: Context, step: str, platform: str, name: str, number: int
) -> list[Check]:
    """The contact center's TLS port, to which Synthflow sends calls.

    Nobody here can change its name, and what Synthflow's client takes for a match is not
    published: a name that does not fit stays open until a call decides.
    """
    result = _looked(ctx, name, number, None)
    ok = decided(result.verdict)
    if ok is False and result.seen.get("trust") == "ok" and not result.seen["matched"]:
        return _shown(ctx, step, "platform", platform, result, None, f"{result.sentence} {_CALL}")
    return _shown(ctx, step, "platform", platform, result, ok, result.sentence)


def _looked(ctx: Context, name: str, number: int, client: wire.TlsClient | None) -> ProbeResult:
    probe = wire.tls(
        name,
        number,
        ca_file=ctx.surroundings.cafile,
        resolver=ctx.surroundings.resolver,
        require=client,
        known=facts.known_certificates(),
        timeout=_SECONDS,
    )
    with waiting(f"the TLS certificate of {name}, port {number}", _SECONDS):
        return loop.run(probe, _SECONDS + _GRACE)


def _shown(
    ctx: Context, step: str, id: str, whose: str, result: ProbeResult, ok: bool | None, why: str
) -> list[Check]:
    found = [
        check(
            f"{step}/{id}",
            f"{whose}'s TLS certificate is good",
            "trusted, not expired, right name",
            result.sentence,
            ok,
            Vantage.HERE,
            advisory=ctx.live or id == "platform",
            reason=why,
            evidence=_kept(ctx, step, f"TLS of {result.seen['host']}", result.seen),
        )
    ]
    if advice := result.seen.get("advice"):
        found.append(
            check(
                f"{step}/{id}-expiry",
                f"No certificate of {whose} expires within a month",
                f"more than {wire.EXPIRES_SOON_DAYS} days",
                advice,
                None,
                Vantage.HERE,
                advisory=True,
                reason=f"Calls over TLS stop on that day: tell {whose}'s support.",
            )
        )
    return found


def _named(ctx: Context, step: str, name: str) -> tuple[Check, Sequence[NextHop]]:
    """Whether the host has addresses, with the questions asked as evidence."""
    resolver, transport = ctx.surroundings.resolver, ctx.parameters.sip.transport
    try:
        looked = locate(resolver, name, port(ctx.parameters), transport, _SECONDS)
        with waiting(f"DNS for {name}", _SECONDS):
            found = loop.run(looked, _SECONDS + _GRACE)
        ok: bool | None = bool(found.hops) or (None if found.unheard else False)
        reason = "" if found.hops else explain(name, found)
    except ResolveError as error:
        found, ok, reason = Lookup((), ()), None if error.unheard else False, str(error)
    steps = {"steps": [vars(one) for one in found.steps]}
    title = f"Name resolution of {name}"
    return check(
        f"{step}/dns",
        f"{name} has an address",
        "an address",
        [str(hop) for hop in found.hops] or reason,
        ok,
        Vantage.HERE,
        reason=reason,
        evidence=_kept(ctx, step, title, steps),
    ), found.hops


def _listed(ctx: Context, step: str, name: str, ips: Sequence[str]) -> list[Check]:
    """What DNS says now against the published list, and against the one that was confirmed."""
    published = facts.synthflow_addresses(ctx.parameters.synthflow.region)
    confirmed = ctx.parameters.synthflow.signalling_addresses
    lists = [
        (
            "published",
            "Synthflow's published list",
            [entry.address for entry in published],
            f"{published[0].source}, read {published[0].as_of}" if published else "",
        ),
        (
            "confirmed",
            "the list that a person confirmed",
            [str(address) for address in confirmed.addresses],
            f"by {confirmed.confirmed_by} on {confirmed.confirmed_on}",
        ),
    ]
    return [
        _compared(f"{step}/{id}", name, what, listed, source, ips)
        for id, what, listed, source in lists
        if listed
    ]


def _compared(
    id: str, name: str, what: str, listed: Sequence[str], source: str, ips: Sequence[str]
) -> Check:
    strange = [ip for ip in ips if ip not in listed]
    return check(
        id,
        f"{name} resolves to addresses on {what}",
        f"one of {', '.join(listed)} ({source})",
        ips,
        None if strange else True,
        Vantage.HERE,
        advisory=True,
        basis=Basis.PROBE,
        reason=f"Documents and DNS differ: {', '.join(strange)} is not on the list. {_DIFFERENT}",
    )


def _connects(ctx: Context, step: str, hops: Sequence[NextHop]) -> Check:
    try:
        with waiting(f"a connection to {hops[0]}", _SECONDS):
            hop = loop.run(_reached(hops), _SECONDS + _GRACE)
        seen, ok = f"connected to {hop}", True
    except TimeoutError:
        seen, ok = f"no connection in {_SECONDS:g} s", False
    except OSError as error:
        seen, ok = str(error), False
    return check(
        f"{step}/tcp",
        f"Port {port(ctx.parameters)} accepts TCP connections",
        "a connection",
        seen,
        ok or (None if ctx.live else False),
        Vantage.HERE,
        advisory=ctx.live,
        basis=Basis.PROBE,
        reason="A firewall may let only the platform through, so this proves nothing from here.",
    )


async def _reached(hops: Sequence[NextHop]) -> NextHop:
    return await wire.connectable(hops, asyncio.get_running_loop().time() + _SECONDS)


def _kept(ctx: Context, step: str, title: str, seen: dict[str, Any]) -> tuple[str, ...]:
    """The tables of what was seen, as one file of evidence, where there are any."""
    text = "\n".join(text for _, text in tables(seen))
    return (ctx.keep_evidence(step, Basis.PROBE, title, "txt", text),) if text else ()
