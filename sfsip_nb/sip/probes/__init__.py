"""Probes: one question on the wire each, answered with a verdict and a sentence.

`pass` and `fail` rest on something heard; silence is `inconclusive`, because a firewall, an
allow list and a dead host all sound the same.
"""

from .calling import call
from .following import await_transfer
from .guarding import unlisted
from .listening import Listening
from .matrix import codecs
from .naming import dns
from .plan import CallPlan
from .roundtrip import headers
from .signaling import options, register
from .transferring import transfer
from .trust import tls

__all__ = [
    "CallPlan",
    "Listening",
    "await_transfer",
    "call",
    "codecs",
    "dns",
    "headers",
    "options",
    "register",
    "tls",
    "transfer",
    "unlisted",
]
