"""The wire: SIP, RTP, DNS and TLS, as a user agent and as probes."""

from typing import TYPE_CHECKING

from sfsip_nb.sip.face import face

if TYPE_CHECKING:
    from . import loop, probes
    from .agent import UserAgent
    from .b2bua import bridge
    from .call import Call
    from .deadman import Switch
    from .digest import Credentials
    from .dns import MapResolver, NextHop, ResolveError, Resolver
    from .evidence import ladder, pcap
    from .guard import DigestGuard
    from .incoming import IncomingCall
    from .locating import DnsResolver
    from .media.recordings import Recording
    from .media.relaying import Relay, relay
    from .media.rtp import Audio
    from .media.speech import Speech, SpeechMeter
    from .media.tones import Tone
    from .media.turns import Answering, answering
    from .media.voice import Spoken
    from .outgoing import OutgoingCall
    from .probes.reach import ProbeResult
    from .refer import Referral
    from .serving import Incoming
    from .trace import Address, Trace, TraceEntry, Transport

__all__ = [
    "Address",
    "Answering",
    "Audio",
    "Call",
    "Credentials",
    "DigestGuard",
    "DnsResolver",
    "Incoming",
    "IncomingCall",
    "MapResolver",
    "NextHop",
    "OutgoingCall",
    "ProbeResult",
    "Recording",
    "Referral",
    "Relay",
    "ResolveError",
    "Resolver",
    "Speech",
    "SpeechMeter",
    "Spoken",
    "Switch",
    "Tone",
    "Trace",
    "TraceEntry",
    "Transport",
    "UserAgent",
    "answering",
    "bridge",
    "ladder",
    "loop",
    "pcap",
    "probes",
    "relay",
]

__getattr__ = face(  # a notebook names calls and resolvers long before it dials
    __name__,
    {
        "Address": "trace",
        "Answering": "media.turns",
        "Audio": "media.rtp",
        "Call": "call",
        "Credentials": "digest",
        "DigestGuard": "guard",
        "DnsResolver": "locating",
        "Incoming": "serving",
        "IncomingCall": "incoming",
        "MapResolver": "dns",
        "NextHop": "dns",
        "OutgoingCall": "outgoing",
        "ProbeResult": "probes.reach",
        "Recording": "media.recordings",
        "Referral": "refer",
        "Relay": "media.relaying",
        "ResolveError": "dns",
        "Resolver": "dns",
        "Speech": "media.speech",
        "SpeechMeter": "media.speech",
        "Spoken": "media.voice",
        "Switch": "deadman",
        "Tone": "media.tones",
        "Trace": "trace",
        "TraceEntry": "trace",
        "Transport": "trace",
        "UserAgent": "agent",
        "answering": "media.turns",
        "bridge": "b2bua",
        "ladder": "evidence",
        "loop": "",
        "pcap": "evidence",
        "probes": "",
        "relay": "media.relaying",
    },
)
