"""Telephony of the testbed: real SIP and RTP on loopback, decided by what the world holds."""

from .service import Telephony

__all__ = ["Telephony"]
