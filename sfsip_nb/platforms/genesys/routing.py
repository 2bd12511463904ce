"""Call routing at Genesys: callers to the AI, and transferred callers to the live agents."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField, Desired, Step
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import numbers as n
from sfsip_nb.platforms.genesys import pools
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.trunk import SECTION
from sfsip_nb.platforms.shared.checks import check


def inbound_route(ctx: Context) -> str:
    """The name of the call route that takes callers to the AI."""
    return f"{ctx.parameters.trunk_name}: callers"


def transfer_route(ctx: Context) -> str:
    """The name of the call route that takes transferred callers to the queue."""
    return f"{ctx.parameters.trunk_name}: transfers"


def _wants(ctx: Context, route: str, flow: str, why: str, numbers: list[str]) -> list[Desired]:
    """The objects of one call route; a number in no pool waits for somebody's yes to one."""
    waiting = pools.unconfirmed(ctx, genesys(ctx).did_pools())
    numbers = [number for number in numbers if number not in waiting]
    known = "Genesys treats a number as the organization's own only if it is in a DID pool."
    rings = "Calls to the number go to this call route."
    return [
        *(Desired(n.DidPool.kind, number, {n.HOLDS: number}, known) for number in numbers),
        Desired(n.CallRoute.kind, route, {"Open-hours flow": flow}, why),
        *(
            Desired(
                n.Did.kind,
                number,
                {"Call route": route},
                rings,
                comes_with=f"{n.DidPool.kind}:{number}",
                born={"Call route": ""},
            )
            for number in numbers
        ),
    ]


def _inbound_wants(ctx: Context) -> list[Desired]:
    why = "The flow that it starts transfers callers to the AI."
    flow, numbers = settings(ctx).inbound_flow, list(ctx.parameters.numbers)
    return _wants(ctx, inbound_route(ctx), flow, why, numbers)


def _transfer_wants(ctx: Context) -> list[Desired]:
    why = "The flow that it starts sends transferred callers to the queue, never back to the AI."
    numbers = [ctx.parameters.synthflow.transfer.number]
    return _wants(ctx, transfer_route(ctx), settings(ctx).transfer_flow, why, numbers)


def _inbound_card(ctx: Context) -> Card:
    p, g = ctx.parameters, settings(ctx)
    target = p.numbers[0]
    return Card(
        step="routing.inbound",
        system="genesys",
        title="The flow transfers callers to the AI",
        path=("Admin", "Architect", "Inbound Call Flows", g.inbound_flow),
        fields=(
            CardField("Action", "Transfer to Number"),
            CardField("Number", target, "transfer_to"),
        ),
        why="The flow sends the caller to this number; its own number plan and outbound route "
        "take it to the Synthflow trunk. No public API shows what a flow does. Specific DIDs or "
        "branches can go to the AI in the same way, others to a queue.",
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
    flow = r.find_flow(genesys(ctx), name)
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
    return [published(ctx, "routing.inbound", settings(ctx).inbound_flow)]


def _transfer(ctx: Context) -> list[Check]:
    g = settings(ctx)
    queue = r.by_name(genesys(ctx).queues(name=g.transfer_queue), g.transfer_queue)
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
            f"not one of {', '.join(ctx.parameters.numbers)}, not the flow that callers reach",
            f"{number} → {g.transfer_flow}",
            number not in ctx.parameters.numbers and g.transfer_flow != g.inbound_flow,
            Vantage.HERE,
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
