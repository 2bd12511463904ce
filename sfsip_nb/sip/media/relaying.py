"""RTP from leg to leg, as a B2BUA forwards it."""

from collections.abc import Callable

from . import g711
from .packets import MODULUS
from .rtp import FRAME, Audio


class Relay:
    """Forwards payload both ways between two legs, as a B2BUA does; see `relay`."""

    def __init__(self, a: Audio, b: Audio) -> None:
        self._legs = (a, b)
        for source, target in ((a, b), (b, a)):
            source.forward = self._forwarder(source, target)

    @staticmethod
    def _forwarder(source: Audio, target: Audio) -> Callable[[int, int, bool, bytes], None]:
        offset: tuple[int, int] | None = None

        def forward(sequence: int, timestamp: int, marker: bool, payload: bytes) -> None:
            nonlocal offset
            if offset is None:
                # Numbers go on from the target's own; gaps stay gaps, so that loss is seen.
                own = target.position
                offset = own[0] + 1 - sequence, own[1] + FRAME - timestamp
            out = g711.transcode(source.codec, target.codec, payload)
            target.send(
                (sequence + offset[0]) % MODULUS,
                (timestamp + offset[1]) % (1 << 32),
                marker,
                out,
            )

        return forward

    def close(self) -> None:
        """Each leg sends its own tone or silence again."""
        for leg in self._legs:
            leg.forward = None


def relay(a: Audio, b: Audio) -> Relay:
    """Join two legs: what one receives the other sends, transcoded where the laws differ."""
    return Relay(a, b)
