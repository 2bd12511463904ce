"""Probes: single questions put to the wire from this machine, the same for every guide.

On a live run they are advisory: the engineer's machine is behind NAT and on no allow list
(docs/architecture.md, "Vantage"). Silence is never a pass, also where refusal is expected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import approval
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import is_later
from sfsip_nb.engine.model import Card, Step
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.platforms.shared import access_control, direct, header, network, testcall
from sfsip_nb.platforms.shared.checks import check, decided, of_number
from sfsip_nb.platforms.shared.sampling import sampled
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.platforms.shared.verification import SECTION
from sfsip_nb.sip import ladder, loop, pcap
from sfsip_nb.sip import probes as wire
from sfsip_nb.sip.shown import counted

if TYPE_CHECKING:
    from sfsip_nb.sip import ProbeResult

_OPTIONS_SECONDS = 30.0
_LOGIN_REFUSED = (401, 403, 407)


@dataclass(frozen=True)
class ProbedPlatform:
    """What the probes need of a contact center: its name and where it takes calls from the AI."""

    name: str
    host: Callable[[Context], str]
    port: int
    shows_list: bool
    """Whether its API shows which addresses it lets in."""
    landed: access_control.Landed = access_control.nowhere
    """What its records show of the call that Synthflow itself made, once it was answered."""


Probe = Callable[[Context, ProbedPlatform], list[Check]]


def _from_result(ctx: Context, step: str, title: str, expected: str, result: ProbeResult) -> Check:
    evidence: tuple[str, ...] = ()
    if result.trace:
        picture = ladder.svg(result.trace, title=f"{step}: {title}")
        evidence = (
            ctx.keep_evidence(step, Basis.PROBE, f"ladder {title}", "svg", picture),
            ctx.keep_evidence(
                step, Basis.PROBE, f"capture {title}", "pcapng", pcap.dump(result.trace)
            ),
        )
    said, dot, advice = result.sentence.partition(". ")  # what was seen, then what to do
    return check(
        f"{step}/{result.name}",
        title,
        expected,
        said + dot.strip() if advice else said,
        decided(result.verdict),
        Vantage.HERE,
        advisory=ctx.live,
        reason=advice or "Look at the ladder: it shows the whole answer.",
        evidence=evidence,
    )


def _options(ctx: Context, platform: ProbedPlatform) -> list[Check]:
    """OPTIONS to Synthflow. A carrier may drop an unauthenticated one: silence says nothing."""
    plan = wire.CallPlan(
        direct.uri(ctx),
        transport=ctx.parameters.sip.transport,
        resolver=ctx.surroundings.resolver,
        tls_client=ctx.surroundings.tls(),
    )
    with waiting("an answer to OPTIONS", _OPTIONS_SECONDS):
        result = loop.run(wire.options(plan, isolating=True), _OPTIONS_SECONDS)
    return [_from_result(ctx, "probe.options", "Synthflow answers OPTIONS", "an answer", result)]


def _tls(ctx: Context, platform: ProbedPlatform) -> list[Check]:
    """The TLS ports' certificates: chain, expiry, name by RFC 5922; both ways on a TLS trunk."""
    found = network.certificate(ctx, "probe.tls")
    host = platform.host(ctx)
    if ctx.parameters.sip.transport == "tls" and not is_later(host):
        # TLS has the port after the one of UDP and TCP.
        found += network.platform_certificate(
            ctx, "probe.tls", platform.name, host, platform.port + 1
        )
    return found


def _digest(ctx: Context, platform: ProbedPlatform) -> list[Check]:
    """The trunk's credentials: challenged without, answered with, refused when wrong."""
    step, number = "probe.digest", sampled(ctx.parameters)[0]
    login = [direct.login(ctx, ctx.secrets["sip.password"].reveal())]
    right = direct.place(ctx, step, number, login, isolating=not ctx.live)
    wrong = direct.place(ctx, step, number, [direct.login(ctx, "not-the-password")])
    found = []
    if isinstance(right, ObservedCall):
        found.append(_accepted(ctx, step, right))
    if isinstance(wrong, ObservedCall):
        found.append(_refused(ctx, step, wrong))
    return [*of_number(ctx, number, found)] or [testcall.unplaced(ctx, step, right)]


def _accepted(ctx: Context, step: str, placed: ObservedCall) -> Check:
    """Asked for credentials, and not refused for them: what else failed is no matter of theirs."""
    refused = placed.code in _LOGIN_REFUSED
    if placed.challenges:
        ok = None if placed.code == 0 else not refused
    else:
        ok = False if refused else None
    return check(
        f"{step}/right",
        "The trunk's credentials are accepted",
        "a challenge, then no refusal of the credentials",
        f"{counted(placed.challenges, 'challenge')}, then {placed.answer or placed.phrase}",
        ok,
        Vantage.HERE,
        advisory=ctx.live,
        reason=direct.why(placed)
        if not placed.answered
        else "Not challenged: Synthflow went by the address, so this proves nothing.",
        evidence=placed.evidence,
    )


def _refused(ctx: Context, step: str, placed: ObservedCall) -> Check:
    """A wrong password: only a call that rings or is answered with it was let in."""
    let_in = wire.guarding.let_in(placed.codes)
    refused = placed.code in _LOGIN_REFUSED and not let_in
    answer = placed.answer or placed.phrase
    return check(
        f"{step}/wrong",
        "A wrong password is refused",
        "401, 403 or 407",
        answer,
        refused or (False if let_in else None),
        Vantage.HERE,
        advisory=ctx.live,
        reason="Anybody can call the agent at your cost: ask Synthflow support."
        if let_in
        else f"{answer or 'No answer'}: this does not say whether a wrong password is refused.",
        evidence=placed.evidence,
    )


def _codec(ctx: Context, platform: ProbedPlatform) -> list[Check]:
    """G.711 in both laws, one offered at a time."""
    step, number = "probe.codec", sampled(ctx.parameters)[0]
    found = []
    for codec in ("PCMU", "PCMA"):
        look = codec == "PCMU" and not ctx.live  # PCMA is advisory
        logins = direct.logins(ctx)
        placed = direct.place(ctx, step, number, logins, codecs=(codec,), isolating=look)
        if not isinstance(placed, ObservedCall):
            return [testcall.unplaced(ctx, step, placed)]
        audible = any(placed.heard)
        found.append(
            check(
                f"{step}/{codec}",
                f"A call with {codec} alone is answered and heard",
                f"200, {codec}, the agent's voice",
                f"{placed.answer or placed.phrase}, {placed.codec or 'no codec'}, "
                f"{'heard' if audible else 'not heard'}; {placed.sound}",
                placed.answered and placed.codec == codec and audible,
                Vantage.HERE,
                advisory=ctx.live or codec == "PCMA",
                reason=direct.why(placed),
                evidence=placed.evidence,
            )
        )
        if codec == "PCMU" and placed.answered:
            found.append(direct.reachable(ctx, step, placed))
    return found


def _no_digest(ctx: Context) -> str:
    uses = ctx.parameters.sip.authentication == "digest"
    return "" if uses else "The trunk is authenticated by address, not by digest."


def steps(platform: ProbedPlatform) -> tuple[Step, ...]:
    """The probes as steps."""
    ready = ("registration.wait",)

    def bound(probe: Probe) -> Callable[[Context], list[Check]]:
        return lambda ctx: probe(ctx, platform)

    def asks(step: str) -> Callable[[Context], Card | None]:
        return lambda ctx: approval.asked(ctx, step)

    return (
        Step("probe.options", SECTION, "Probe: OPTIONS", check=bound(_options), dials=True),
        Step("probe.tls", SECTION, "Probe: TLS", check=bound(_tls)),
        Step(
            "probe.digest",
            SECTION,
            "Probe: digest authentication",
            ready,
            card=asks("probe.digest"),
            check=bound(_digest),
            skip_reason=_no_digest,
            dials=True,
            calls=lambda ctx: direct.planned(ctx, 2),
        ),
        Step(
            "probe.codec",
            SECTION,
            "Probe: codecs",
            ready,
            card=asks("probe.codec"),
            check=bound(_codec),
            dials=True,
            calls=lambda ctx: direct.planned(ctx, 2),
        ),
        Step(
            "probe.acl",
            SECTION,
            "Probe: access control",
            ("trunk.acl", "routing.transfer", "registration.wait"),
            card=asks("probe.acl"),
            check=lambda ctx: access_control.probe(
                ctx,
                platform.name,
                platform.host(ctx),
                platform.port,
                platform.shows_list,
                platform.landed,
            ),
            dials=True,
            calls=lambda ctx: access_control.planned(ctx, platform.name, platform.shows_list),
        ),
        Step(
            "probe.header",
            SECTION,
            "Probe: headers",
            ready,
            card=asks("probe.header"),
            check=header.probe,
            dials=True,
            calls=header.planned,
        ),
    )
