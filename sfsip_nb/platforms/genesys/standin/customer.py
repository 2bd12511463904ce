"""The testbed customer's Genesys Cloud organization before anybody runs a guide."""

from __future__ import annotations

from typing import Any

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.testbed.world import Json, World

from .template import METABASE, METABASE_NAME, complete

CARRIER = "carrier.acme-testbed.example:5060"
PERMISSIONS = (
    "telephony:plugin:all",
    "telephony:sites:view",
    "telephony:pcap:view",
    "telephony:callMetrics:view",
    "routing:callRoute:view",
    "routing:callRoute:add",
    "routing:callRoute:edit",
    "routing:callRoute:delete",
    "routing:queue:view",
    "architect:flow:view",
    "analytics:conversationDetail:view",
)
# Of the inbound FQDNs of BYOC trunks: on the legacy platform, and on Dynamic Cloud Voice
SUFFIXES = ("_byocSuffix", "_cloudVoiceSuffix")
_DEFAULT_PLANS: tuple[Json, ...] = (
    {"name": "Emergency", "matchType": "numberList", "numbers": [{"start": "911", "end": "911"}]},
    {
        "name": "Suicide Prevention",
        "matchType": "regex",
        "match": "^988$",
        "normalizedFormat": "+18002738255",
    },
    {
        "name": "Extension",
        "matchType": "digitLength",
        "digitLength": {"start": "4", "end": "6"},
    },
    {
        "name": "National",
        "matchType": "intraCountryCode",
        "digitLength": {"start": "7", "end": "10"},
    },
    {"name": "International", "matchType": "interCountryCode", "numbers": []},
    {
        "name": "Network",
        "matchType": "regex",
        "match": r"^([^@\:]+@)([^@ ]+)?$",
        "normalizedFormat": "sip:$1$2",
    },
)


def settle(world: World) -> None:
    """Fill `world` with the organization."""

    def new(**fields: Any) -> Json:
        at = world.iso()
        id_ = fields.pop("id", None) or world.new_id()
        made = {"dateCreated": at, "dateModified": at, "version": 1, "state": "active"}
        return {"id": id_, **made, **fields}

    managed = new(
        name="PureCloud Voice - AWS", managed=True, mediaModel="Cloud", mediaRegions=["us-west-2"]
    )
    main = new(
        id=genesys_samples.SITE_ID,
        name=genesys_samples.SITE,
        managed=False,
        mediaModel="Cloud",
        mediaRegions=["us-west-2"],
        mediaRegionsUseLatencyBased=True,
        description="",
        callerId="",
        callerName="",
    )
    carrier = new(
        name=genesys_samples.CARRIER_TRUNK,
        description="Made by hand",
        trunkType="EXTERNAL",
        trunkMetabase={"id": METABASE, "name": METABASE_NAME},
        managed=False,
        site={"id": main["id"]},
        inboundSite={"id": main["id"]},
        properties=complete(
            {},
            trunk_label=genesys_samples.CARRIER_TRUNK,
            trunk_transport_serverProxyList=[CARRIER],
            trunk_sip_termination_uri="acme-carrier",
            trunk_access_acl_allowList=["198.51.100.0/24"],
            trunk_outboundIdentity_callingAddress=samples.SUPPORT_DID,
            trunk_outboundIdentity_callingAddress_overrideMethod="Unassigned DID",
            trunk_calling_id_priority=["Source", "Trunk", "Site", "Extension"],
        ),
        _outboundTerminationFqdn="",
        _allowAll=False,
    )
    plans = [
        {"id": world.new_id(), **plan, "classification": plan["name"], "state": "active"}
        for plan in _DEFAULT_PLANS
    ]
    route = new(
        name="Default Outbound Route",
        description="",
        classificationTypes=["Emergency", "Suicide Prevention", "National", "International"],
        enabled=True,
        distribution="SEQUENTIAL",
        externalTrunkBases=[{"id": carrier["id"], "name": carrier["name"]}],
        managed=False,
        _siteId=main["id"],
    )
    low, high = samples.DID_POOL
    pool = new(
        startPhoneNumber=low,
        endPhoneNumber=high,
        description="Carrier numbers, made by hand",
        comments="",
        provider="PURE_CLOUD",
    )
    queue = new(
        name=genesys_samples.TRANSFER_QUEUE, description="", memberCount=3, joinedMemberCount=2
    )
    other_queue = new(name="Acme Sales", description="", memberCount=2, joinedMemberCount=1)

    def flow(name: str, kind: str = "inboundcall", published: bool = True, **drawn: Any) -> Json:
        version = {"publishedVersion": {"id": "1.0", "name": "1.0"}} if published else {}
        return new(
            name=name,
            type=kind,
            active=published,
            system=False,
            deleted=False,
            description="",
            **version,
            **({"_transferTo": "", "_queueId": ""} | drawn),
        )

    support = flow(genesys_samples.SUPPORT_FLOW, _queueId=queue["id"])
    flows = [
        support,
        flow(genesys_samples.INBOUND_FLOW),
        flow(genesys_samples.TRANSFER_FLOW, _queueId=queue["id"]),
        flow("Acme Draft", published=False),
        flow("Acme Outbound Dialer", "outboundcall"),
    ]
    ivr = new(
        name="Acme Support Line",
        description="Made by hand",
        dnis=[samples.SUPPORT_DID],
        openHoursFlow={"id": support["id"], "name": support["name"]},
    )
    org = {
        "id": genesys_samples.ORG_ID,
        "name": genesys_samples.ORG_NAME,
        "defaultLanguage": "en-US",
        "defaultCountryCode": "US",
        "thirdPartyOrgName": genesys_samples.ORG_SHORT_NAME,
        "domain": genesys_samples.ORG_SHORT_NAME,
        "defaultSiteId": main["id"],
        "state": "ACTIVE",
        "version": 1,
        "_byocSuffix": "byoc.usw2.pure.cloud",
        "_cloudVoiceSuffix": "byoc.usw2.genesys.cloud",
        "_carrierTrunkId": carrier["id"],
        # The guide's own example label: other organizations of the region have it already.
        "_identifiersElsewhere": ["synthflow", "synthflow-ai"],
    }
    client = {
        "id": genesys_samples.CLIENT_ID,
        "name": "Runbook client",
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "state": "active",
        "_permissions": list(PERMISSIONS),
    }
    world.systems["genesys"] = {
        "organization": _by_id(org),
        "clients": _by_id(client),
        "trunks": _by_id(carrier),
        "sites": _by_id(managed, main),
        "number_plans": {main["id"]: {"plans": plans}, managed["id"]: {"plans": []}},
        "outbound_routes": _by_id(route),
        "did_pools": _by_id(pool),
        "ivrs": _by_id(ivr),
        "flows": _by_id(*flows),
        "queues": _by_id(queue, other_queue),
    }


def _by_id(*objects: Json) -> dict[str, Json]:
    return {str(o["id"]): o for o in objects}


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
