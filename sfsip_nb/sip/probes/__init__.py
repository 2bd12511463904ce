"""Probes: one question on the wire each, answered with a verdict and a sentence.

`pass` and `fail` rest on something heard; silence is `inconclusive`, because a firewall, an
allow list and a dead host all sound the same.
"""

from typing import TYPE_CHECKING

from sfsip_nb.sip.face import face

if TYPE_CHECKING:
    from . import guarding, isolating, placing
    from .calling import call
    from .clients import TlsClient
    from .following import await_transfer
    from .guarding import unlisted
    from .listening import Listening
    from .matrix import codecs
    from .naming import dns
    from .plan import CallPlan
    from .roundtrip import NONCE_HEADER, headers
    from .signaling import options, register
    from .tlsprobe import connectable
    from .transferring import transfer
    from .trust import EXPIRES_SOON_DAYS, tls

__all__ = [
    "EXPIRES_SOON_DAYS",
    "NONCE_HEADER",
    "CallPlan",
    "Listening",
    "TlsClient",
    "await_transfer",
    "call",
    "codecs",
    "connectable",
    "dns",
    "guarding",
    "headers",
    "isolating",
    "options",
    "placing",
    "register",
    "tls",
    "transfer",
    "unlisted",
]

__getattr__ = face(
    __name__,
    {
        "CallPlan": "plan",
        "EXPIRES_SOON_DAYS": "trust",
        "Listening": "listening",
        "NONCE_HEADER": "roundtrip",
        "TlsClient": "clients",
        "await_transfer": "following",
        "call": "calling",
        "codecs": "matrix",
        "connectable": "tlsprobe",
        "dns": "naming",
        "guarding": "",
        "headers": "roundtrip",
        "isolating": "",
        "options": "signaling",
        "placing": "",
        "register": "signaling",
        "tls": "trust",
        "transfer": "transferring",
        "unlisted": "guarding",
    },
)
