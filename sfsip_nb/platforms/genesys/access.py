"""Guide section "Prerequisites" for Genesys Cloud: what has to be there before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import fitting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.journal import AnswerRow
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict
from sfsip_nb.platforms.genesys import pools, together
from sfsip_nb.platforms.genesys.call_routes import Did, owners
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.lookup import FITTING
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.resources import METABASE
from sfsip_nb.platforms.shared import network
from sfsip_nb.platforms.shared.checks import check, of_number, remark
from sfsip_nb.platforms.synthflow import access as synthflow_access

SECTION = "01-prerequisites"


# Permission → the reading call that needs it (the vendor's command-line tool lists both).
_PERMISSIONS: dict[str, Callable[[GenesysClient], Any]] = {
    "telephony:plugin:all": lambda g: g.trunk_template(METABASE),
    "routing:callRoute:view": lambda g: g.ivrs(),
    "routing:queue:view": lambda g: g.queues(),
    "architect:flow:view": lambda g: g.flows(),
    "telephony:pcap:view": lambda g: g.siptraces(*_last_minute()),
    "analytics:conversationDetail:view": lambda g: g.conversation_details(*_last_minute()),
}
_POOLED = "in a DID pool, or someone asked for one to be created"


def _last_minute() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(minutes=1), now


def _platform(ctx: Context) -> list[Check]:
    client = genesys(ctx)
    region = settings(ctx).region
    organization = client.organization()
    state = str(organization.get("state") or "active").lower()
    products = [str(p["id"]) for p in client.products()]
    found = [
        check(
            "access.platform/org",
            "The token belongs to an active organization",
            "active",
            f"{organization.get('name')} ({organization.get('id')}), {state}",
            state == "active",
        ),
        check(
            "access.platform/region",
            "The organization answers in the stated region",
            f"an answer from {region}",
            f"answered by {ctx.surroundings.origins['genesys.api']}",
            True,
        ),
        check(
            "access.platform/byoc",
            "BYOC Cloud is enabled",
            "product byoc",
            ", ".join(products),
            "byoc" in products,
            reason="Ask the Genesys account team to add BYOC Cloud to the organization.",
        ),
    ]
    found += [_permission(client, name, call) for name, call in _PERMISSIONS.items()]
    found += [fitting.check(ctx, look) for look in FITTING]
    found.append(
        check(
            "access.platform/write",
            "Call routes may be added and changed",
            "routing:callRoute:add, routing:callRoute:edit",
            "cannot be read; a rollback needs routing:callRoute:delete too",
            None,
            advisory=True,
            reason="Only a write shows these permissions: those of routing.inbound do.",
            proved_by=("routing.inbound/added", "routing.inbound/changed"),
        )
    )
    found.append(_throughput(client))
    return found


def _permission(client: GenesysClient, name: str, call: Callable[[GenesysClient], Any]) -> Check:
    try:
        result = call(client)
        if not isinstance(result, (dict, list)):
            next(iter(result), None)
        seen, ok = "granted", True
    except ApiError as error:
        if error.status != 403:
            raise
        seen, ok = str(error), False
    return check(
        f"access.platform/{name}",
        f"Permission {name}",
        "granted",
        seen,
        ok,
        reason=f"Add {name} to the role of the OAuth client.",
    )


def _throughput(client: GenesysClient) -> Check:
    """The guide's warning: the plain BYOC path may have limited throughput."""
    try:
        metrics = client.calls_metrics()
        seen = f"{metrics.get('concurrentCallCount')} of {metrics.get('maxCallCapacity')} calls"
    except ApiError as error:
        seen = str(error)
    return remark(
        "access.platform/throughput",
        "Throughput of the standard BYOC path",
        seen,
        "The standard BYOC trunk may have limited throughput, which no API and no single call "
        "shows. Higher concurrency and priority routing need Synthflow listed in the Genesys "
        "AppFoundry: ask the Genesys account team and Synthflow sales.",
        Vantage.PLATFORM,
    )


def _number(ctx: Context) -> list[Check]:
    client = genesys(ctx)
    try:
        there = client.did_pools()
    except ApiError as error:
        if error.status != 403:
            raise
        return [
            check(
                "access.number/pools",
                "The DID pools can be read",
                "an answer",
                str(error),
                None,
                reason=error.advice,
            )
        ]
    found: list[Check] = []
    needed, holding = pools.needed(ctx), pools.holders(there)
    waiting, has = set(pools.unconfirmed(ctx, there)), owners(client, needed)
    held, answer = together.written(ctx), ctx.answer(pools.STEP)
    for number in needed:
        stands = pools.standing(holding, number)
        pool = _unpooled(number, stands) if number in waiting else _pool(number, stands, answer)
        _, owner = has.get(number, ("", ""))
        found += of_number(ctx, number, [pool, _owner(ctx, number, owner, number in held)])
    return found


def _pool(number: str, stands: str, answer: AnswerRow | None) -> Check:
    """A number that is in a pool, or will be because somebody wants it."""
    if answer and stands != pools.IN_ONE:
        stands = f"in no DID pool yet; requested by {answer.done_by}, {answer.done_at}"
    return check(f"access.number/{number}", f"{number} is in a DID pool", _POOLED, stands, ok=True)


def _unpooled(number: str, stands: str) -> Check:
    """A number that may be mistyped: it waits for somebody's yes to a pool of its own."""
    return Check(
        id=f"access.number/{number}",
        title=f"{number} is in a DID pool",
        expected=_POOLED,
        seen=stands,
        verdict=Verdict.WAITING,
        reason="If a digit is wrong, correct the inputs. If it is right, say so on the card, or "
        f'under people → {pools.STEP}: {{done_by: …, values: {{numbers: "{number}"}}}}.',
    )


def _owner(ctx: Context, number: str, owner: str, mine: bool) -> Check:
    adopted = f"{Did.kind}:{number}" in ctx.parameters.adopt
    ok = not owner or mine or adopted
    seen = owner or "free"
    if owner and (mine or adopted):
        seen += " (held by this run)" if mine else " (adopted)"
    result = check(
        f"access.number/{number}/owner",
        f"{number} is unused, held by this run, or adopted",
        "unused, or ours",
        seen,
        ok,
    )
    if ok:
        return result

    return replace(
        result,
        verdict=Verdict.WAITING,
        reason=f"The number is in production. To let this run move it, add "
        f'"{Did.kind}:{number}" to adopt; otherwise choose another number.',
    )


STEPS = (
    Step(
        "access.platform", SECTION, "Genesys Cloud: organization and permissions", check=_platform
    ),
    synthflow_access.step(SECTION),
    Step(
        pools.STEP,
        SECTION,
        "Phone numbers",
        needs=("access.platform",),
        card=pools.card,
        check=_number,
        checks_anyway=True,
    ),
    Step(
        "access.network",
        SECTION,
        "Network",
        check=lambda ctx: network.reachability(ctx, ("verify.inbound/rtp",)),
    ),
)
