"""Sound as a WAV file, for ears as evidence."""

import io
import wave
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from . import g711
from .g711 import Samples
from .packets import CLOCK, MediaPacket, is_control, parse
from .sampling import PAYLOAD_TYPES, RATE

LONGEST_S: Final = 120.0
"""Seconds of sound in a file at most: 2 MB."""

_JUMP = 2 * RATE
"""A timestamp that leaps further than this from the clock on the wall began anew."""


def sound_of(packets: Iterable[MediaPacket], codecs: Mapping[int, str]) -> Samples:
    """The sound of one direction's packets, 8 kHz 16-bit; silence where some are missing.

    Packets are placed by their RTP timestamps, so late and reordered ones stand where they
    belong; after a new SSRC, or a leap of the timestamps, by their time of arrival. `codecs` names
    dynamic payload types beside the static ones. What is neither G.711 nor within `LONGEST_S`
    of the first packet is left out.
    """
    known = {**{number: name for name, number in PAYLOAD_TYPES.items()}, **codecs}
    limit = int(LONGEST_S * RATE)
    sound = np.zeros(limit, np.int16)
    length = 0
    began: float | None = None
    anchor: tuple[int, int, int] | None = None  # SSRC, timestamp, and the place of that.
    for packet in packets:
        rtp = None if is_control(packet.data) else parse(packet.data)
        if rtp is None or (codec := known.get(rtp.payload_type)) is None or not rtp.payload:
            continue
        at = packet.at.timestamp()
        began = at if began is None else began
        here = int((at - began) * RATE)
        if anchor is None or anchor[0] != rtp.ssrc:
            place = here
        else:
            place = anchor[2] + (rtp.timestamp - anchor[1] + CLOCK // 2) % CLOCK - CLOCK // 2
            if abs(place - here) > _JUMP:
                place = here
        anchor = rtp.ssrc, rtp.timestamp, place
        end = min(limit, place + len(rtp.payload))
        if 0 <= place < end:
            sound[place:end] = g711.decode(codec, rtp.payload)[: end - place]
            length = max(length, end)
    return sound[:length]


def render(packets: Iterable[MediaPacket], codecs: Mapping[int, str]) -> bytes:
    """That sound as a mono WAV file, which has none where no sound came."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound_of(packets, codecs).astype("<i2").tobytes())
    return file.getvalue()
