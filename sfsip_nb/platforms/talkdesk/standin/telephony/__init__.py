"""Talkdesk on the phone: its SBC, and the IVR and ring groups behind it."""
