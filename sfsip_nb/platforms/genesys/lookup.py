"""What the Genesys Cloud organization says of the inputs while they are typed."""

from __future__ import annotations

from sfsip_nb.engine import spelling
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import InputLookup, LookupResult
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.genesys import pools
from sfsip_nb.platforms.genesys.call_routes import pooled
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.genesys.regions import regions
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.shared.lookup import named, resolves, usable


def _region(ctx: Context) -> LookupResult:
    name = genesys(ctx).organization().get("name")
    return LookupResult(True, f"the key opens {name} there", tuple(regions()))


def _sites(ctx: Context) -> dict[str, str]:
    return usable((site.get("name"), "") for site in genesys(ctx).sites())


def _flows(ctx: Context) -> dict[str, str]:
    flows = genesys(ctx).flows()
    return usable(
        (f.get("name"), "" if f.get("publishedVersion") else "is not published") for f in flows
    )


def _queues(ctx: Context) -> dict[str, str]:
    return usable((queue.get("name"), "") for queue in genesys(ctx).queues())


def _dids(ctx: Context) -> dict[str, str]:
    """Numbers of the organization's DID pools, and who uses each; empty where it is free.

    All of them, for a person to choose from; where nobody is there, those that are needed.
    """

    def asked() -> dict[str, str]:
        client = genesys(ctx)
        dids = pooled(client, pools.needed(ctx)).values() if ctx.recalls else client.dids()
        return {str(d.get("number")): str((d.get("owner") or {}).get("name") or "") for d in dids}

    return ctx.once("genesys.dids", asked)


def _pools(ctx: Context) -> pools.Holders:
    return ctx.once("genesys.pools", lambda: pools.holders(genesys(ctx).did_pools()))


def _numbers(ctx: Context) -> LookupResult:
    """In a pool, and free or whose; what is the same of several is said once."""
    owners = _dids(ctx)
    free = tuple(sorted(number for number, owner in owners.items() if not owner))
    told: dict[str, list[str]] = {}
    imported, holding = lookup.imported(ctx), _pools(ctx)
    for number in ctx.parameters.numbers:
        owner = f"used by {owners[number]}" if owners.get(number) else "free"
        use = f", {owner}" if number in owners else ""
        known = ", at Synthflow already" if number in imported else ""
        told.setdefault(f"{pools.standing(holding, number)}{use}{known}", []).append(number)
    fits = True if told and set(ctx.parameters.numbers) <= set(free) else None
    said = "; ".join(f"{', '.join(ranges.compact(own))} {what}" for what, own in told.items())
    return LookupResult(fits, said or "nothing typed yet", free)


def _pooled(key: str) -> InputLookup:
    """Whether a number that may also be somewhere else is in a pool."""

    def see(ctx: Context) -> LookupResult:
        known, number = tuple(_dids(ctx)), str(spelling.value(ctx.parameters, key))
        if not number:
            return LookupResult(None, "nothing typed yet", known)
        fits = True if _pools(ctx)(number) else None
        return LookupResult(fits, pools.standing(_pools(ctx), number), known)

    return InputLookup(key, see)


def _flow(key: str, check: str, title: str) -> InputLookup:
    advice = f"Correct {key}, or build and publish the flow (Admin → Architect)."
    return named(key, _flows, "published flows", check=check, title=title, advice=advice)


FITTING = (
    named(
        "genesys.site",
        _sites,
        "sites",
        check="access.platform/site",
        title="The site exists",
        advice="Correct genesys.site: a name under Admin → Telephony → Sites.",
    ),
    _flow("genesys.inbound_flow", "access.platform/inbound_flow", "The inbound flow is published"),
    _flow(
        "genesys.transfer_flow", "access.platform/transfer_flow", "The transfer flow is published"
    ),
    named(
        "genesys.transfer_queue",
        _queues,
        "queues",
        check="access.platform/transfer_queue",
        title="The queue exists",
        advice="Correct genesys.transfer_queue: a name under Admin → Contact Center → Queues.",
    ),
)
LOOKS = (
    InputLookup("genesys.region", _region),
    *FITTING,
    InputLookup("numbers", _numbers),
    _pooled("synthflow.transfer.number"),
    _pooled("genesys.caller_address"),
    resolves("genesys.inbound_fqdn"),
    *lookup.SYNTHFLOW,
)
