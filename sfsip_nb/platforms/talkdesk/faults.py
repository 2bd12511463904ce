"""What Talkdesk's stand-in breaks on purpose, and the troubleshooting row that each leads to."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.synthflow.faults import AUDIO, CALLER_ID, REGISTRATION, TRANSFER

NOT_REACHING = "Calls not reaching Synthflow"

# Slips of the person who carries the cards out
SLIP_PORT = Fault("talkdesk.slip-port", "the trunk is entered with port 5060", REGISTRATION)
SLIP_TRANSPORT = Fault(
    "talkdesk.slip-transport", "TLS is entered instead of UDP or TCP, or the reverse", REGISTRATION
)
SLIP_ADDRESS = Fault("talkdesk.slip-address", "the first allowed address is left out", REGISTRATION)
SLIP_DID = Fault("talkdesk.slip-did", "the last digit of the destination is wrong", NOT_REACHING)
SLIP_TRUNK = Fault("talkdesk.slip-trunk", "no trunk is chosen in the transfer step", NOT_REACHING)
SLIP_FALLBACK = Fault("talkdesk.slip-fallback", "the routing has no fallback")

# Its API
RATE_LIMIT = Fault(
    "talkdesk.rate-limit", "every fifth API request is answered 429 with Retry-After"
)
MISSING_SCOPE = Fault("talkdesk.missing-scope", "the client is not granted queues:read")
REPORT_STUCK = Fault("talkdesk.report-stuck", "a report never finishes")

# Its calls
NO_ANI = Fault("talkdesk.no-ani", "calls to Synthflow carry no caller number", CALLER_ID)
RTP_BLACKHOLE = Fault(
    "talkdesk.rtp-blackhole", "audio sent by Talkdesk to Synthflow is lost", AUDIO
)
NO_AGENTS = Fault("talkdesk.no-agents", "nobody answers in the ring group", TRANSFER)

FAULTS = tuple(fault for fault in list(globals().values()) if isinstance(fault, Fault))
