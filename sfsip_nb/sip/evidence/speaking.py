"""How the agents in a capture answered: its RTP is read again, for the speech in it.

The agent is whoever was called. Nothing is told of what cannot be read: another codec than G.711,
or SRTP, unless it was written decrypted, as our own captures are.
"""

from collections.abc import Mapping
from itertools import islice
from typing import BinaryIO, Final

from ..media import packets
from ..media.sampling import COMFORT_NOISE
from ..media.speech import SpeechMeter
from ..media.turns import answering
from ..trace import Address
from .answers import CAPTURED, Facts, facts, unknown
from .callmedia import CallMedia
from .capture import MAX_PACKETS
from .layers import LINKS, Layers, Piece
from .pcap import TAG
from .records import records
from .sound import Stream

MOST: Final = 200
"""Calls of a capture that are measured."""

_Key = tuple[Address, Address, int]


def measured(file: BinaryIO, calls: Mapping[int, CallMedia]) -> dict[int, Facts]:
    """Read a capture again, for the speech in its calls, by their number. Raises `NotACapture`."""
    read = _Sounds()
    for call in islice(calls.values(), MOST):
        for to in call.to:
            for stream in call.chosen(to):
                read.meters[_key(stream)] = SpeechMeter(), call
    if read.meters:
        read.all(file)
    told: dict[int, Facts] = {}
    for place, (number, call) in enumerate(calls.items()):
        why = call.why_not if place < MOST else f"Only the first {MOST} calls are measured."
        told[number] = unknown(why, CAPTURED) if why else read.told(call)
    return told


def _key(stream: Stream) -> _Key:
    return stream.source, stream.destination, stream.arrivals.ssrc or 0


class _Sounds:
    """The streams that are wanted, and the speech in them."""

    def __init__(self) -> None:
        self.meters: dict[_Key, tuple[SpeechMeter, CallMedia]] = {}
        self._sealed: set[_Key] = set()

    def all(self, file: BinaryIO) -> None:
        layers = Layers()
        for record in islice(records(file), MAX_PACKETS):
            piece = layers.piece(record) if record.link in LINKS else None
            if piece is not None and piece.kind == "udp" and not packets.is_control(piece.data):
                self._take(piece)
        for meter, _ in self.meters.values():
            meter.close()

    def _take(self, piece: Piece) -> None:
        rtp = packets.parse(piece.data)
        key = piece.source, piece.destination, rtp.ssrc if rtp else 0
        if rtp is None or key not in self.meters:
            return
        meter, call = self.meters[key]
        if call.secure:
            if not rtp.payload.endswith(TAG):
                self._sealed.add(key)
                return
            rtp = rtp._replace(payload=rtp.payload[: -len(TAG)])
        codec = call.codecs.get(rtp.payload_type, "")
        if rtp.payload and (codec or rtp.payload_type == COMFORT_NOISE):
            meter.take(codec, rtp, piece.at.timestamp())
        else:
            meter.skip(rtp)

    def told(self, call: CallMedia) -> Facts:
        keys = {to: [_key(stream) for stream in call.chosen(to)] for to in call.to}
        if any(key in self._sealed for found in keys.values() for key in found):
            why = "Its sound is encrypted (SRTP), so how it answered cannot be measured."
            return unknown(why, CAPTURED)
        speech = {
            to: sorted(
                (one for key in found for one in self.meters[key][0].speech()),
                key=lambda one: one.start,
            )
            if found
            else None
            for to, found in keys.items()
        }
        answered, ended = call.answered.timestamp(), call.ended.timestamp()
        return facts(answering(answered, ended, speech["callee"], speech["caller"]), CAPTURED)
