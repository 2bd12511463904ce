"""The world's Genesys settings as routing sees them, with the faults that change the settings."""

from __future__ import annotations

from sfsip_nb.platforms.genesys import faults
from sfsip_nb.testbed.telephony.legs import Object
from sfsip_nb.testbed.world import World

from .. import customer
from .routing import ArchitectFlow, Organization


def organization(world: World) -> Organization:
    """What decides about a call that comes in now."""
    down = world.fault(faults.TRUNK_DOWN)
    blind = world.fault(faults.NO_ROUTE)
    genesys, org = world.systems["genesys"], customer.org(world)
    carrier = customer.carrier_trunk(world)
    return Organization(
        suffix=org["_byocSuffix"],
        cloud_voice_suffix=org["_cloudVoiceSuffix"],
        default_site=str(org["defaultSiteId"]),
        trunks=[
            {**trunk, "state": "inactive"} if down and trunk is not carrier else trunk
            for trunk in genesys["trunks"].values()
        ],
        sites=genesys["sites"],
        number_plans={site: customer.plans(world, site) for site in genesys["sites"]},
        outbound_routes={
            site: [] if blind else customer.routes(world, site) for site in genesys["sites"]
        },
        did_pools=list(genesys["did_pools"].values()),
        ivrs=list(genesys["ivrs"].values()),
        flows={id_: _flow(f) for id_, f in genesys["flows"].items() if f.get("publishedVersion")},
        queues=genesys["queues"],
    )


def _flow(flow: Object) -> ArchitectFlow:
    transfer_to, queue_id = (str(flow.get(key) or "") for key in ("_transferTo", "_queueId"))
    return ArchitectFlow(str(flow["id"]), str(flow["name"]), transfer_to, queue_id)
