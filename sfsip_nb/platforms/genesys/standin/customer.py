"""The testbed customer's Genesys Cloud organization before anybody runs a guide."""

from __future__ import annotations

from typing import Any

from sfsip_nb.platforms.genesys import samples
from sfsip_nb.testbed.customer import collections
from sfsip_nb.testbed.world import Json, World

from .template import METABASE, METABASE_NAME, complete


def settle(world: World) -> None:
    """Fill `world` with the organization."""
    own = collections(__package__, vars(samples))
    for trunk in own["trunks"].values():
        trunk["trunkMetabase"] = {"id": METABASE, "name": METABASE_NAME}
        trunk["properties"] = complete({}, **trunk["properties"])
    for id_, flow in own["flows"].items():
        own["flows"][id_] = _flow(**flow)
    for plan in own["number_plans"][samples.SITE_ID]["plans"]:
        plan |= {"id": world.new_id(), "classification": plan["name"], "state": "active"}
    at = world.iso()
    made = {"dateCreated": at, "dateModified": at, "version": 1, "state": "active"}
    for name in own.keys() - {"organization", "clients", "number_plans"}:
        own[name] = {id_: {"id": id_, **made, **thing} for id_, thing in own[name].items()}
    world.systems["genesys"] = own


def _flow(active: bool = True, **given: Any) -> Json:
    """A flow of Architect; one that is active is published."""
    version = {"publishedVersion": {"id": "1.0", "name": "1.0"}} if active else {}
    usual = {"type": "INBOUNDCALL", "system": False, "deleted": False, "description": ""}
    return {**usual, "active": active, **version, "_transferTo": "", "_queueId": "", **given}


def org(world: World) -> Json:
    """The organization itself."""
    return next(iter(world.systems["genesys"]["organization"].values()))


def carrier_trunk(world: World) -> Json:
    """The customer's own trunk to the telephone network."""
    return world.systems["genesys"]["trunks"][org(world)["_carrierTrunkId"]]


def plans(world: World, site_id: str) -> list[Json]:
    """Number plans of a site, in their order."""
    found: list[Json] = world.systems["genesys"]["number_plans"].get(site_id, {}).get("plans", [])
    return found


def routes(world: World, site_id: str) -> list[Json]:
    """Outbound routes of a site."""
    known = world.systems["genesys"]["outbound_routes"].values()
    return [route for route in known if route["_siteId"] == site_id]
