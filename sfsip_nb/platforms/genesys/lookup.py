"""What the Genesys Cloud organization says of the inputs while they are typed."""

from __future__ import annotations

from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import InputLookup, LookupResult
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.genesys.regions import regions
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.shared.lookup import among, resolves


def _region(ctx: Context) -> LookupResult:
    name = genesys(ctx).organization().get("name")
    return LookupResult(True, f"the key opens {name} there", tuple(regions()))


def _published(ctx: Context) -> list[Any]:
    return [f.get("name") for f in genesys(ctx).flows() if f.get("publishedVersion")]


def _queues(ctx: Context) -> list[Any]:
    return [q.get("name") for q in genesys(ctx).queues()]


def _dids(ctx: Context) -> dict[str, str]:
    """Each number of the organization's DID pools, and who uses it; empty where it is free."""
    return ctx.once(
        "genesys.dids",
        lambda: {
            str(did.get("number")): str((did.get("owner") or {}).get("name") or "")
            for did in genesys(ctx).dids()
        },
    )


def _numbers(ctx: Context) -> LookupResult:
    """In a pool, and free or whose."""
    pool = _dids(ctx)
    free = tuple(sorted(number for number, owner in pool.items() if not owner))
    told = []
    for number in ctx.parameters.numbers:
        where = f"in a pool, {f'used by {pool[number]}' if pool.get(number) else 'free'}"
        known = ", at Synthflow already" if number in lookup.imported(ctx) else ""
        told.append(f"{number} {where if number in pool else 'in no DID pool yet'}{known}")
    fits = True if told and set(ctx.parameters.numbers) <= set(free) else None
    return LookupResult(fits, "; ".join(told) or "nothing typed yet", free)


LOOKS = (
    InputLookup("genesys.region", _region),
    among("genesys.site", lambda ctx: [s.get("name") for s in genesys(ctx).sites()], "sites"),
    among("genesys.inbound_flow", _published, "published flows"),
    among("genesys.transfer_flow", _published, "published flows"),
    among("genesys.transfer_queue", _queues, "queues"),
    InputLookup("numbers", _numbers),
    among("synthflow.transfer.number", _dids, "numbers in DID pools", must=False),
    among("genesys.caller_address", _dids, "numbers in DID pools", must=False),
    resolves("genesys.inbound_fqdn"),
    *lookup.SYNTHFLOW,
)
