"""How sound is sampled: G.711 by its numbers, for whoever needs none of its sound."""

from collections.abc import Mapping
from typing import Final

RATE: Final = 8000
"""Samples a second."""

PAYLOAD_TYPES: Final[Mapping[str, int]] = {"PCMU": 0, "PCMA": 8}
"""Static RTP payload types (RFC 3551 §6)."""

COMFORT_NOISE: Final = 13
"""Static payload type of comfort noise (RFC 3389)."""

WINDOW: Final = 800
"""Samples that are listened to at once: 100 ms, 10 Hz wide."""
