"""Guide section "Prerequisites" for Talkdesk: what the API shows, and what only a person sees."""

from __future__ import annotations

from dataclasses import replace

from sfsip_nb.engine import fitting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Ask, Card, CardField, Step
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.slips import one_digit_off
from sfsip_nb.platforms.shared import network
from sfsip_nb.platforms.shared.checks import check, of_number, remark
from sfsip_nb.platforms.synthflow import access as synthflow_access
from sfsip_nb.platforms.talkdesk.lookup import RING_GROUP, SBC
from sfsip_nb.platforms.talkdesk.platform import settings, talkdesk
from sfsip_nb.sip.shown import counted

SECTION = "01-prerequisites"

# Scope → what the runbook reads with it.
_SCOPES = {
    "queues:read": "queues, which replaced ring groups",
    "data-reports:read": "the calls report",
    "data-reports:write": "asking for the calls report",
}

PATHS = {
    "external_trunk": "External SIP trunk (Admin → Integrations → SIP Trunking)",
    "byo_ai": "Bring Your Own AI over SIP (Studio, a preview)",
}


def _entitlement(ctx: Context) -> Card:
    own = settings(ctx)
    return Card(
        step="access.platform",
        system="talkdesk",
        title="SIP trunking is enabled, and which option the account has",
        path=("Talkdesk Admin", "Integrations", "SIP Trunking"),
        fields=(CardField("Expected", PATHS[own.path]),),
        asks=(Ask("path", "What the account has: external_trunk or byo_ai"),),
        why="No API shows the entitlement. If the SIP Trunking page is missing, Talkdesk "
        "documents Bring Your Own AI over SIP in Studio instead.",
        look_for="The SIP Trunking page with an Add SIP Trunk button; otherwise, in Studio, the "
        "component Connect to Autopilot Voice with External Voice Stream.",
    )


def _platform(ctx: Context) -> list[Check]:
    client, own = talkdesk(ctx), settings(ctx)
    scopes = client.scopes()
    offered = ctx.given("access.platform", "path")
    found = [
        check(
            "access.platform/token",
            "The OAuth client works for the account in the stated region",
            f"{own.account}, {own.region}",
            f"a token with {counted(len(scopes), 'scope')}",
            True,
        ),
    ]
    if offered:
        found.append(
            check(
                "access.platform/path",
                "The account has the option that this run uses",
                PATHS[own.path],
                PATHS.get(offered, offered),
                offered == own.path,
                basis=Basis.PERSON,
                reason="Set talkdesk.path to what the account has, then make a new plan.",
            )
        )
    found += [
        check(
            f"access.platform/{scope}",
            f"Scope {scope} ({use})",
            "granted",
            "granted" if scope in scopes else "not granted",
            scope in scopes or (None if scope == "data-reports:write" else False),
            advisory=scope == "data-reports:write",
            reason=f"Add {scope} to the OAuth client. Whether reports need a write scope is "
            "not documented."
            if scope == "data-reports:write"
            else f"Add {scope} to the client.",
        )
        for scope, use in _SCOPES.items()
    ]
    found.append(fitting.check(ctx, RING_GROUP))
    return found


def _inventory(ctx: Context) -> Card:
    own = settings(ctx)
    wanted = ", ".join([*ranges.compact(ctx.parameters.numbers), own.ring_group_number])
    return Card(
        step="access.number",
        system="talkdesk",
        title="The numbers are in the account's inventory",
        path=("Talkdesk Admin", "Numbers"),
        fields=(CardField("Numbers", wanted, "numbers"),),
        asks=(Ask("numbers", "The numbers as the inventory lists them, with +"),),
        why="No API lists the account's numbers. At least one DID must be there, in E.164 form.",
        look_for="Each number in the list, and that nothing in production uses the DID.",
        values={"numbers": [*ctx.parameters.numbers, own.ring_group_number]},
    )


def _number(ctx: Context) -> list[Check]:
    listed = frozenset(ranges.found_in(ctx.given("access.number", "numbers")))
    return [
        made
        for number in (*ctx.parameters.numbers, settings(ctx).ring_group_number)
        for made in of_number(ctx, number, [_listed(number, listed)])
    ] + [
        remark(
            "access.number/in-use",
            "The DID is free",
            "seen by the person who read the inventory",
            "No API and no call shows what a number is used for: a number in production must not "
            "be rerouted.",
            Vantage.PLATFORM,
        )
    ]


def _listed(number: str, listed: frozenset[str]) -> Check:
    near = one_digit_off(number, listed.__contains__)
    meant = f"; near it, in the inventory: {', '.join(near)}" if near else ""
    return check(
        f"access.number/{number}",
        f"{number} is in the inventory",
        number,
        number if number in listed else f"not among the numbers read{meant}",
        number in listed,
        basis=Basis.PERSON,
        reason="Buy or port the number in Talkdesk, or correct the parameters.",
    )


def _network(ctx: Context) -> list[Check]:
    resolved = replace(fitting.check(ctx, SBC), vantage=Vantage.HERE, basis=(Basis.PROBE,))
    return [*network.reachability(ctx), resolved]


STEPS = (
    Step(
        "access.platform",
        SECTION,
        "Talkdesk: account, scopes and SIP trunking",
        card=_entitlement,
        check=_platform,
        checks_anyway=True,
    ),
    synthflow_access.step(SECTION),
    Step("access.number", SECTION, "Phone numbers", card=_inventory, check=_number),
    Step("access.network", SECTION, "Network", check=_network),
)
