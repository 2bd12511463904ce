"""Call routing at Genesys: callers to the AI, and transferred callers to the live agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.model import Card, CardField, Desired, Step
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.platforms.genesys import numbers as n
from sfsip_nb.platforms.genesys import pools, together
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.call_routes import CALL_ROUTE, MOST_NUMBERS, CallRoute, Did
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.trunk import SECTION
from sfsip_nb.platforms.shared.checks import check, part

CALLED_ADDRESS = "Call.CalledAddress"
"""Architect's built-in variable for the number that the caller dialed."""


def inbound_routes(ctx: Context) -> dict[str, str]:
    """Each number and the name of the call route that takes its callers to the AI.

    A number that is on one of the run's call routes already stays there.
    """
    first, numbers = f"{ctx.parameters.trunk_name}: callers", ctx.parameters.numbers
    if len(numbers) <= MOST_NUMBERS:
        return dict.fromkeys(numbers, first)
    names = [first, *(f"{first} {place}" for place in range(2, len(numbers) + 2))]
    present = {str(ivr["name"]): ivr.get("dnis") or [] for ivr in genesys(ctx).ivrs()}
    chosen = {number: name for name in names for number in present.get(name, ())}
    further = iter([number for number in numbers if number not in chosen])
    for name in names:
        room = max(0, MOST_NUMBERS - len(present.get(name, ())))
        chosen |= dict.fromkeys(islice(further, room), name)
    return {number: chosen[number] for number in numbers}


def transfer_route(ctx: Context) -> str:
    """The name of the call route that takes transferred callers to the queue."""
    return f"{ctx.parameters.trunk_name}: transfers"


def _wants(ctx: Context, routes: Mapping[str, str], flow: str, why: str) -> list[Desired]:
    """The DID pools of some numbers, their call routes, and each number on its call route.

    A number in no pool is left out until somebody wants a pool to be made for it.
    """
    there = genesys(ctx).did_pools()
    waiting = set(pools.unconfirmed(ctx, there))
    routes = {number: route for number, route in routes.items() if number not in waiting}
    known = "Genesys treats a number as the organization's own only if it is in a DID pool."
    rings = "Calls to the number go to this call route."
    held = n.by_pool(there, routes)
    names = dict.fromkeys(routes.values())
    groups = together.grouped(ctx, routes, held)
    return [
        *(Desired(n.DidPool.kind, s, {n.HOLDS: s}, known, part=part(s, held)) for s in held),
        *(
            Desired(CallRoute.kind, route, {"Open-hours flow": flow}, why, part=part(route, names))
            for route in names
        ),
        *(
            Desired(
                Did.kind,
                group,
                {CALL_ROUTE: route},
                rings,
                comes_with=f"{n.DidPool.kind}:{pool}",
                born={CALL_ROUTE: ""},
                part=part(group, groups),
            )
            for group, (route, pool) in groups.items()
        ),
    ]


def _inbound_wants(ctx: Context) -> list[Desired]:
    why = "The flow that it starts transfers callers to the AI."
    return _wants(ctx, inbound_routes(ctx), settings(ctx).inbound_flow, why)


def _transfer_wants(ctx: Context) -> list[Desired]:
    why = "The flow that it starts sends transferred callers to the queue, never back to the AI."
    routes = {ctx.parameters.synthflow.transfer.number: transfer_route(ctx)}
    return _wants(ctx, routes, settings(ctx).transfer_flow, why)


def _inbound_card(ctx: Context) -> Card:
    numbers, g = ctx.parameters.numbers, settings(ctx)
    several = len(numbers) > 1
    target = CALLED_ADDRESS if several else numbers[0]
    same = (
        f" {CALLED_ADDRESS} is the number that the caller dialed"
        " (help.mypurecloud.com/articles/architect-default-variables), so that each number reaches"
        " its own assistant."
    )
    return Card(
        step="routing.inbound",
        system="genesys",
        title="The flow transfers callers to the AI",
        path=("Admin", "Architect", "Inbound Call Flows", g.inbound_flow),
        fields=(
            CardField("Action", "Transfer to Number"),
            CardField("Number, as an expression" if several else "Number", target, "transfer_to"),
        ),
        why="The flow sends the caller to this number; its own number plan and outbound route "
        "take it to the Synthflow trunk. No public API shows what a flow does. Specific DIDs or "
        "branches can go to the AI in the same way, others to a queue." + (same if several else ""),
        look_for="The flow is published, with the transfer on the branch that should reach the AI.",
        proved_by="verify.inbound",
        values={"flow": g.inbound_flow, "transfer_to": target},
    )


def _transfer_card(ctx: Context) -> Card:
    g = settings(ctx)
    return Card(
        step="routing.transfer",
        system="genesys",
        title="The transfer flow sends callers to the queue",
        path=("Admin", "Architect", "Inbound Call Flows", g.transfer_flow),
        fields=(
            CardField("Action", "Transfer to ACD"),
            CardField("Queue", g.transfer_queue, "queue"),
        ),
        why="A transferred caller rings the transfer number; this flow takes the call to the live "
        "agents, and never back to the AI.",
        look_for="The flow is published and its only path leads to this queue.",
        proved_by="verify.transfer",
        values={"flow": g.transfer_flow, "queue": g.transfer_queue},
    )


def published(ctx: Context, step: str, name: str) -> Check:
    """Whether a flow is published: an unpublished one takes no calls."""
    flow = r.find_flow(genesys(ctx), name, lasting=False)
    version = flow.get("publishedVersion") or {}
    return check(
        f"{step}/published",
        f"Flow “{name}” is published",
        "published",
        f"version {version.get('id', '?')}" if version else "not published",
        bool(version),
        reason="Publish the flow in Architect.",
    )


def _inbound(ctx: Context) -> list[Check]:
    return [published(ctx, "routing.inbound", settings(ctx).inbound_flow), *_written(ctx)]


def _written(ctx: Context) -> Iterator[Check]:
    """That Genesys took a new call route, and a change of one: no API shows that it would."""
    done = [c for c in ctx.journal.changes.of_kinds(CallRoute.kind, Did.kind) if c.done]
    for how, op in (("added", "create"), ("changed", "update")):
        if own := [change for change in done if change.op == op]:
            yield check(
                f"routing.inbound/{how}",
                f"Genesys accepted that a call route is {how}",
                "accepted",
                f"{own[-1]}: {own[-1].outcome}, {own[-1].ended}",
                True,
                advisory=True,
            )


def _transfer(ctx: Context) -> list[Check]:
    g = settings(ctx)
    queue = r.by_name(genesys(ctx).queues(), g.transfer_queue)
    number = ctx.parameters.synthflow.transfer.number
    return [
        published(ctx, "routing.transfer", g.transfer_flow),
        check(
            "routing.transfer/queue",
            f"Queue “{g.transfer_queue}” exists and has members",
            "at least one member",
            f"{queue.get('memberCount', '?')} members" if queue else "no queue with that name",
            queue.get("memberCount", 1) > 0 if queue else False,
            reason="Correct genesys.transfer_queue, or add agents to the queue.",
        ),
        check(
            "routing.transfer/loop",
            "The transfer number does not lead back to the AI",
            f"not one of {text(ctx.parameters.numbers)}, not the flow that callers reach",
            f"{number} → {g.transfer_flow}",
            number not in ctx.parameters.numbers and g.transfer_flow != g.inbound_flow,
            Vantage.HERE,
            basis=Basis.INPUTS,
            reason="Use a separate number and flow for the transfer.",
        ),
    ]


STEPS = (
    Step(
        "routing.inbound",
        SECTION,
        "Callers to the AI: DID pool, call route, flow",
        needs=("trunk.site", "access.number"),
        desired=_inbound_wants,
        card=_inbound_card,
        check=_inbound,
    ),
    Step(
        "routing.transfer",
        SECTION,
        "Transferred callers to the queue",
        needs=("access.number",),
        desired=_transfer_wants,
        card=_transfer_card,
        check=_transfer,
    ),
)
