"""The Genesys Cloud guide: its sections, its steps, and the objects that they make."""

from __future__ import annotations

from functools import partial

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Guide, Resource
from sfsip_nb.platforms.genesys import (
    access,
    call_paths,
    call_routes,
    flows,
    numbers,
    routing,
    site,
    troubleshooting,
    trunk,
    verify,
)
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.lookup import LOOKS
from sfsip_nb.platforms.genesys.platform import genesys, origins, settings
from sfsip_nb.platforms.shared import probes, sections
from sfsip_nb.platforms.shared.lines import read
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow import section as synthflow

_TRUNK = synthflow.ContactCenterSide(
    platform="Genesys Cloud",
    termination_uri=trunk.fqdn,
    transfer_number=lambda ctx: ctx.parameters.synthflow.transfer.number,
    needs=("access.synthflow", "access.number", "trunk.inbound"),
    transfer_needs=("routing.transfer",),
)
_PLATFORM = probes.ProbedPlatform("Genesys Cloud", trunk.fqdn, 5060, True, verify.own_call)


def resources(ctx: Context) -> dict[str, Resource]:
    """Every kind of object that the guide changes, on both platforms."""
    client, chosen = genesys(ctx), settings(ctx).site
    made: tuple[Resource, ...] = (
        r.Trunk(client, partial(trunk.termination_key, ctx)),
        r.Route(client, chosen),
        numbers.NumberPlan(client, chosen),
        numbers.DidPool(client),
        call_routes.CallRoute(client),
        call_routes.Did(client),
    )
    return {resource.kind: resource for resource in made} | synthflow.resources(ctx)


GUIDE = Guide(
    name="genesys",
    title="SIP integration with Genesys Cloud",
    sections=sections.of("genesys", "Genesys Cloud"),
    steps=(
        *access.STEPS,
        *trunk.STEPS,
        *site.STEPS,
        *routing.STEPS,
        *synthflow.steps("03-synthflow-configuration", _TRUNK),
        *flows.STEPS,
        *verify.STEPS,
        *probes.steps(_PLATFORM),
        *troubleshooting.STEPS,
    ),
    resources=resources,
    lines=lambda: read("genesys"),
    origins=origins,
    flows=call_paths.FLOWS,
    looks=LOOKS,
    sip=endpoint.place,
)
