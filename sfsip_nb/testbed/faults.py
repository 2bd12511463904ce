"""What the testbed can break on purpose, and what each breakage should be recognized as."""

from __future__ import annotations

from dataclasses import dataclass

REGISTRATION = "Registration fails"
NO_ROUTE = '"No route found" on outbound'
REJECTED = "Calls rejected by Genesys"
AUDIO = "One-way or no audio"
CALLER_ID = "Caller ID missing"
WRONG_ORG = "Wrong org / calls go nowhere"
TRANSFER = "Transfer fails"
NOT_REACHING = "Calls not reaching Synthflow"


@dataclass(frozen=True)
class Fault:
    """A named switch: what it breaks, and the troubleshooting row it should lead to ("" none)."""

    name: str
    effect: str
    row: str = ""


_ALL = (
    # Genesys Cloud, its API
    Fault("genesys.bad-credentials", "the token endpoint refuses the OAuth client"),
    Fault("genesys.token-rate-limit", "the token endpoint answers 400: rate limit exceeded"),
    Fault("genesys.rate-limit", "every fifth API request is answered 429 with Retry-After"),
    Fault("genesys.unavailable", "every fifth API request is answered 503"),
    Fault("genesys.no-byoc", "the organization does not have BYOC"),
    Fault("genesys.no-permission-telephony", "the client lacks telephony:plugin:all"),
    Fault("genesys.no-permission-call-routes", "the client lacks routing:callRoute:*"),
    Fault("genesys.no-permission-traces", "the client lacks telephony:pcap:view"),
    Fault("genesys.no-permission-analytics", "the client lacks analytics:conversationDetail:view"),
    Fault("genesys.slow-visibility", "a new object answers 404 for half a minute"),
    Fault(
        "genesys.second-operator", "somebody else saves a trunk or route between our read and write"
    ),
    Fault("genesys.late-records", "analytics shows no conversation yet"),
    Fault("genesys.password-hidden", "reading a trunk does not return its password"),
    Fault("genesys.identifier-taken", "another organization has the identifier", WRONG_ORG),
    # Genesys Cloud, its calls
    Fault("genesys.rtp-blackhole", "audio from the Genesys edge to Synthflow is lost", AUDIO),
    Fault("genesys.no-route", "the Genesys edge does not see the outbound routes", NO_ROUTE),
    Fault("genesys.anonymous-caller", "calls to Synthflow carry no caller number", CALLER_ID),
    Fault("genesys.trunk-down", "external trunks are out of service", NO_ROUTE),
    Fault("genesys.refer-refused", "the Genesys edge answers REFER with 403", TRANSFER),
    Fault("genesys.no-agents", "nobody answers in the queue", TRANSFER),
    # Synthflow, its API
    Fault("synthflow.bad-key", "the API key is refused"),
    Fault("synthflow.not-enterprise", "importing SIP numbers is not enabled for the workspace"),
    Fault("synthflow.rate-limit", "every fifth API request is answered 429, without Retry-After"),
    Fault("synthflow.old-assistant", "the assistant is of a version before 2.0"),
    # Synthflow, its calls
    Fault("synthflow.firewall", "SIP to Synthflow is lost in transit", REGISTRATION),
    Fault("synthflow.not-registered", "attaching a number never takes effect", REGISTRATION),
    Fault("synthflow.wrong-password", "Synthflow has a different SIP password", REGISTRATION),
    Fault("synthflow.wrong-codec", "Synthflow does not accept G.711", AUDIO),
    Fault("synthflow.rtp-blackhole", "audio sent by Synthflow is lost", AUDIO),
    Fault(
        "synthflow.unlisted-address", "Synthflow's calls come from an unlisted address", REJECTED
    ),
    Fault("synthflow.busy", "Synthflow answers 486"),
    Fault("synthflow.refer-refused", "Synthflow never transfers a call", TRANSFER),
    Fault("synthflow.wrong-termination", "Synthflow calls another organization's FQDN", WRONG_ORG),
    Fault("synthflow.no-options", "Synthflow does not answer OPTIONS"),
    Fault("synthflow.expired-certificate", "Synthflow's TLS certificate has expired", REGISTRATION),
    Fault("synthflow.wrong-certificate-name", "Synthflow's TLS certificate names another host"),
    # Talkdesk: slips of the person who carries the cards out
    Fault("talkdesk.slip-port", "the trunk is entered with port 5060", REGISTRATION),
    Fault(
        "talkdesk.slip-transport",
        "TLS is entered instead of UDP or TCP, or the reverse",
        REGISTRATION,
    ),
    Fault("talkdesk.slip-address", "the first allowed address is left out", REGISTRATION),
    Fault("talkdesk.slip-did", "the last digit of the destination is wrong", NOT_REACHING),
    Fault("talkdesk.slip-trunk", "no trunk is chosen in the transfer step", NOT_REACHING),
    Fault("talkdesk.slip-fallback", "the routing has no fallback"),
    # Talkdesk, its API
    Fault("talkdesk.rate-limit", "every fifth API request is answered 429 with Retry-After"),
    Fault("talkdesk.missing-scope", "the client is not granted queues:read"),
    Fault("talkdesk.report-stuck", "a report never finishes"),
    # Talkdesk, its calls
    Fault("talkdesk.no-ani", "calls to Synthflow carry no caller number", CALLER_ID),
    Fault("talkdesk.rtp-blackhole", "audio sent by Talkdesk to Synthflow is lost", AUDIO),
    Fault("talkdesk.no-agents", "nobody answers in the ring group", TRANSFER),
)
FAULTS = {fault.name: fault for fault in _ALL}
