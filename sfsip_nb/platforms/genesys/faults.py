"""What the stand-in of Genesys Cloud breaks on purpose, and what each should be recognized as."""

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

# The trunk
TRUNK_DISABLED = Fault(
    "genesys.trunk-disabled",
    "the trunk's state is not In-Service",
    NO_ROUTE_FOUND,
    cause="genesys.trunk-state",
    breaks=breaks.fixed("trunk_enabled", False),
)
TRUNK_TRANSPORT = Fault(
    "genesys.trunk-transport",
    "the trunk's protocol is TCP instead of UDP, or UDP instead of another",
    cause="genesys.trunk-protocol",
    breaks=breaks.transport,
)
IDENTIFIER_CHANGED = Fault(
    "genesys.identifier-changed",
    "the trunk's inbound SIP termination identifier is another one",
    WRONG_ORG,
    cause="genesys.identifier",
    breaks=breaks.renamed("trunk_sip_termination_uri"),
)
NO_INBOUND_SITE = Fault(
    "genesys.no-inbound-site",
    "the trunk has no number plan site",
    cause="genesys.number-plan-site",
    breaks=breaks.trunk(inboundSite=None),
)
PROXY_PORT = Fault(
    "genesys.proxy-port",
    "the trunk's SIP server has port 5060",
    REGISTRATION,
    cause="genesys.sip-server",
    breaks=breaks.proxy_port,
)
PROXY_HOST = Fault(
    "genesys.proxy-host",
    "the trunk's SIP server is Synthflow's of another region",
    REGISTRATION,
    cause="genesys.sip-server",
    breaks=breaks.proxy_host,
)
DIGEST_OFF = Fault(
    "genesys.digest-off",
    "the trunk has no digest credentials",
    REGISTRATION,
    cause="genesys.digest-off",
    breaks=breaks.digest_off,
)
REALM = Fault(
    "genesys.realm",
    "the trunk's digest realm is Synthflow's of another region",
    REGISTRATION,
    cause="genesys.realm",
    breaks=breaks.realm,
)
USER_NAME = Fault(
    "genesys.user-name",
    "the trunk has another digest user name",
    REGISTRATION,
    cause="genesys.user-name",
    breaks=breaks.user_name,
)
PASSWORD = Fault(
    "genesys.password",
    "the trunk has another digest password, which no API shows",
    REGISTRATION,
    cause="genesys.password",
    breaks=breaks.password,
)
NO_CALLER_ADDRESS = Fault(
    "genesys.no-caller-address",
    "the trunk has no caller address",
    CALLER_ID,
    cause="genesys.caller-address",
    breaks=breaks.fixed("trunk_outboundIdentity_callingAddress", ""),
)
WRONG_CALLER_NAME = Fault(
    "genesys.caller-name",
    "the trunk shows another caller name",
    CALLER_ID,
    cause="genesys.caller-name",
    breaks=breaks.fixed("trunk_outboundIdentity_callingName", "Somebody Else"),
)
ALLOW_ALL = Fault(
    "genesys.allow-all",
    "“Allow All” is on: anybody may send calls into the organization",
    cause="genesys.acl-open",
    breaks=breaks.trunk(_allowAll=True),
)
ACL_MISSING = Fault(
    "genesys.acl-missing",
    "the address that Synthflow's calls come from is not on the allow list",
    REJECTED,
    cause="genesys.acl-missing",
    breaks=breaks.acl_missing,
)
ACL_STALE = Fault(
    "genesys.acl-stale",
    "the allow list has an address that is not Synthflow's",
    REJECTED,
    cause="genesys.acl-stale",
    breaks=breaks.acl_stale,
)
CODEC = Fault(
    "genesys.codec",
    "the trunk's codecs are without G.711",
    AUDIO,
    cause="genesys.codec",
    breaks=breaks.fixed("trunk_media_codec", ["audio/opus"]),
)
SRTP_OFF = Fault(
    "genesys.srtp-off",
    "the trunk has no SRTP cipher suite, though it is a TLS trunk",
    AUDIO,
    cause="genesys.srtp",
    breaks=breaks.fixed("trunk_media_srtpCipherSuites", []),
)

LEADING_PLUS = Fault(
    "genesys.leading-plus",
    "the trunk omits the plus sign of called numbers",
    cause="genesys.leading-plus",
    breaks=breaks.fixed("trunk_outboundIdentity_calledAddress_omitPlusPrefix", True),
)

# The site's number plans and outbound routes
ROUTE_WITHOUT_TRUNK = Fault(
    "genesys.route-without-trunk",
    "the outbound route leads to no trunk",
    NO_ROUTE_FOUND,
    cause="genesys.site-route",
    breaks=breaks.route(externalTrunkBases=[]),
)
ROUTE_DISABLED = Fault(
    "genesys.route-disabled",
    "the outbound route is disabled",
    NO_ROUTE_FOUND,
    cause="genesys.site-route",
    breaks=breaks.route(enabled=False),
)
PLAN_MISSING = Fault(
    "genesys.plan-missing",
    "the number plan of the AI's numbers is deleted",
    NO_ROUTE_FOUND,
    cause="genesys.number-plan",
    breaks=breaks.plan_missing,
)
PLAN_ORDER = Fault(
    "genesys.plan-order",
    "another number plan stands before the one of the AI's numbers, and takes them",
    NO_ROUTE_FOUND,
    cause="genesys.plan-order",
    breaks=breaks.plan_last,
)
PLAN_CLASSIFICATION = Fault(
    "genesys.plan-classification",
    "the number plan has the classification of another outbound route",
    NO_ROUTE_FOUND,
    cause="genesys.plan-classification",
    breaks=breaks.plan_classification,
)
PLAN_WITHOUT_GROUP = Fault(
    "genesys.plan-without-group",
    "a number plan takes callers' numbers, and its result names a group that it has not",
    CALLER_ID,
    cause="genesys.plan-capture-group",
    breaks=breaks.plan_without_group,
)

# Numbers, call routes and flows
POOL_MISSING = Fault(
    "genesys.pool-missing",
    "the AI's numbers are in no DID pool, and so on no call route",
    cause="genesys.did-pool",
    breaks=breaks.pool_missing,
)
DID_UNASSIGNED = Fault(
    "genesys.did-unassigned",
    "the AI's numbers are on no call route",
    cause="genesys.call-route-none",
    breaks=breaks.unassigned("callers"),
)
DID_ELSEWHERE = Fault(
    "genesys.did-elsewhere",
    "the AI's numbers are on another call route",
    cause="genesys.call-route-other",
    breaks=breaks.assigned_elsewhere,
)
WRONG_FLOW = Fault(
    "genesys.wrong-flow",
    "the call route opens another flow",
    cause="genesys.call-route-flow",
    breaks=breaks.opens_other_flow("callers"),
)
FLOW_UNPUBLISHED = Fault(
    "genesys.flow-unpublished",
    "the flow that takes the callers is not published",
    cause="genesys.flow-unpublished",
    breaks=breaks.unpublished(samples.INBOUND_FLOW),
)
FLOW_ELSEWHERE = Fault(
    "genesys.flow-elsewhere",
    "the flow transfers callers to another number, which no API shows",
    cause="genesys.flow-target",
    breaks=breaks.leads_to_number(samples.INBOUND_FLOW, shared.SUPPORT_DID),
)
TRANSFER_UNROUTED = Fault(
    "genesys.transfer-unrouted",
    "the transfer number is on no call route",
    TRANSFER,
    cause="genesys.transfer-route",
    breaks=breaks.unassigned("transfers"),
)
TRANSFER_WRONG_FLOW = Fault(
    "genesys.transfer-wrong-flow",
    "the transfer number's call route opens another flow",
    TRANSFER,
    cause="genesys.transfer-flow",
    breaks=breaks.opens_other_flow("transfers"),
)
TRANSFER_FLOW_UNPUBLISHED = Fault(
    "genesys.transfer-flow-unpublished",
    "the flow that takes transferred callers is not published",
    TRANSFER,
    cause="genesys.transfer-flow-unpublished",
    breaks=breaks.unpublished(samples.TRANSFER_FLOW),
)
TRANSFER_WRONG_QUEUE = Fault(
    "genesys.transfer-wrong-queue",
    "the flow sends transferred callers to another queue, which no API shows",
    TRANSFER,
    cause="genesys.transfer-queue",
    breaks=breaks.leads_to_other_queue(samples.TRANSFER_FLOW),
)

# Calls
TRUNK_DOWN = Fault(
    "genesys.trunk-down",
    "external trunks are enabled, and out of service",
    NO_ROUTE_FOUND,
    cause="genesys.trunk-service",
)
NO_ROUTE = Fault(
    "genesys.no-route",
    "the Genesys edge does not see the outbound routes",
    NO_ROUTE_FOUND,
    cause="genesys.edge-routes",
)
LINE_LIMIT = Fault(
    "genesys.line-limit",
    "other calls take all lines of the trunk",
    NO_ROUTE_FOUND,
    cause="genesys.trunk-limit",
)
DIGEST_URI = Fault(
    "genesys.digest-uri",
    "Genesys's answer to the challenge names the called address without its port",
    REGISTRATION,
    cause="genesys.digest-uri",
)
PRIVATE_MEDIA = Fault(
    "genesys.private-media",
    "Genesys tells Synthflow a private address for audio",
    AUDIO,
    cause="genesys.private-media",
)
IGNORES_ROUTE_SET = Fault(
    "genesys.ignores-route-set",
    "Genesys hangs up past the servers of Synthflow that want to stay on the path",
    cause="genesys.route-set",
)
RTP_BLACKHOLE = Fault(
    "genesys.rtp-blackhole",
    "audio from the Genesys edge to Synthflow is lost",
    AUDIO,
    cause="network.audio-to-ai",
)
ANONYMOUS_CALLER = Fault(
    "genesys.anonymous-caller",
    "calls to Synthflow carry no caller number",
    CALLER_ID,
    cause="genesys.caller-hidden",
)
REFER_REFUSED = Fault(
    "genesys.refer-refused",
    "the Genesys edge answers REFER with 403",
    TRANSFER,
    cause="genesys.refer-refused",
)
NO_AGENTS = Fault(
    "genesys.no-agents", "nobody answers in the queue", TRANSFER, cause="genesys.no-agents"
)

# What the account may do
BAD_CREDENTIALS = Fault(
    "genesys.bad-credentials",
    "the token endpoint refuses the OAuth client",
    cause="genesys.oauth-client",
    account=True,
)
NO_BYOC = Fault(
    "genesys.no-byoc", "the organization does not have BYOC", cause="genesys.byoc", account=True
)
NO_PERMISSION_TELEPHONY = Fault(
    "genesys.no-permission-telephony",
    "the client lacks telephony:plugin:all",
    cause="genesys.permission",
    account=True,
)
NO_PERMISSION_CALL_ROUTES = Fault(
    "genesys.no-permission-call-routes",
    "the client lacks routing:callRoute:*",
    cause="genesys.permission",
    account=True,
)
NO_PERMISSION_TRACES = Fault(
    "genesys.no-permission-traces",
    "the client lacks telephony:pcap:view",
    cause="genesys.permission",
    account=True,
)
NO_PERMISSION_ANALYTICS = Fault(
    "genesys.no-permission-analytics",
    "the client lacks analytics:conversationDetail:view",
    cause="genesys.permission",
    account=True,
)
IDENTIFIER_TAKEN = Fault(
    "genesys.identifier-taken",
    "another organization has the identifier",
    WRONG_ORG,
    cause="genesys.identifier-taken",
    account=True,
)

# Conditions
TOKEN_RATE_LIMIT = Fault(
    "genesys.token-rate-limit", "the token endpoint answers 400: rate limit exceeded"
)
RATE_LIMIT = Fault("genesys.rate-limit", "every fifth API request is answered 429 with Retry-After")
UNAVAILABLE = Fault("genesys.unavailable", "every fifth API request is answered 503")
SLOW_VISIBILITY = Fault("genesys.slow-visibility", "a new object answers 404 for half a minute")
SECOND_OPERATOR = Fault(
    "genesys.second-operator", "somebody else saves a trunk or route between our read and write"
)
LATE_RECORDS = Fault("genesys.late-records", "analytics shows no conversation yet")
PASSWORD_HIDDEN = Fault("genesys.password-hidden", "reading a trunk does not return its password")

FAULTS = tuple(fault for fault in list(globals().values()) if isinstance(fault, Fault))
