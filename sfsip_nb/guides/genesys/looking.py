"""What the Genesys Cloud organisation says of the inputs while they are typed."""

from __future__ import annotations

from typing import Any

from sfsip_nb.guides import looking
from sfsip_nb.guides.genesys.platform import genesys
from sfsip_nb.guides.looking import among, resolves
from sfsip_nb.inputs import facts
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.model import Look, Sight


def _region(ctx: Context) -> Sight:
    name = genesys(ctx).organization().get("name")
    return Sight(True, f"the key opens {name} there", tuple(facts.genesys_regions()))


def _published(ctx: Context) -> list[Any]:
    return [f.get("name") for f in genesys(ctx).flows() if f.get("publishedVersion")]


def _queues(ctx: Context) -> list[Any]:
    return [q.get("name") for q in genesys(ctx).queues()]


def _numbers(ctx: Context) -> Sight:
    """In a pool, and free or whose."""
    pool = {str(did.get("number")): did for did in genesys(ctx).dids()}
    told = []
    for number in ctx.parameters.numbers:
        owner = (pool.get(number, {}).get("owner") or {}).get("name")
        where = f"in a pool, {f'used by {owner}' if owner else 'free'}"
        told.append(f"{number}: {where if number in pool else 'in no DID pool yet'}")
    return Sight(None, "; ".join(told) or "nothing typed yet")


LOOKS = (
    Look("genesys.region", _region),
    among("genesys.site", lambda ctx: [s.get("name") for s in genesys(ctx).sites()], "sites"),
    among("genesys.inbound_flow", _published, "published flows"),
    among("genesys.transfer_flow", _published, "published flows"),
    among(
        "genesys.transfer_queue",
        lambda ctx: [q.get("name") for q in genesys(ctx).queues()],
        "queues",
    ),
    Look("numbers", _numbers),
    resolves("genesys.inbound_fqdn"),
    *looking.SYNTHFLOW,
)
