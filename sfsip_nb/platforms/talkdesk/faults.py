"""What Talkdesk's stand-in breaks on purpose, and what each should be recognized as."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.synthflow.faults import AUDIO, CALLER_ID, REGISTRATION, TRANSFER
from sfsip_nb.platforms.talkdesk import breaks

NOT_REACHING = "Calls not reaching Synthflow"

# Slips of the person who carries the cards out
SLIP_PORT = Fault(
    "talkdesk.slip-port",
    "the trunk is entered with port 5060",
    REGISTRATION,
    cause="talkdesk.trunk-port",
    breaks=breaks.port,
    unclear=("talkdesk",),
)
SLIP_TRANSPORT = Fault(
    "talkdesk.slip-transport",
    "TLS is entered instead of UDP or TCP, or the reverse",
    REGISTRATION,
    cause="talkdesk.trunk-transport",
    breaks=breaks.transport,
    unclear=("talkdesk",),
)
SLIP_HOST = Fault(
    "talkdesk.slip-host",
    "the trunk is entered with Synthflow's host of another region",
    REGISTRATION,
    cause="talkdesk.trunk-host",
    breaks=breaks.host,
    unclear=("talkdesk",),
)
SLIP_ADDRESS = Fault(
    "talkdesk.slip-address",
    "the address that Synthflow's calls come from is left out of the allowed ones",
    REGISTRATION,
    cause="talkdesk.acl-missing",
    breaks=breaks.address,
)
SLIP_USER = Fault(
    "talkdesk.slip-user",
    "the trunk is entered with another SIP user name",
    REGISTRATION,
    cause="talkdesk.login",
    breaks=breaks.user,
    unclear=("talkdesk",),
)
SLIP_DID = Fault(
    "talkdesk.slip-did",
    "the last digit of the destination is wrong",
    NOT_REACHING,
    cause="talkdesk.destination",
    breaks=breaks.destination,
)
SLIP_TRUNK = Fault(
    "talkdesk.slip-trunk",
    "no trunk is chosen in the transfer step",
    NOT_REACHING,
    cause="talkdesk.flow-trunk",
    breaks=breaks.transfer(trunk=""),
)
SLIP_FALLBACK = Fault(
    "talkdesk.slip-fallback",
    "the routing has no fallback",
    cause="talkdesk.fallback",
    breaks=breaks.transfer(fallback=""),
    unclear=("talkdesk",),
)
SLIP_TIMEOUT = Fault(
    "talkdesk.slip-timeout",
    "the timeout before the fallback is 1 second",
    NOT_REACHING,
    cause="talkdesk.timeout",
    breaks=breaks.transfer(timeout_seconds=1),
)
SLIP_QUEUE = Fault(
    "talkdesk.slip-queue",
    "the number of the live agents rings another ring group",
    TRANSFER,
    cause="talkdesk.ring-group",
    breaks=breaks.other_ring_group,
)
SLIP_NUMBER = Fault(
    "talkdesk.slip-number",
    "the number of the live agents rings no ring group",
    TRANSFER,
    cause="talkdesk.group-number",
    breaks=breaks.no_ring_group,
    unclear=("talkdesk",),
)

# Calls
TRUNK_INACTIVE = Fault(
    "talkdesk.trunk-inactive", "the trunk is not active", cause="talkdesk.trunk-inactive"
)
CODEC = Fault("talkdesk.codec", "Talkdesk does not offer G.711", AUDIO, cause="talkdesk.codec")
LEADING_PLUS = Fault(
    "talkdesk.leading-plus",
    "numbers are sent to Synthflow without their plus sign",
    NOT_REACHING,
    cause="talkdesk.leading-plus",
    unclear=("talkdesk",),
)
PRIVATE_MEDIA = Fault(
    "talkdesk.private-media",
    "Talkdesk tells Synthflow a private address for audio",
    AUDIO,
    cause="talkdesk.private-media",
    unclear=("talkdesk",),
)
CALL_LIMIT = Fault(
    "talkdesk.call-limit",
    "other calls use up all that the trunk may have at a time",
    cause="talkdesk.call-limit",
    unclear=("talkdesk",),
)
NO_ANI = Fault(
    "talkdesk.no-ani",
    "calls to Synthflow carry no caller number",
    CALLER_ID,
    cause="talkdesk.caller-hidden",
)
RTP_BLACKHOLE = Fault(
    "talkdesk.rtp-blackhole",
    "audio sent by Talkdesk to Synthflow is lost",
    AUDIO,
    cause="network.audio-to-ai",
)
NO_AGENTS = Fault(
    "talkdesk.no-agents",
    "nobody answers in the ring group",
    TRANSFER,
    cause="talkdesk.no-agents",
    unclear=("talkdesk",),
)

# What the account may do
BAD_CREDENTIALS = Fault(
    "talkdesk.bad-credentials",
    "the token endpoint refuses the OAuth client",
    cause="talkdesk.oauth-client",
    account=True,
)
MISSING_SCOPE = Fault(
    "talkdesk.missing-scope",
    "the client is not granted queues:read",
    cause="talkdesk.scope",
    account=True,
)

# Conditions
RATE_LIMIT = Fault(
    "talkdesk.rate-limit", "every fifth API request is answered 429 with Retry-After"
)
REPORT_STUCK = Fault("talkdesk.report-stuck", "a report never finishes")

FAULTS = tuple(fault for fault in list(globals().values()) if isinstance(fault, Fault))
