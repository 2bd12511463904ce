"""Which numbers are in a DID pool, and a person's yes to a pool for one that is in none.

A mistyped number is in no pool either, so a pool is made only for what somebody typed once more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Ask, Card, CardField
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.slips import one_digit_off
from sfsip_nb.platforms.genesys.platform import genesys

STEP = "access.number"
IN_ONE = "in a pool"

Pools = Iterable[Mapping[str, Any]]


Holders = Callable[[str], Mapping[str, Any] | None]


def holders(pools: Pools) -> Holders:
    """What tells the DID pool that a number lies in; pools never overlap."""
    listed = sorted(pools, key=lambda pool: int(pool["startPhoneNumber"]))
    starts = [int(pool["startPhoneNumber"]) for pool in listed]

    def holding(number: str) -> Mapping[str, Any] | None:
        pool = listed[place - 1] if (place := bisect_right(starts, int(number))) else None
        return pool if pool and int(number) <= int(pool["endPhoneNumber"]) else None

    return holding


def standing(holding: Holders, number: str) -> str:
    """Where a number stands, in words; for one in no pool, what it may have been meant to be."""
    if holding(number):
        return IN_ONE
    near = one_digit_off(number, lambda other: holding(other) is not None)
    return "in no DID pool" + (f"; near it, in a pool: {', '.join(near)}" if near else "")


def needed(ctx: Context) -> list[str]:
    """The numbers that have to be in a pool: those that the AI answers, and the transfer's."""
    return [*ctx.parameters.numbers, ctx.parameters.synthflow.transfer.number]


def confirmed(ctx: Context) -> frozenset[str]:
    """The numbers for which somebody wants a pool to be made, ranges of them taken apart."""
    return frozenset(ranges.found_in(ctx.given(STEP, "numbers")))


def unconfirmed(ctx: Context, pools: Pools) -> list[str]:
    """The numbers in no pool that nobody has confirmed yet."""
    yes, holding = confirmed(ctx), holders(pools)
    return [n for n in needed(ctx) if n not in yes and holding(n) is None]


def card(ctx: Context) -> Card | None:
    """Ask for a yes where a pool would have to be made; not where the pools cannot be read."""
    try:
        pools = genesys(ctx).did_pools()
    except ApiError:
        return None
    if not (numbers := unconfirmed(ctx, pools)):
        return None
    holding, groups = holders(pools), dict[str, list[str]]()
    for number in numbers:
        groups.setdefault(standing(holding, number), []).append(number)
    return Card(
        step=STEP,
        system="genesys",
        title="Create a DID pool for each number that is not in one?",
        path=("Admin", "Telephony", "DID Numbers", "DID Ranges"),
        fields=tuple(
            CardField(span, told) for told, like in groups.items() for span in ranges.compact(like)
        ),
        asks=(
            Ask("numbers", "Yes, create a pool for these numbers (type each one again, with +)"),
        ),
        why="Genesys treats a number as the organization's own only if it is in a DID pool, so "
        "this run creates one for a number that is in none. It would do the same for a mistyped "
        "number.",
        look_for="Each number is on the carrier's order, digit for digit. If one is not, "
        "correct the inputs instead.",
        proved_by=STEP,
        decision=True,
    )
