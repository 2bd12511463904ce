"""What Synthflow's stand-in breaks on purpose, and the troubleshooting row that each leads to."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault

# Titles of rows, as the vendors' documents have them
REGISTRATION = "Registration fails"
AUDIO = "One-way or no audio"
CALLER_ID = "Caller ID missing"
TRANSFER = "Transfer fails"
WRONG_ORG = "Wrong org / calls go nowhere"
REJECTED = "Calls rejected by Genesys"

# Its API
BAD_KEY = Fault("synthflow.bad-key", "the API key is refused")
NOT_ENTERPRISE = Fault(
    "synthflow.not-enterprise", "importing SIP numbers is not enabled for the workspace"
)
RATE_LIMIT = Fault(
    "synthflow.rate-limit", "every fifth API request is answered 429, without Retry-After"
)
ONE_NUMBER = Fault(
    "synthflow.one-number", "an inbound assistant takes one number only, a pool is refused"
)
OLD_ASSISTANT = Fault("synthflow.old-assistant", "the assistant is of a version before 2.0")

# Its calls
FIREWALL = Fault("synthflow.firewall", "SIP to Synthflow is lost in transit", REGISTRATION)
NOT_REGISTERED = Fault(
    "synthflow.not-registered", "attaching a number never takes effect", REGISTRATION
)
WRONG_PASSWORD = Fault(
    "synthflow.wrong-password", "Synthflow has a different SIP password", REGISTRATION
)
WRONG_CODEC = Fault("synthflow.wrong-codec", "Synthflow does not accept G.711", AUDIO)
RTP_BLACKHOLE = Fault("synthflow.rtp-blackhole", "audio sent by Synthflow is lost", AUDIO)
UNLISTED_ADDRESS = Fault(
    "synthflow.unlisted-address", "Synthflow's calls come from an unlisted address", REJECTED
)
BUSY = Fault("synthflow.busy", "Synthflow answers 486")
REFER_REFUSED = Fault("synthflow.refer-refused", "Synthflow never transfers a call", TRANSFER)
WRONG_TERMINATION = Fault(
    "synthflow.wrong-termination", "Synthflow calls another organization's FQDN", WRONG_ORG
)
NO_OPTIONS = Fault("synthflow.no-options", "Synthflow does not answer OPTIONS")
EXPIRED_CERTIFICATE = Fault(
    "synthflow.expired-certificate", "Synthflow's TLS certificate has expired", REGISTRATION
)
WRONG_CERTIFICATE_NAME = Fault(
    "synthflow.wrong-certificate-name", "Synthflow's TLS certificate names another host"
)

FAULTS = tuple(fault for fault in list(globals().values()) if isinstance(fault, Fault))
