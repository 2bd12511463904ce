"""Guide section "Call Flow Summary": each path with this customer's values, hop by hop.

What both APIs read back is traced through the offline dial plan, an approximation of the Call
Simulator, which has no public API.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.trouble import apart
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import dialplan
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.call_routes import owners
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.routing import inbound_routes, published, transfer_route
from sfsip_nb.platforms.genesys.trunk import fqdn
from sfsip_nb.platforms.shared import sampling
from sfsip_nb.platforms.shared.checks import check, of_number, part, remark
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow import flows as f
from sfsip_nb.sip.shown import counted

SECTION = "04-call-flows"

_AWAY = "OFF_QUEUE"
"""Routing status of a member to whom no call is given."""

_APPROXIMATION = (
    "Traced offline, an approximation of Genesys's Call Simulator: Admin → Telephony → Sites → "
    "Simulate Call shows the same without touching production."
)


def _trunk(ctx: Context) -> dict[str, Any] | None:
    return r.find_trunk(genesys(ctx), ctx.parameters.trunk_name)


def rings(ctx: Context, step: str, wanted: Mapping[str, str]) -> Iterator[Check]:
    """Each number rings its call route."""
    client = genesys(ctx)
    found = owners(client, wanted)
    for number, route in wanted.items():
        seen = (found[number][0] or "nothing") if number in found else "in no DID pool"
        yield check(
            f"{step}/did",
            f"{number} rings its call route",
            route,
            seen,
            seen == route,
            reason="Run the routing step again: the number has to be on this call route.",
        )


def plan_and_route(ctx: Context, step: str) -> Iterator[Check]:
    """Each number of the sample through the site's plans and outbound routes to the trunk."""
    client = genesys(ctx)
    site = r.find_site(client, settings(ctx).site)["id"]
    plans, routes, trunk = client.number_plans(site), client.outbound_routes(site), _trunk(ctx)
    for number in sampling.sampled(ctx.parameters):
        match = dialplan.classify(plans, number)
        found = [_planned(ctx, step, number, match)]
        if match is not None:
            found.append(_routed(ctx, step, match, routes, trunk))
        yield from of_number(ctx, number, found)


def _planned(ctx: Context, step: str, number: str, match: dialplan.PlanMatch | None) -> Check:
    return check(
        f"{step}/plan",
        f"{number} matches a number plan",
        ctx.parameters.trunk_name,
        f"plan “{match.plan_name}”, classification “{match.classification}”"
        if match
        else "no plan matches",
        match is not None and match.plan_name == ctx.parameters.trunk_name,
        reason=f"Run trunk.site again. {_APPROXIMATION}",
    )


def _routed(
    ctx: Context,
    step: str,
    match: dialplan.PlanMatch,
    routes: list[dict[str, Any]],
    trunk: dict[str, Any] | None,
) -> Check:
    route = dialplan.outbound_route(routes, match.classification)
    ids = [t["id"] for t in (route or {}).get("externalTrunkBases") or []]
    return check(
        f"{step}/route",
        f"Classification “{match.classification}” has a route to the trunk",
        ctx.parameters.trunk_name,
        f"route “{route['name']}”" if route else "no route",
        bool(route and trunk and trunk["id"] in ids),
        reason="Run trunk.site again: without a route, no call leaves Genesys.",
    )


def leads(ctx: Context, step: str, routes: Collection[str], flow: str) -> Iterator[Check]:
    """Each call route opens the flow that it should."""
    client = genesys(ctx)
    there, names = client.ivrs(), {f["id"]: f["name"] for f in client.flows(lasting=True)}
    for name in dict.fromkeys(routes):
        route = r.by_name(there, name)
        opened = str(((route or {}).get("openHoursFlow") or {}).get("id") or "")
        seen = names.get(opened, opened or "no flow") if route else "no such call route"
        own = part(name, set(routes))
        yield check(
            f"{step}/flow" + (f"/{own}" if own else ""),
            f"Call route “{name}” opens the flow",
            flow,
            seen,
            seen == flow,
            reason="Choose this flow for the open hours of the call route: run the routing step.",
        )


def trunk_leads_to_synthflow(ctx: Context, step: str) -> Iterator[Check]:
    """The trunk is set in service, points at Synthflow's host and port, and is seen to serve."""
    trunk = _trunk(ctx)
    expected = f"{endpoint.host(ctx.parameters)}:{endpoint.port(ctx.parameters)}"
    servers = r.property_of(trunk, "trunk_transport_serverProxyList") if trunk else []
    enabled = bool(trunk and r.property_of(trunk, "trunk_enabled"))
    state = "set in service" if enabled else "set out of service"
    yield check(
        f"{step}/trunk",
        f"Trunk “{ctx.parameters.trunk_name}” is set in service and points to Synthflow",
        f"set in service, {expected}",
        f"{state}, {', '.join(servers or ['nowhere'])}",
        enabled and expected in (servers or []),
        reason="Run the trunk's steps again.",
    )
    yield _serving(ctx, step, trunk)


def _serving(ctx: Context, step: str, trunk: dict[str, Any] | None) -> Check:
    """The trunk as Genesys sees it now; BYOC Cloud may list none, then a call has to show it."""
    test = "verify.inbound" if step == "flow.inbound" else "verify.outbound"
    live = genesys(ctx).trunk_instances(trunk["id"]) if trunk else []
    serving = [bool(instance.get("inService")) for instance in live]
    seen = ["in service" if serves else "out of service" for serves in serving]
    return check(
        f"{step}/service",
        f"Trunk “{ctx.parameters.trunk_name}” serves",
        "in service",
        seen or "Genesys lists no live trunk for it",
        all(serving) if serving else None,
        advisory=not serving,
        reason="It is set in service and does not serve: see its status in Genesys Cloud, and ask"
        " Genesys support."
        if serving
        else "Only a call over the trunk shows it.",
        proved_by=(f"{test}/rtp",),
    )


def _inbound(ctx: Context) -> list[Check]:
    step, flow = "flow.inbound", settings(ctx).inbound_flow
    return apart(
        step,
        lambda: _rung(ctx, step),
        lambda: leads(ctx, step, inbound_routes(ctx).values(), flow),
        lambda: [published(ctx, step, flow)],
        lambda: plan_and_route(ctx, step),
        lambda: trunk_leads_to_synthflow(ctx, step),
        lambda: f.answered_by_assistant(ctx, step),
        lambda: sampling.not_traced(ctx.parameters, step),
    )


def _rung(ctx: Context, step: str) -> Iterator[Check]:
    routes = inbound_routes(ctx)
    wanted = {number: routes[number] for number in sampling.sampled(ctx.parameters)}
    for number, made in zip(wanted, rings(ctx, step, wanted), strict=True):
        yield from of_number(ctx, number, [made])


def _transfer(ctx: Context) -> list[Check]:
    step, number = "flow.transfer", ctx.parameters.synthflow.transfer.number
    route, flow = transfer_route(ctx), settings(ctx).transfer_flow
    return apart(
        step,
        lambda: f.transfers_to(ctx, step, number, fqdn(ctx)),
        lambda: f.sends_to(ctx, step, fqdn(ctx)),
        lambda: rings(ctx, step, {number: route}),
        lambda: leads(ctx, step, [route], flow),
        lambda: [published(ctx, step, flow)],
        lambda: _staffed(ctx, step),
    )


def _staffed(ctx: Context, step: str) -> Iterator[Check]:
    """Who could take a transferred call now, by the queue's own members."""
    name, client = settings(ctx).transfer_queue, genesys(ctx)
    queue = r.by_name(client.queues(), name)
    if queue is None:
        return  # routing.transfer says so
    try:
        members = client.queue_members(queue["id"])
    except ApiError as error:  # only this look needs them
        seen, ok, reason = str(error), None, error.advice
    else:
        status = [(member.get("routingStatus") or {}).get("status") for member in members]
        there = sum(each not in (None, _AWAY) for each in status)
        seen, ok = f"{there} of {counted(len(members), 'member')} on queue", bool(there)
        ok = None if members and not any(status) else ok
        reason = "Transferred callers wait until somebody goes on queue."
    yield check(
        f"{step}/agents",
        f"An agent of queue “{name}” is on queue now",
        "at least one of its members",
        seen,
        ok,
        advisory=True,
        reason=reason,
    )


def _outbound_ai(ctx: Context) -> list[Check]:
    """Synthflow AI → INVITE → BYOC trunk → PSTN → callee."""
    step = "flow.outbound_ai"
    return apart(
        step,
        lambda: f.sends_to(ctx, step, fqdn(ctx)),
        lambda: _onward(ctx, step),
    )


def _onward(ctx: Context, step: str) -> Iterator[Check]:
    """What a call that comes in on the trunk meets on its way to the telephone network."""
    client = genesys(ctx)
    trunk = _trunk(ctx)
    site = ((trunk or {}).get("inboundSite") or {}).get("id")
    plans = client.number_plans(site) if site else []
    routes = client.outbound_routes(site) if site else []
    callee = ctx.parameters.test_calls.from_ or ctx.parameters.numbers[0]
    match = dialplan.classify(plans, callee)
    route = dialplan.outbound_route(routes, match.classification) if match else None
    yield from (
        check(
            f"{step}/site",
            "Calls that come in on the trunk use a site's number plans",
            settings(ctx).site,
            r.site_name(client, site) if site else "no Number Plan Site",
            bool(site),
            reason="Run trunk.inbound.",
        ),
        check(
            f"{step}/pstn",
            f"A call to {callee} would go out to the telephone network",
            "a route that is not the Synthflow trunk",
            f"plan “{match.plan_name}”, route “{route['name']}”"
            if match and route
            else "no plan or no route",
            bool(match and route and (match.plan_name != ctx.parameters.trunk_name)),
            reason=f"The site needs a route for ordinary numbers. {_APPROXIMATION}",
        ),
        remark(
            f"{step}/toll",
            "Toll limits for the AI's calls",
            "set on the carrier trunk and at Synthflow; neither API shows them",
            "No test call comes near a limit: agree on limits before the AI dials out. An AI leg "
            "carries no caller location: emergency calls must never go this way.",
            Vantage.PLATFORM,
        ),
    )


def _outbound_platform(ctx: Context) -> list[Check]:
    step = "flow.outbound_platform"
    return apart(
        step,
        lambda: plan_and_route(ctx, step),
        lambda: trunk_leads_to_synthflow(ctx, step),
        lambda: f.answered_by_assistant(ctx, step),
    )


STEPS = (
    Step(
        "flow.inbound",
        SECTION,
        "Caller → Genesys → AI",
        ("routing.inbound", "trunk.outbound", "assistant.attach"),
        check=_inbound,
    ),
    Step("flow.transfer", SECTION, "AI → queue → agent", ("transfer.action",), check=_transfer),
    Step("flow.outbound_ai", SECTION, "AI → Genesys → callee", ("number.add",), check=_outbound_ai),
    Step(
        "flow.outbound_platform",
        SECTION,
        "Genesys flow → AI",
        ("trunk.outbound", "trunk.site", "assistant.attach"),
        check=_outbound_platform,
    ),
)
