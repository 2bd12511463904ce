"""What the stand-in of Genesys Cloud breaks on purpose, and what each should be recognized as."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.genesys.set_up_faults import NO_ROUTE_FOUND, SET_UP
from sfsip_nb.platforms.synthflow.faults import AUDIO, CALLER_ID, REGISTRATION, TRANSFER, WRONG_ORG

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

FAULTS = (*SET_UP, *(fault for fault in list(globals().values()) if isinstance(fault, Fault)))
