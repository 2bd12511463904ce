"""Guide section "Prerequisites" for Genesys Cloud: what has to be there before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.clients.genesys import Genesys
from sfsip_nb.clients.transport import ApiError
from sfsip_nb.guides import network
from sfsip_nb.guides.checks import check, remark, synthflow
from sfsip_nb.guides.genesys.numbers import Did, DidPool
from sfsip_nb.guides.genesys.platform import genesys, settings
from sfsip_nb.guides.genesys.resources import METABASE
from sfsip_nb.guides.synthflow.resources import find_assistant
from sfsip_nb.inputs import facts
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.model import Card, Step
from sfsip_nb.runbook.verdicts import Check, Vantage, Verdict

SECTION = "01-prerequisites"


# Permission → the reading call that needs it (the vendor's command-line tool lists both).
_PERMISSIONS: dict[str, Callable[[Genesys], Any]] = {
    "telephony:plugin:all": lambda g: g.trunk_template(METABASE),
    "routing:callRoute:view": lambda g: g.ivrs(),
    "routing:queue:view": lambda g: g.queues(),
    "architect:flow:view": lambda g: g.flows(),
    "telephony:pcap:view": lambda g: g.siptraces(*_last_minute()),
    "analytics:conversationDetail:view": lambda g: g.conversation_details(*_last_minute()),
}
_WRITE_PERMISSIONS = ("routing:callRoute:add", "routing:callRoute:edit", "routing:callRoute:delete")


def _last_minute() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(minutes=1), now


def _platform(ctx: Context) -> list[Check]:
    client = genesys(ctx)
    region = settings(ctx).region
    organization = client.organization()
    products = [str(p["id"]) for p in client.products()]
    found = [
        check(
            "access.platform/org",
            "The token opens an organisation",
            "an active organisation",
            f"{organization.get('name')} ({organization.get('id')})",
            str(organization.get("state") or "active").lower() == "active",
        ),
        check(
            "access.platform/region",
            "The organisation answers in the stated region",
            region,
            f"answered by {ctx.surroundings.origins['genesys.api']}",
            True,
        ),
        check(
            "access.platform/byoc",
            "BYOC Cloud is enabled",
            "product byoc",
            ", ".join(products),
            "byoc" in products,
            reason="Ask the Genesys account team to add BYOC Cloud to the organisation.",
        ),
    ]
    found += [_permission(client, name, call) for name, call in _PERMISSIONS.items()]
    found.append(
        remark(
            "access.platform/write",
            "Call routes may be added and changed",
            ", ".join(_WRITE_PERMISSIONS),
            "No call shows these without writing; the first write does.",
            Vantage.PLATFORM,
        )
    )
    found.append(_throughput(client))
    return found


def _permission(client: Genesys, name: str, call: Callable[[Genesys], Any]) -> Check:
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


def _throughput(client: Genesys) -> Check:
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
        "The standard BYOC trunk may have limited throughput. Higher concurrency and priority "
        "routing need Synthflow listed in the Genesys AppFoundry: ask the Genesys account team "
        "and Synthflow sales.",
        Vantage.PLATFORM,
    )


def _synthflow(ctx: Context) -> list[Check]:
    client = synthflow(ctx)
    region = facts.synthflow_regions()[ctx.parameters.synthflow.region]
    wanted = ctx.parameters.synthflow.assistant
    assistant = find_assistant(client, wanted)
    found = [
        check(
            "access.synthflow/key",
            "The API key opens the stated region",
            region.name,
            f"answered by {ctx.surroundings.origins['synthflow']}",
            True,
            Vantage.SYNTHFLOW,
        ),
        check(
            "access.synthflow/workspace",
            "The workspace's numbers can be read",
            ctx.parameters.synthflow.workspace_id,
            f"{len(client.numbers())} numbers",
            True,
            Vantage.SYNTHFLOW,
        ),
        check(
            "access.synthflow/assistant",
            "The assistant exists",
            wanted,
            f"{assistant['name']} ({assistant['model_id']})" if assistant else "none of that name",
            assistant is not None,
            Vantage.SYNTHFLOW,
            reason="Correct synthflow.assistant: the id or the exact name.",
        ),
    ]
    if assistant is not None:
        found += _assistant(assistant)
    if region.retiring:
        found.append(
            remark(
                "access.synthflow/global",
                "The workspace's cluster",
                f"{region.name} ({region.sip})",
                region.retiring,
                Vantage.SYNTHFLOW,
            )
        )
    return found


def _assistant(assistant: dict[str, Any]) -> list[Check]:
    version = next(
        (
            str(assistant[k])
            for k in ("voice_engine_version", "assistant_version")
            if assistant.get(k)
        ),
        "",
    )
    return [
        check(
            "access.synthflow/version",
            "The assistant is v2.0 or later",
            "2.0 or later",
            version or "the API does not say",
            _at_least_two(version),
            Vantage.SYNTHFLOW,
            advisory=not version,
            reason="Open the assistant in Synthflow and look at its version.",
        ),
        check(
            "access.synthflow/type",
            "The assistant takes calls",
            "inbound",
            assistant.get("type"),
            assistant.get("type") == "inbound",
            Vantage.SYNTHFLOW,
            reason="Choose an inbound assistant: an outbound one never answers.",
        ),
    ]


def _at_least_two(version: str) -> bool | None:
    major = version.lower().lstrip("v").split(".")[0]
    return int(major) >= 2 if major.isdigit() else None


def enterprise_card(ctx: Context) -> Card:
    """SIP trunking is Enterprise-only, and no API shows the plan."""
    return Card(
        step="access.synthflow",
        system="synthflow",
        title="The workspace is on the Enterprise plan",
        path=("Synthflow", "Admin", "Workspace settings", "Billing"),
        why="SIP trunking is only available on the Synthflow Enterprise plan, and the API does "
        "not show the plan.",
        look_for="The plan's name is Enterprise, or the contract says so.",
    )


def _number(ctx: Context) -> list[Check]:
    client = genesys(ctx)
    found = []
    wanted = [*ctx.parameters.numbers, ctx.parameters.synthflow.transfer.number]
    for number in wanted:
        pool = DidPool(client).read(number)
        did = Did(client).read(number)
        found.append(
            check(
                f"access.number/{number}",
                f"{number} is in a DID pool",
                "in a pool, or one will be made for it",
                "in a pool" if pool else "in no pool yet; routing will make one",
                True,
            )
        )
        found.append(_owner(ctx, number, did.owner if did else ""))
    return found


def _owner(ctx: Context, number: str, owner: str) -> Check:
    mine = any(c.kind == Did.kind and c.key == number and c.stands for c in ctx.journal.changes())
    adopted = f"{Did.kind}:{number}" in ctx.parameters.adopt
    ok = not owner or mine or adopted
    seen = owner or "free"
    if owner and (mine or adopted):
        seen += " (held by this run)" if mine else " (adopted)"
    result = check(
        f"access.number/{number}/owner",
        f"{number} is free, held by this run, or adopted",
        "free, or ours",
        seen,
        ok,
    )
    if ok:
        return result

    return replace(
        result,
        verdict=Verdict.WAITING,
        reason=f"The number is in production. To let this run move it, add "
        f'"{Did.kind}:{number}" to adopt; else choose another number.',
    )


STEPS = (
    Step(
        "access.platform", SECTION, "Genesys Cloud: organisation and permissions", check=_platform
    ),
    Step(
        "access.synthflow",
        SECTION,
        "Synthflow: plan, key and assistant",
        card=enterprise_card,
        check=_synthflow,
    ),
    Step("access.number", SECTION, "Phone numbers", needs=("access.platform",), check=_number),
    Step("access.network", SECTION, "Network", check=network.reachability),
)
