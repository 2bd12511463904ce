"""The wire: SIP, RTP, DNS and TLS, as a user agent and as probes."""

from . import ladder, loop, pcap, probes
from .agent import UserAgent
from .b2bua import bridge
from .call import Call
from .digest import Credentials, Guard, Login
from .dns import DnsResolver, Hop, MapResolver, ResolveError, Resolver
from .messages import Incoming
from .reach import ProbeResult
from .refer import Referral, ReferResult
from .relaying import Relay, relay
from .rtp import Audio
from .tones import Tone
from .trace import Address, Trace, TraceEntry, Transport

__all__ = [
    "Address",
    "Audio",
    "Call",
    "Credentials",
    "DnsResolver",
    "Guard",
    "Hop",
    "Incoming",
    "Login",
    "MapResolver",
    "ProbeResult",
    "ReferResult",
    "Referral",
    "Relay",
    "ResolveError",
    "Resolver",
    "Tone",
    "Trace",
    "TraceEntry",
    "Transport",
    "UserAgent",
    "bridge",
    "ladder",
    "loop",
    "pcap",
    "probes",
    "relay",
]
