"""Guide section "Talkdesk Configuration": the trunk and the routing, which a person sets up."""

from __future__ import annotations

from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.model import Ask, Card, CardField, Step
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict, Weight
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.shared import addresses, line, testcall
from sfsip_nb.platforms.shared.checks import check, synthflow
from sfsip_nb.platforms.shared.sampling import sampled
from sfsip_nb.platforms.shared.stages import CallStage
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow.resources import answers
from sfsip_nb.platforms.talkdesk.platform import settings
from sfsip_nb.sip.shown import counted

SECTION = "02-talkdesk-configuration"

# The list's size is not documented; Genesys's limit is the smallest one known.
_ADDRESSES_AT_MOST = 150

_FALLBACK = "routing.inbound/fallback"

_TRUNK_PATH = {
    "external_trunk": ("Talkdesk Admin", "Integrations", "SIP Trunking", "Add SIP Trunk"),
    "byo_ai": ("Talkdesk Studio", "the flow", "Connect to Autopilot Voice"),
}
_ROUTING_PATH = {
    "external_trunk": ("Talkdesk Admin", "Voice", "Ring Groups or IVR"),
    "byo_ai": ("Talkdesk Studio", "the flow of the number"),
}


def _trunk_card(ctx: Context) -> Card:
    own, sip = settings(ctx), ctx.parameters.sip
    host, port = endpoint.host(ctx.parameters), endpoint.port(ctx.parameters)
    digest = sip.authentication == "digest"
    fields = [
        CardField("Name", own.trunk_name, "name"),
        CardField("SIP Server / Proxy", host, "server"),
        CardField("Port", str(port), "port"),
        CardField("Transport", sip.transport.upper(), "transport"),
        CardField(
            "Authentication Type",
            "Digest" if digest else "IP-based (Synthflow's addresses)",
            "authentication",
        ),
    ]
    values = {
        "path": own.path,
        "name": own.trunk_name,
        "server": host,
        "port": port,
        "transport": sip.transport,
        "authentication": sip.authentication,
        "max_concurrent_calls": own.max_concurrent_calls,
    }
    if digest:
        fields += [
            CardField("SIP Username", sip.username, "username"),
            CardField("SIP Password", "set", "password", secret=True),
        ]
        values |= {"username": sip.username, "password": ctx.secrets["sip.password"]}
    fields.append(
        CardField("Max Concurrent Calls", str(own.max_concurrent_calls), "max_concurrent_calls")
    )
    if own.path == "byo_ai":
        fields.append(CardField("Transport of the component", "External Voice Stream"))
    return Card(
        step="trunk.create",
        system="talkdesk",
        title="Create the SIP trunk",
        path=_TRUNK_PATH[own.path],
        fields=tuple(fields),
        why="Talkdesk sends callers to Synthflow over this trunk. UDP and TCP use port 32681, TLS "
        "uses 32682; only Digest needs a user name and password.",
        look_for="Exactly these values, then Save (after the allowed addresses, next card).",
        proved_by="verify.inbound",
        values=values,
    )


def _acl_card(ctx: Context) -> Card:
    own = settings(ctx)
    listed = addresses.signalling(ctx)
    return Card(
        step="trunk.acl",
        system="talkdesk",
        title="Allow Synthflow's addresses",
        path=(*_TRUNK_PATH["external_trunk"][:-1], own.trunk_name, "Allowed IPs"),
        fields=tuple(CardField("Allowed IP", a) for a in listed),
        why="Only these addresses may send calls into Talkdesk. The AI's transfers come from them.",
        look_for="Exactly these addresses, then Save.",
        proved_by="probe.acl",
        values={"name": own.trunk_name, "allowed_ips": listed},
    )


def _acl(ctx: Context) -> list[Check]:
    return addresses.checks(ctx, _ADDRESSES_AT_MOST)


def _inbound_card(ctx: Context) -> Card:
    own, numbers = settings(ctx), ctx.parameters.numbers
    step = "External Transfer or SIP Transfer" if own.path == "external_trunk" else "Hand-over"
    several = len(numbers) > 1
    routings = [
        {
            "path": own.path,
            "number": number,
            "name": f"{own.trunk_name}: callers" + (f" of {number}" if several else ""),
            "destination": number,
            "trunk": own.trunk_name,
            "timeout_seconds": own.timeout_seconds,
            "fallback": own.fallback,
        }
        for number in numbers
    ]
    destination = "the number that the caller dialed" if several else numbers[0]
    return Card(
        step="routing.inbound",
        system="talkdesk",
        title="Route callers to the AI",
        path=_ROUTING_PATH[own.path],
        fields=(
            CardField("Incoming number", ", ".join(ranges.compact(numbers)), "number"),
            CardField("Step to add", step),
            CardField("Destination", destination, "destination"),
            CardField("Outbound route (SIP trunk)", own.trunk_name, "trunk"),
            CardField("Timeout", counted(own.timeout_seconds, "second"), "timeout_seconds"),
            CardField("Fallback", own.fallback, "fallback"),
        ),
        why="Callers to the number are transferred to the AI over the trunk; if it does not answer "
        "in time, live agents take the call. For skills-based routing, routing rules can send "
        "calls by language, department or IVR choice to different Synthflow numbers."
        + (" Each number is transferred to itself: each has its own assistant." if several else ""),
        look_for="The transfer step shows the trunk, the timeout and the fallback; then save and "
        "activate.",
        proved_by="verify.inbound",
        values={"routings": routings} if several else routings[0],
    )


def _trial(ctx: Context) -> tuple[PlannedCalls, ...]:
    """The call that tries the fallback: only where it is known here whose voice is heard."""
    return line.planned(ctx, 1) if testcall.knows_voices(ctx) else ()


def _fallback(ctx: Context) -> list[Check]:
    """The fallback, tried while nothing answers at Synthflow yet: later only an outage shows it."""
    number = sampled(ctx.parameters)[0]
    attached = any(number in answers(assistant) for assistant in synthflow(ctx).assistants())
    if attached or not _trial(ctx):
        return [_tried_before(ctx)]
    own = settings(ctx)
    wait = own.timeout_seconds / ctx.surroundings.time_scale
    stage = CallStage(testcall.SPEECH_HZ, testcall.PERSON_HZ, within=wait + 8.0, at_least=0.2)
    try:
        placed = line.phone(ctx, "routing.inbound", number, [stage])
    except NotAllowed as refusal:
        return [_fallback_check(ctx, str(refusal), None, required=False)]
    heard = any(placed.heard)
    answer = placed.answer or placed.phrase
    seen = f"a voice heard after {answer}" if heard else f"no voice after {answer}; {placed.sound}"
    lost = bool(placed.audio.get("lost_here"))  # then there may have been one
    ok = heard or (None if lost else False)
    return [_fallback_check(ctx, seen, ok, required=True, evidence=placed.evidence)]


def _tried_before(ctx: Context) -> Check:
    """The last trial of this run; one that failed stays open, since it cannot be repeated now.

    One of another fallback, or with another timeout, tells nothing of this one.
    """
    trials = [
        c
        for c in ctx.journal.checks("routing.inbound")
        if c.id == _FALLBACK and c.weight is Weight.REQUIRED and c.title == _fallback_title(ctx)
    ]
    if not trials:
        return _fallback_check(ctx, "not tested", None, required=False)
    passed = trials[-1].verdict is Verdict.PASS
    seen = f"when it was tested: {trials[-1].seen.removeprefix('when it was tested: ')}"
    evidence = tuple(trials[-1].evidence)
    return _fallback_check(ctx, seen, passed or None, required=True, evidence=evidence)


def _fallback_title(ctx: Context) -> str:
    own = settings(ctx)
    return (
        f"“{own.fallback}” takes the call that the AI does not answer within"
        f" {counted(own.timeout_seconds, 'second')}"
    )


def _fallback_check(
    ctx: Context, seen: str, ok: bool | None, *, required: bool, evidence: tuple[str, ...] = ()
) -> Check:
    return check(
        _FALLBACK,
        _fallback_title(ctx),
        "a voice heard after that time",
        seen,
        ok,
        Vantage.HERE,
        advisory=not required,
        reason="Revisit the card routing.inbound: timeout and fallback. It can be tested only "
        "while no assistant has the number.",
        evidence=evidence,
    )


def _transfer_card(ctx: Context) -> Card:
    own = settings(ctx)
    return Card(
        step="routing.transfer",
        system="talkdesk",
        title="The number of the live agents",
        path=("Talkdesk Admin", "Voice", "Ring Groups", own.ring_group),
        fields=(
            CardField("Ring group or queue", own.ring_group, "ring_group"),
            CardField("Its number", own.ring_group_number, "number"),
        ),
        asks=(Ask("ring_group_number", "The group's number (or the SIP domain), as shown"),),
        why="The AI transfers callers to this number; Talkdesk then finds the next free agent.",
        look_for="The number rings this group and at least one agent is in it.",
        proved_by="verify.transfer",
        values={"ring_group": own.ring_group, "number": own.ring_group_number},
    )


def _transfer(ctx: Context) -> list[Check]:
    own, seen = settings(ctx), ctx.given("routing.transfer", "ring_group_number")
    target = ctx.parameters.synthflow.transfer.number
    return [
        check(
            "routing.transfer/number",
            "The group has the number that the parameters name",
            own.ring_group_number,
            seen,
            seen == own.ring_group_number,
            basis=Basis.PERSON,
            reason="Correct talkdesk.ring_group_number, or the group's number.",
        ),
        check(
            "routing.transfer/target",
            "The AI's transfer rings that number, and not the AI",
            own.ring_group_number,
            target,
            target == own.ring_group_number and target not in ctx.parameters.numbers,
            Vantage.HERE,
            basis=Basis.INPUTS,
            reason="Make synthflow.transfer.number and talkdesk.ring_group_number the same.",
        ),
    ]


STEPS = (
    Step(
        "trunk.create",
        SECTION,
        "Create the SIP trunk",
        needs=("access.platform",),
        card=_trunk_card,
    ),
    Step(
        "trunk.acl",
        SECTION,
        "Allowed addresses",
        needs=("trunk.create",),
        card=_acl_card,
        check=_acl,
    ),
    Step(
        "routing.inbound",
        SECTION,
        "Callers to the AI",
        needs=("trunk.create", "access.number"),
        card=_inbound_card,
        check=_fallback,
        calls=_trial,
    ),
    Step(
        "routing.transfer",
        SECTION,
        "Transfer back to live agents",
        needs=("access.number",),
        card=_transfer_card,
        check=_transfer,
    ),
)
