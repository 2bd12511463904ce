"""RTP from leg to leg, as a B2BUA forwards it."""

from collections.abc import Callable

from . import g711
from .packets import CLOCK, MODULUS, Rtp
from .rtp import Audio


class Relay:
    """Forwards payload both ways between two legs, as a B2BUA does; see `relay`."""

    def __init__(self, a: Audio, b: Audio) -> None:
        self._legs = (a, b)
        for source, target in ((a, b), (b, a)):
            source.forward = self._forwarder(source, target)

    @staticmethod
    def _forwarder(source: Audio, target: Audio) -> Callable[[Rtp], None]:
        offset: tuple[int, int, int] | None = None  # SSRC; sequence number and timestamp.

        def forward(packet: Rtp) -> None:
            nonlocal offset
            out = target.sender
            if out.pressing:  # Our own digits take the numbers; afterwards they go on from there.
                offset = None
                return
            if offset is None or offset[0] != packet.ssrc:
                # Numbers go on from the target's own; gaps stay gaps, so that loss is seen.
                offset = (
                    packet.ssrc,
                    out.sequence + 1 - packet.sequence,
                    out.next_timestamp() - packet.timestamp,
                )
            kind, payload = _carried(packet, source, target)
            out.send(
                (packet.sequence + offset[1]) % MODULUS,
                (packet.timestamp + offset[2]) % CLOCK,
                packet.marker,
                payload,
                kind,
            )

        return forward

    def close(self) -> None:
        """Each leg sends its own tone or silence again."""
        for leg in self._legs:
            leg.forward = None


def _carried(packet: Rtp, source: Audio, target: Audio) -> tuple[int, bytes]:
    """Payload type and payload of a packet on the other leg."""
    out = target.sender
    match source.receiver.kind(packet.payload_type):
        case "noise":
            return packet.payload_type, packet.payload
        case "event" if out.events is not None:
            return out.events, packet.payload
        case "event":  # A digit that the other side takes no events for is not heard there.
            return out.payload_type, g711.silence(target.codec, out.frame_samples)
        case _:
            return out.payload_type, g711.transcode(source.codec, target.codec, packet.payload)


def relay(a: Audio, b: Audio) -> Relay:
    """Join two legs: what one receives the other sends, transcoded where the laws differ."""
    return Relay(a, b)
