"""What somebody's hand may have set up wrongly in Genesys Cloud, and what shows it (`breaks`)."""

from __future__ import annotations

from sfsip_nb.inputs import samples as shared
from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.genesys import breaks, samples
from sfsip_nb.platforms.synthflow.faults import (
    AUDIO,
    CALLER_ID,
    REGISTRATION,
    REJECTED,
    TRANSFER,
    WRONG_ORG,
)

NO_ROUTE_FOUND = '"No route found" on outbound'

SET_UP = (
    # The trunk
    Fault(
        "genesys.trunk-disabled",
        "the trunk's state is not In-Service",
        NO_ROUTE_FOUND,
        cause="genesys.trunk-state",
        breaks=breaks.fixed("trunk_enabled", False),
    ),
    Fault(
        "genesys.trunk-transport",
        "the trunk's protocol is TCP instead of UDP, or UDP instead of another",
        cause="genesys.trunk-protocol",
        breaks=breaks.transport,
    ),
    Fault(
        "genesys.identifier-changed",
        "the trunk's inbound SIP termination identifier is another one",
        WRONG_ORG,
        cause="genesys.identifier",
        breaks=breaks.renamed("trunk_sip_termination_uri"),
    ),
    Fault(
        "genesys.no-inbound-site",
        "the trunk has no number plan site",
        cause="genesys.number-plan-site",
        breaks=breaks.trunk(inboundSite=None),
    ),
    Fault(
        "genesys.proxy-port",
        "the trunk's SIP server has port 5060",
        REGISTRATION,
        cause="genesys.sip-server",
        breaks=breaks.proxy_port,
    ),
    Fault(
        "genesys.proxy-host",
        "the trunk's SIP server is Synthflow's of another region",
        REGISTRATION,
        cause="genesys.sip-server",
        breaks=breaks.proxy_host,
    ),
    Fault(
        "genesys.digest-off",
        "the trunk has no digest credentials",
        REGISTRATION,
        cause="genesys.digest-off",
        breaks=breaks.digest_off,
    ),
    Fault(
        "genesys.realm",
        "the trunk's digest realm is Synthflow's of another region",
        REGISTRATION,
        cause="genesys.realm",
        breaks=breaks.realm,
    ),
    Fault(
        "genesys.user-name",
        "the trunk has another digest user name",
        REGISTRATION,
        cause="genesys.user-name",
        breaks=breaks.user_name,
    ),
    Fault(
        "genesys.password",
        "the trunk has another digest password, which no API shows",
        REGISTRATION,
        cause="genesys.password",
        breaks=breaks.password,
    ),
    Fault(
        "genesys.no-caller-address",
        "the trunk has no caller address",
        CALLER_ID,
        cause="genesys.caller-address",
        breaks=breaks.fixed("trunk_outboundIdentity_callingAddress", ""),
    ),
    Fault(
        "genesys.caller-name",
        "the trunk shows another caller name",
        CALLER_ID,
        cause="genesys.caller-name",
        breaks=breaks.fixed("trunk_outboundIdentity_callingName", "Somebody Else"),
    ),
    Fault(
        "genesys.allow-all",
        "“Allow All” is on: anybody may send calls into the organization",
        cause="genesys.acl-open",
        breaks=breaks.trunk(_allowAll=True),
    ),
    Fault(
        "genesys.acl-missing",
        "the address that Synthflow's calls come from is not on the allow list",
        REJECTED,
        cause="genesys.acl-missing",
        breaks=breaks.acl_missing,
    ),
    Fault(
        "genesys.acl-stale",
        "the allow list has an address that is not Synthflow's",
        REJECTED,
        cause="genesys.acl-stale",
        breaks=breaks.acl_stale,
    ),
    Fault(
        "genesys.codec",
        "the trunk's codecs are without G.711",
        AUDIO,
        cause="genesys.codec",
        breaks=breaks.fixed("trunk_media_codec", ["audio/opus"]),
    ),
    Fault(
        "genesys.srtp-off",
        "the trunk has no SRTP cipher suite, though it is a TLS trunk",
        AUDIO,
        cause="genesys.srtp",
        breaks=breaks.fixed("trunk_media_srtpCipherSuites", []),
    ),
    Fault(
        "genesys.leading-plus",
        "the trunk omits the plus sign of called numbers",
        cause="genesys.leading-plus",
        breaks=breaks.fixed("trunk_outboundIdentity_calledAddress_omitPlusPrefix", True),
    ),
    # The site's number plans and outbound routes
    Fault(
        "genesys.route-without-trunk",
        "the outbound route leads to no trunk",
        NO_ROUTE_FOUND,
        cause="genesys.site-route",
        breaks=breaks.route(externalTrunkBases=[]),
    ),
    Fault(
        "genesys.route-disabled",
        "the outbound route is disabled",
        NO_ROUTE_FOUND,
        cause="genesys.site-route",
        breaks=breaks.route(enabled=False),
    ),
    Fault(
        "genesys.plan-missing",
        "the number plan of the AI's numbers is deleted",
        NO_ROUTE_FOUND,
        cause="genesys.number-plan",
        breaks=breaks.plan_missing,
    ),
    Fault(
        "genesys.plan-order",
        "another number plan stands before the one of the AI's numbers, and takes them",
        NO_ROUTE_FOUND,
        cause="genesys.plan-order",
        breaks=breaks.plan_last,
    ),
    Fault(
        "genesys.plan-classification",
        "the number plan has the classification of another outbound route",
        NO_ROUTE_FOUND,
        cause="genesys.plan-classification",
        breaks=breaks.plan_classification,
    ),
    Fault(
        "genesys.plan-without-group",
        "a number plan takes callers' numbers, and its result names a group that it has not",
        CALLER_ID,
        cause="genesys.plan-capture-group",
        breaks=breaks.plan_without_group,
    ),
    # Numbers, call routes and flows
    Fault(
        "genesys.pool-missing",
        "the AI's numbers are in no DID pool, and so on no call route",
        cause="genesys.did-pool",
        breaks=breaks.pool_missing,
    ),
    Fault(
        "genesys.did-unassigned",
        "the AI's numbers are on no call route",
        cause="genesys.call-route-none",
        breaks=breaks.unassigned("callers"),
    ),
    Fault(
        "genesys.did-elsewhere",
        "the AI's numbers are on another call route",
        cause="genesys.call-route-other",
        breaks=breaks.assigned_elsewhere,
    ),
    Fault(
        "genesys.wrong-flow",
        "the call route opens another flow",
        cause="genesys.call-route-flow",
        breaks=breaks.opens_other_flow("callers"),
    ),
    Fault(
        "genesys.flow-unpublished",
        "the flow that takes the callers is not published",
        cause="genesys.flow-unpublished",
        breaks=breaks.unpublished(samples.INBOUND_FLOW),
    ),
    Fault(
        "genesys.flow-elsewhere",
        "the flow transfers callers to another number, which no API shows",
        cause="genesys.flow-target",
        breaks=breaks.leads_to_number(samples.INBOUND_FLOW, shared.SUPPORT_DID),
    ),
    Fault(
        "genesys.transfer-unrouted",
        "the transfer number is on no call route",
        TRANSFER,
        cause="genesys.transfer-route",
        breaks=breaks.unassigned("transfers"),
    ),
    Fault(
        "genesys.transfer-wrong-flow",
        "the transfer number's call route opens another flow",
        TRANSFER,
        cause="genesys.transfer-flow",
        breaks=breaks.opens_other_flow("transfers"),
    ),
    Fault(
        "genesys.transfer-flow-unpublished",
        "the flow that takes transferred callers is not published",
        TRANSFER,
        cause="genesys.transfer-flow-unpublished",
        breaks=breaks.unpublished(samples.TRANSFER_FLOW),
    ),
    Fault(
        "genesys.transfer-wrong-queue",
        "the flow sends transferred callers to another queue, which no API shows",
        TRANSFER,
        cause="genesys.transfer-queue",
        breaks=breaks.leads_to_other_queue(samples.TRANSFER_FLOW),
    ),
)
