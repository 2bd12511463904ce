"""Which way a call takes through a Genesys Cloud organization: pure functions over its settings.

The shapes are those that the public API returns. Whatever decides a call is here and nowhere else:
trunk and access list (`admit`), DID pool, call route and flow (`enter`), number plans, outbound
route and trunk (`onward`), caller ID (`caller_id`). Where the vendor's behavior is not known, the
stricter reading is taken and said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfsip_nb.platforms.genesys import dialplan
from sfsip_nb.sip import Transport
from sfsip_nb.testbed.telephony.admission import Refusal, listed
from sfsip_nb.testbed.telephony.legs import Object

NOT_REACHABLE = "error.ininedgecontrol.connection.dialplan.notReachable"
NO_LINES = "error.ininedgecontrol.connection.noAvailableLines"
CALLER_ORDER = ("Source", "Trunk", "Site", "Extension")


@dataclass(frozen=True)
class ArchitectFlow:
    """A published Architect flow, as far as a call cares: it goes to a queue or dials a number."""

    id: str
    name: str
    transfer_to: str = ""  # E.164
    queue_id: str = ""


@dataclass(frozen=True)
class Organization:
    """The settings of one organization that decide about calls."""

    suffix: str  # of inbound FQDNs, legacy BYOC platform
    cloud_voice_suffix: str  # the same for trunks on Dynamic Cloud Voice
    default_site: str
    trunks: Sequence[Object] = ()
    sites: Mapping[str, Object] = field(default_factory=dict)
    number_plans: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    outbound_routes: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    did_pools: Sequence[Object] = ()
    ivrs: Sequence[Object] = ()
    flows: Mapping[str, ArchitectFlow] = field(default_factory=dict)
    queues: Mapping[str, Object] = field(default_factory=dict)


@dataclass(frozen=True)
class InboundRoute:
    """An inbound number is owned by a call route, whose flow takes the call."""

    number: str
    ivr: Object
    flow: ArchitectFlow


@dataclass(frozen=True)
class Onward:
    """The number plans lead out of the platform over this trunk."""

    trunk: Object
    number: str  # normalized
    plan: str
    classification: str
    route: str
    site: str


def setting(trunk: Object, key: str) -> Any:
    """The value of a trunk property: what was set, else the template's default, else None."""
    value = trunk.get("properties", {}).get(key, {}).get("value", {})
    instance = value.get("instance")
    return value.get("default") if instance is None else instance


def in_service(trunk: Object) -> bool:
    """The trunk is enabled ("In-Service") and not deleted."""
    return trunk.get("state", "active") == "active" and setting(trunk, "trunk_enabled") is not False


def inbound_fqdn(org: Organization, trunk: Object) -> str:
    """The host name that calls to this trunk carry; empty without a termination identifier."""
    label = setting(trunk, "trunk_sip_termination_uri")
    modern = setting(trunk, "trunk_routing_outbound_higher_capacity")
    return f"{label}.{org.cloud_voice_suffix if modern else org.suffix}".lower() if label else ""


def trunk_of(org: Organization, host: str) -> Object | Refusal:
    """The trunk that the host of a Request-URI names ("wrong org / calls go nowhere" if none)."""
    for trunk in org.trunks:
        if inbound_fqdn(org, trunk) == host.lower():
            if in_service(trunk):
                return trunk
            return Refusal(503, "Service Unavailable", f"trunk {trunk['name']} is out of service")
    return Refusal(404, "Not Found", f"no trunk has the inbound identifier of {host}")


def admit(org: Organization, host: str, source: str) -> Object | Refusal:
    """The trunk for an INVITE to `host` from public address `source`, if its lists let it in.

    The deny list wins over the allow list (Genesys help, "SIP Access Control").
    """
    trunk = trunk_of(org, host)
    if isinstance(trunk, Refusal):
        return trunk
    allowed = setting(trunk, "trunk_access_acl_allowList")
    inside = trunk.get("_allowAll") or listed(source, allowed)
    if not inside or listed(source, setting(trunk, "trunk_access_acl_denyList")):
        who = source or "an address without public name"
        return Refusal(403, "Forbidden", f"{who} is not on the allow list of {trunk['name']}")
    return trunk


def pooled(pools: Sequence[Object], number: str) -> bool:
    """`number` (E.164) lies in one of the DID pools."""
    digits = number.removeprefix("+")
    if not digits.isdecimal():
        return False
    for pool in pools:
        low, high = (pool[key].lstrip("+") for key in ("startPhoneNumber", "endPhoneNumber"))
        if len(low) == len(digits) and int(low) <= int(digits) <= int(high):
            return True
    return False


def enter(org: Organization, trunk: Object, number: str) -> InboundRoute | Refusal | None:
    """Where a call to `number` goes that came in over `trunk`.

    The number is first normalized by the plans of the trunk's number plan site. None: it is no
    number of the organization, so that only the way out is left (`onward`).
    """
    plans = org.number_plans.get(number_plan_site(org, trunk), ())
    if not number.startswith("+") and (match := dialplan.classify(plans, number)):
        number = match.normalized
    if not pooled(org.did_pools, number):
        return None
    for ivr in org.ivrs:
        if number in ivr.get("dnis", ()):
            flow = org.flows.get(_reference(ivr, "openHoursFlow"))
            if flow is None:
                name = ivr["name"]
                return Refusal(480, "Temporarily Unavailable", f"{name} has no published flow")
            return InboundRoute(number, ivr, flow)
    return Refusal(404, "Not Found", f"{number} is in a DID pool, but no call route owns it")


def onward(org: Organization, site: str, number: str) -> Onward | Refusal:
    """The way out for `number` by the number plans and outbound routes of `site`."""
    name = org.sites.get(site, {}).get("name", site)
    match = dialplan.classify(org.number_plans.get(site, ()), number)
    if match is None:
        return _stuck(f"no number plan of site {name} matches {number}")
    found = f"number plan {match.plan_name}, classification {match.classification}"
    route = dialplan.outbound_route(org.outbound_routes.get(site, ()), match.classification)
    if route is None:
        return _stuck(
            f"{found}: no outbound route of site {name} was found matching the classification"
        )
    wanted = [reference["id"] for reference in route.get("externalTrunkBases") or ()]
    trunks = {str(trunk["id"]): trunk for trunk in org.trunks}
    for trunk in (trunks[id_] for id_ in wanted if id_ in trunks):
        if in_service(trunk) and proxies(trunk):
            return Onward(
                trunk, match.normalized, match.plan_name, match.classification, route["name"], site
            )
    return _stuck(f"route {route['name']} has no trunk in service with a SIP server", NO_LINES)


def known_caller(org: Organization, trunk: Object, caller: str) -> str:
    """The caller's number as the organization records it: normalized by the number plan site.

    A plan whose result names a missing capture group makes it "unknown", for all inbound calls.
    """
    match = dialplan.classify(org.number_plans.get(number_plan_site(org, trunk), ()), caller)
    return "unknown" if match and "unknown" in match.normalized else caller


def media_site(org: Organization, trunk: Object | None) -> str:
    """The site whose dial plan serves what leaves again: the trunk's media site, else default."""
    return (_reference(trunk, "site") if trunk else "") or org.default_site


def number_plan_site(org: Organization, trunk: Object) -> str:
    """The site whose number plans serve calls that came in over `trunk`.

    What Genesys does without one, which its API does not take, is not known: it has no plans
    (stricter reading).
    """
    return _reference(trunk, "inboundSite")


def proxies(trunk: Object) -> list[tuple[str, int]]:
    """SIP servers of a trunk as (host, port); without a port 5060, with TLS 5061."""
    default = 5061 if transport(trunk) == "tls" else 5060
    pairs = []
    for item in setting(trunk, "trunk_transport_serverProxyList") or ():
        host, _, port = str(item).partition(":")
        pairs.append((host, int(port) if port.isdecimal() else default))
    return pairs


def transport(trunk: Object) -> Transport:
    """The transport of calls that the platform sends."""
    variants: dict[str, Transport] = {"tcp": "tcp", "tls": "tls"}
    return variants.get(str(setting(trunk, "trunk_transport_protocolVariant")).lower(), "udp")


def codecs(trunk: Object) -> tuple[str, ...]:
    """G.711 codecs that the trunk offers, in order. Opus is left out: the testbed has none."""
    names = {"audio/pcmu": "PCMU", "audio/pcma": "PCMA"}
    return tuple(names[c] for c in setting(trunk, "trunk_media_codec") or () if c in names)


def encrypts(trunk: Object) -> bool:
    """The trunk has a cipher suite for SRTP, which a TLS trunk takes alone."""
    return bool(setting(trunk, "trunk_media_srtpCipherSuites"))


def dialed(trunk: Object, number: str) -> str:
    """The number as calls over the trunk name it."""
    omits = setting(trunk, "trunk_outboundIdentity_calledAddress_omitPlusPrefix")
    return number.removeprefix("+") if omits else number


def caller_id(trunk: Object, site: Object, source: str, name: str = "") -> tuple[str, str]:
    """(address, name) for the From of a call over `trunk`; ("", "") where none is known.

    "Prioritized Caller Selection" decides. Left empty it is read in the order in which Genesys
    lists its choices; the older override methods are taken to be superseded by it.
    """
    order = setting(trunk, "trunk_calling_id_priority") or CALLER_ORDER
    addresses = {
        "Source": (source, name),
        "Trunk": (
            str(setting(trunk, "trunk_outboundIdentity_callingAddress") or ""),
            str(setting(trunk, "trunk_outboundIdentity_callingName") or ""),
        ),
        "Site": (str(site.get("callerId") or ""), str(site.get("callerName") or "")),
    }
    for kind in order:
        address, shown = addresses.get(kind, ("", ""))
        if address:
            if setting(trunk, "trunk_outboundIdentity_callingAddress_omitPlusPrefix"):
                address = address.removeprefix("+")
            return address, shown
    return "", ""


def _stuck(reason: str, error: str = NOT_REACHABLE) -> Refusal:
    return Refusal(404, "Not Found", reason, error)


def _reference(of: Object, key: str) -> str:
    return str((of.get(key) or {}).get("id") or "")
