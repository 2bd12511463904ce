"""Probes: one question on the wire each, answered with a verdict and a sentence.

`pass` and `fail` rest on something heard; silence is `inconclusive`, because a firewall, an
allow list and a dead host all sound the same.
"""

from .calling import call
from .naming import dns
from .signalling import options, register
from .trust import tls

__all__ = ["call", "dns", "options", "register", "tls"]
