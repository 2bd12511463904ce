"""Guide heading "Assign Trunk to a Site": number plan and outbound route, beside all others."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Desired, Step
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import dialplan
from sfsip_nb.platforms.genesys import numbers as n
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.trunk import SECTION
from sfsip_nb.platforms.shared.checks import check, remark


def _wants(ctx: Context) -> list[Desired]:
    client, name = genesys(ctx), ctx.parameters.trunk_name
    plan = {
        n.NUMBERS: n.spans(ctx.parameters.numbers),
        n.CLASSIFICATION: name,
        n.POSITION: True,
    }
    plans = client.number_plans(r.find_site(client, settings(ctx).site)["id"])
    n.refuse_beyond_limits(plans, name, plan)
    return [
        Desired(
            n.NumberPlan.kind,
            name,
            plan,
            "It separates calls to the AI's numbers from the plans that all other calls follow.",
        ),
        Desired(
            r.Route.kind,
            name,
            {
                "Classifications": [name],
                "External trunks": [name],
                "Distribution": "SEQUENTIAL",
                "Enabled": True,
            },
            "It sends that classification to the Synthflow trunk; other routes stay as they are.",
        ),
    ]


def _checks(ctx: Context) -> list[Check]:
    client = genesys(ctx)
    site = r.find_site(client, settings(ctx).site)
    plans = client.number_plans(site["id"])
    names = [str(p.get("name")) for p in plans]
    there = [name for name in n.PROTECTED if name in names]
    first = [names.index(name) for name in there]
    mine = names.index(ctx.parameters.trunk_name) if ctx.parameters.trunk_name in names else -1
    found = [
        check(
            "trunk.site/managed",
            "The site may be changed",
            "not managed by Genesys",
            "managed by Genesys" if site.get("managed") else "not managed by Genesys",
            not site.get("managed"),
            reason="Choose a site of the customer's own: a managed one cannot be changed.",
        ),
        check(
            "trunk.site/protected",
            "Emergency and Suicide Prevention plans come before ours",
            " and ".join(there) or "none on this site",
            ", ".join(names),
            all(place < mine for place in first) if mine >= 0 else None,
            reason="Move the plans back to the top of the list at once.",
        ),
    ]
    for fault in dialplan.plan_faults(plans):
        found.append(
            remark(
                f"trunk.site/{fault.plan_name}",
                f"Number plan “{fault.plan_name}”",
                fault.text,
                "Such a plan also matches inbound caller IDs, and Genesys then records them as "
                "unknown.",
                Vantage.PLATFORM,
            )
        )
    return found


STEPS = (
    Step(
        "trunk.site",
        SECTION,
        "Assign the trunk to a site",
        needs=("trunk.create", "access.number"),
        desired=_wants,
        check=_checks,
    ),
)
