"""What the stand-in of Genesys Cloud breaks on purpose, and the row that each leads to."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.synthflow.faults import AUDIO, CALLER_ID, TRANSFER, WRONG_ORG

NO_ROUTE_FOUND = '"No route found" on outbound'

# Its API
BAD_CREDENTIALS = Fault("genesys.bad-credentials", "the token endpoint refuses the OAuth client")
TOKEN_RATE_LIMIT = Fault(
    "genesys.token-rate-limit", "the token endpoint answers 400: rate limit exceeded"
)
RATE_LIMIT = Fault("genesys.rate-limit", "every fifth API request is answered 429 with Retry-After")
UNAVAILABLE = Fault("genesys.unavailable", "every fifth API request is answered 503")
NO_BYOC = Fault("genesys.no-byoc", "the organization does not have BYOC")
NO_PERMISSION_TELEPHONY = Fault(
    "genesys.no-permission-telephony", "the client lacks telephony:plugin:all"
)
NO_PERMISSION_CALL_ROUTES = Fault(
    "genesys.no-permission-call-routes", "the client lacks routing:callRoute:*"
)
NO_PERMISSION_TRACES = Fault("genesys.no-permission-traces", "the client lacks telephony:pcap:view")
NO_PERMISSION_ANALYTICS = Fault(
    "genesys.no-permission-analytics", "the client lacks analytics:conversationDetail:view"
)
SLOW_VISIBILITY = Fault("genesys.slow-visibility", "a new object answers 404 for half a minute")
SECOND_OPERATOR = Fault(
    "genesys.second-operator", "somebody else saves a trunk or route between our read and write"
)
LATE_RECORDS = Fault("genesys.late-records", "analytics shows no conversation yet")
PASSWORD_HIDDEN = Fault("genesys.password-hidden", "reading a trunk does not return its password")
IDENTIFIER_TAKEN = Fault(
    "genesys.identifier-taken", "another organization has the identifier", WRONG_ORG
)

# Its calls
RTP_BLACKHOLE = Fault(
    "genesys.rtp-blackhole", "audio from the Genesys edge to Synthflow is lost", AUDIO
)
NO_ROUTE = Fault(
    "genesys.no-route", "the Genesys edge does not see the outbound routes", NO_ROUTE_FOUND
)
ANONYMOUS_CALLER = Fault(
    "genesys.anonymous-caller", "calls to Synthflow carry no caller number", CALLER_ID
)
TRUNK_DOWN = Fault("genesys.trunk-down", "external trunks are out of service", NO_ROUTE_FOUND)
REFER_REFUSED = Fault("genesys.refer-refused", "the Genesys edge answers REFER with 403", TRANSFER)
NO_AGENTS = Fault("genesys.no-agents", "nobody answers in the queue", TRANSFER)

FAULTS = tuple(fault for fault in list(globals().values()) if isinstance(fault, Fault))
