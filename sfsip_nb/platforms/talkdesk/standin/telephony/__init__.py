"""Talkdesk on the phone: its SBC, and the IVR and ring groups behind it."""

from .sbc import Sbc

__all__ = ["Sbc"]
