"""What Synthflow's stand-in breaks on purpose, and what each should be recognized as."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.synthflow import breaks
from sfsip_nb.platforms.synthflow.lines import LINES

# Titles of rows, as the vendors' documents have them
REGISTRATION = "Registration fails"
AUDIO = "One-way or no audio"
CALLER_ID = "Caller ID missing"
TRANSFER = "Transfer fails"
WRONG_ORG = "Wrong org / calls go nowhere"
REJECTED = "Calls rejected by Genesys"

# Numbers
NUMBER_GONE = Fault(
    "synthflow.number-gone",
    "the number is not imported",
    REGISTRATION,
    cause="synthflow.number-missing",
    breaks=breaks.number_gone,
)
TERMINATION_CHANGED = Fault(
    "synthflow.termination-changed",
    "the number's termination URI is another one",
    WRONG_ORG,
    cause="synthflow.termination-uri",
    breaks=breaks.termination_changed,
)
PROXY_SET = Fault(
    "synthflow.proxy-set",
    "the number has an outbound proxy, which overrides its termination URI",
    WRONG_ORG,
    cause="synthflow.outbound-proxy",
    breaks=breaks.proxy_set,
    unclear=(
        "genesys",
        "talkdesk",
    ),
)
REGISTERS = Fault(
    "synthflow.registers",
    "the number registers at the contact center, which takes no registrations",
    REGISTRATION,
    cause="synthflow.registers",
    breaks=breaks.registers,
    unclear=(
        "genesys",
        "talkdesk",
    ),
)
USER_NAME = Fault(
    "synthflow.user-name",
    "the number has another SIP user name",
    REGISTRATION,
    cause="synthflow.login",
    breaks=breaks.user_name,
)

# The assistant and its transfer
DETACHED = Fault(
    "synthflow.detached",
    "no assistant has the number",
    REGISTRATION,
    cause="synthflow.assistant-none",
    breaks=breaks.detached,
    unclear=(
        "genesys",
        "talkdesk",
    ),
)
TWO_ASSISTANTS = Fault(
    "synthflow.two-assistants",
    "a second inbound assistant has the number too, and answers it",
    cause="synthflow.assistant-two",
    breaks=breaks.two_assistants,
    unclear=(
        "genesys",
        "talkdesk",
    ),
)
OTHER_ASSISTANT = Fault(
    "synthflow.other-assistant",
    "another inbound assistant has the number",
    cause="synthflow.assistant-other",
    breaks=breaks.other_assistant,
)
ACTION_TARGET = Fault(
    "synthflow.action-target",
    "the transfer rings its number at another address",
    TRANSFER,
    cause="synthflow.transfer-target",
    breaks=breaks.action_target,
)
ACTION_DETACHED = Fault(
    "synthflow.action-detached",
    "the assistant may not use the transfer",
    TRANSFER,
    cause="synthflow.transfer-unattached",
    breaks=breaks.action_detached,
)
ACTION_MODE = Fault(
    "synthflow.action-mode",
    "the transfer is made in another mode",
    TRANSFER,
    cause="synthflow.transfer-mode",
    breaks=breaks.action_mode,
    unclear=(
        "genesys",
        "talkdesk",
    ),
)

# Calls
FIREWALL = Fault(
    "synthflow.firewall",
    "SIP to Synthflow is lost in transit",
    REGISTRATION,
    cause="network.sip-to-ai",
)
NOT_REGISTERED = Fault(
    "synthflow.not-registered",
    "attaching a number never takes effect",
    REGISTRATION,
    cause="synthflow.not-registered",
)
WRONG_PASSWORD = Fault(
    "synthflow.wrong-password",
    "Synthflow has a different SIP password",
    REGISTRATION,
    cause="synthflow.login",
)
OTHER_REALM = Fault(
    "synthflow.other-realm",
    "Synthflow asks for credentials of another realm",
    REGISTRATION,
    cause="synthflow.realm",
    unclear=("talkdesk",),
)
WRONG_CODEC = Fault(
    "synthflow.wrong-codec",
    "Synthflow does not accept G.711",
    AUDIO,
    cause="synthflow.codec",
)
RTP_BLACKHOLE = Fault(
    "synthflow.rtp-blackhole",
    "audio sent by Synthflow is lost",
    AUDIO,
    cause="network.audio-from-ai",
)
UNLISTED_ADDRESS = Fault(
    "synthflow.unlisted-address",
    "Synthflow's calls come from an unlisted address",
    REJECTED,
    cause="synthflow.unlisted-address",
    unclear=("talkdesk",),
)
BUSY = Fault("synthflow.busy", "Synthflow answers 486", cause="synthflow.busy")
RINGS_FOREVER = Fault(
    "synthflow.rings-forever",
    "Synthflow rings and never answers",
    cause="synthflow.never-answers",
)
CALL_LIMIT = Fault(
    "synthflow.call-limit",
    "Synthflow answers 503: the workspace has as many calls as it may",
    cause="synthflow.call-limit",
)
PRIVATE_MEDIA = Fault(
    "synthflow.private-media",
    "Synthflow tells the contact center a private address for audio",
    AUDIO,
    cause="synthflow.private-media",
)
IGNORES_ROUTE_SET = Fault(
    "synthflow.ignores-route-set",
    "Synthflow transfers and hangs up past the servers that want to stay on the path",
    TRANSFER,
    cause="synthflow.route-set",
)
HEADER_STRIPPED = Fault(
    "synthflow.header-stripped",
    "Synthflow loses the X- headers of a call",
    cause="synthflow.custom-headers",
)
SILENT_AGENT = Fault(
    "synthflow.silent-agent", "the AI agent says nothing", AUDIO, cause="agent.silent"
)
DEAF_AGENT = Fault(
    "synthflow.deaf-agent",
    "the AI agent understands nothing that is said",
    AUDIO,
    cause="agent.deaf",
)
HANGS_UP = Fault("synthflow.hangs-up", "the AI agent hangs up at once", cause="agent.hangs-up")
REFER_REFUSED = Fault(
    "synthflow.refer-refused",
    "Synthflow never transfers a call",
    TRANSFER,
    cause="synthflow.no-transfer",
)
WRONG_TERMINATION = Fault(
    "synthflow.wrong-termination",
    "Synthflow calls another organization's FQDN, no matter what its API shows",
    WRONG_ORG,
    cause="synthflow.termination-other",
)
EXPIRED_CERTIFICATE = Fault(
    "synthflow.expired-certificate",
    "Synthflow's TLS certificate has expired",
    REGISTRATION,
    cause="synthflow.certificate-expired",
)
WRONG_CERTIFICATE_NAME = Fault(
    "synthflow.wrong-certificate-name",
    "Synthflow's TLS certificate names another host",
    REGISTRATION,
    cause="synthflow.certificate-name",
)

OLD_TLS = Fault(
    "synthflow.old-tls",
    "Synthflow speaks no TLS newer than 1.1",
    REGISTRATION,
    cause="synthflow.tls-version",
)

# What this machine sees
NO_NAME = Fault(
    "synthflow.no-name",
    "this machine's name servers have no address for Synthflow's host",
    REGISTRATION,
    cause="network.name",
    unclear=("genesys", "talkdesk"),
)

# What the account may do
BAD_KEY = Fault(
    "synthflow.bad-key", "the API key is refused", cause="synthflow.api-key", account=True
)
NOT_ENTERPRISE = Fault(
    "synthflow.not-enterprise",
    "importing SIP numbers is not enabled for the workspace",
    cause="synthflow.plan",
    account=True,
)
ONE_NUMBER = Fault(
    "synthflow.one-number",
    "an inbound assistant takes one number only, a pool is refused",
    cause="synthflow.one-number",
    account=True,
)
OLD_ASSISTANT = Fault(
    "synthflow.old-assistant",
    "the assistant is of a version before 2.0",
    cause="synthflow.assistant-version",
    account=True,
)

# Conditions
RATE_LIMIT = Fault(
    "synthflow.rate-limit", "every fifth API request is answered 429, without Retry-After"
)
NO_OPTIONS = Fault("synthflow.no-options", "Synthflow does not answer OPTIONS")

# How the AI agent answers
_HEARD = "every verdict of the guide: the agent is heard all the same"
NO_GREETING = Fault(
    "synthflow.no-greeting", "the AI agent waits for the caller to speak first", leaves=_HEARD
)
LATE_GREETING = Fault(
    "synthflow.late-greeting", "the AI agent greets 3 seconds after its answer", leaves=_HEARD
)
CUT_GREETING = Fault(
    "synthflow.cut-greeting",
    "the first 400 ms of the AI agent's greeting are never sent",
    leaves=_HEARD,
)
SLOW_REPLIES = Fault(
    "synthflow.slow-replies", "the AI agent takes 3 seconds to reply", leaves=_HEARD
)
TALKS_ON = Fault(
    "synthflow.talks-on", "the AI agent does not stop when it is interrupted", leaves=_HEARD
)

FAULTS = (*(fault for fault in list(globals().values()) if isinstance(fault, Fault)), *LINES)
