"""Which numbers one request puts on their call route, and that they stay together afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfsip_nb.engine.context import Context
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.genesys.call_routes import Did, owners
from sfsip_nb.platforms.genesys.numbers import DidPool
from sfsip_nb.platforms.genesys.platform import genesys


def grouped(
    ctx: Context, routes: Mapping[str, str], held: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """The keys of ``Did``, each with its call route and its DID pool; `routes` says which number's.

    `held` are the pools' ranges (`numbers.by_pool`). Together are the numbers of one call route
    that are on nothing yet, or on it already. One that something else has is alone, for each is
    adopted by itself. What a request of this run has put somewhere together stays so, and so does
    what comes with one pool of its own: carried out in part, a plan still names the same objects.
    """
    own_pools = {c.key for c in ctx.journal.changes.of_kinds(DidPool.kind) if c.stands}
    pool_of = {number: pool for pool in held for number in ranges.expand(pool)}
    has = owners(genesys(ctx), routes) if len(routes) > 1 else {}
    before = _keys(ctx)
    groups: dict[tuple[str, ...], list[str]] = {}
    for number, route in routes.items():
        name, _ = has.get(number, ("", ""))
        pool = pool_of[number]
        # Until it is there, a pool is known by its numbers, which nothing knows yet.
        own = pool if pool in own_pools or number not in has else ""
        alone = number if name not in ("", route) else ""
        like = (route, name, own, before.get(number, ""), alone)
        groups.setdefault(like, []).append(number)
    return {
        ", ".join(ranges.compact(numbers)): (route, pool_of[numbers[0]])
        for (route, *_), numbers in groups.items()
    }


def written(ctx: Context) -> set[str]:
    """The numbers that this run has put on a call route, as far as nothing took that back."""
    return set(_keys(ctx))


def _keys(ctx: Context) -> dict[str, str]:
    """Each number of a standing write, and the key under which it was written last."""
    writes = ctx.journal.changes.of_kinds(Did.kind)
    return {n: c.key for c in writes if c.stands for n in ranges.found_in(c.key)}
