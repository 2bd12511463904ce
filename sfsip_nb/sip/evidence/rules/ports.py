"""RTP that goes where nobody listens: to another port than SDP says and RTP comes from."""

from collections.abc import Iterator

from ...shown import counted, where
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed
from ..sound import Stream
from .windows import Window

_ENOUGH = 25  # packets, half a second
_LASTING = 2.0  # seconds


def missed(conversation: CallTrace, world: Observed, windows: list[Window]) -> Iterator[Finding]:
    """Streams to a host that named another port (RFC 3264 §5.1), and that are all there is.

    With ICE the ports are negotiated beside the SDP's own, and nothing is said.
    """
    if any(b"a=candidate:" in row.message.body for row in conversation.rows):
        return
    named = {row.sdp.remote for row in conversation.rows if row.sdp is not None}
    for to, found in conversation.media.items():
        asked = [window.by[to] for window in windows]
        # Where its own packets come from it takes some too: symmetric RTP (RFC 4961).
        own = {stream.source for stream in conversation.media[OTHER[to]]}
        listening = named | {side.remote for side in asked} | own
        during = [stream for stream in found if _packets(stream, windows) >= _ENOUGH]
        if during and not any(stream.destination in listening for stream in during):
            yield _missed(world, windows, to, during[0], own)
        elif refused := [stream for stream in during if _refused(world, windows, stream)]:
            yield _closed(windows, to, refused[0])


def _refused(world: Observed, windows: list[Window], stream: Stream) -> bool:
    """Whether ICMP says for as long as seconds that a port is closed, and not of a call's end."""
    first, last = world.capture.closed.get((stream.source, stream.destination), (None, None))
    if first is None or last is None or (last - first).total_seconds() < _LASTING:
        return False
    return any(window.began <= first and last <= window.ended for window in windows)


def _closed(windows: list[Window], to: str, stream: Stream) -> Finding:
    return Finding.of(
        "fail",
        "media.port",
        f"The {OTHER[to]} ({where(stream.source)}) sends its audio to {where(stream.destination)}, "
        f"as the {to}'s SDP says, but nobody listens there (ICMP: port unreachable), so the {to} "
        "hears nothing.",
        windows[-1].rows,
        "RFC 792, RFC 3264 §5.1",
        remedy=f"See at {stream.destination[0]} which port its media really opens: the SDP has to "
        "name that one (a container needs its ports published).",
    )


def _packets(stream: Stream, windows: list[Window]) -> int:
    return sum(stream.between(window.began, window.ended) for window in windows)


def _missed(
    world: Observed, windows: list[Window], to: str, stream: Stream, own: set[tuple[str, int]]
) -> Finding:
    asked = windows[-1].by[to].remote
    closed = world.refused(stream.source, stream.destination) == "icmp"
    heard = ", ".join(sorted(where(end) for end in own))
    comes = f"its own RTP comes from {heard}" if own else "it sends no RTP itself"
    certain = closed or asked[0] == stream.destination[0]
    what = "nobody listens there" + (" (ICMP: port unreachable)" if closed else "")
    what += f", so the {to} hears nothing"
    if not certain:
        what = f"the {to} hears that only if a NAT leads it on"
    return Finding.of(
        "fail" if certain else "inconclusive",
        "media.port",
        f"The {OTHER[to]} ({where(stream.source)}) sends its audio to {where(stream.destination)} "
        f"({counted(stream.packets, 'packet')}), but the {to}'s SDP says {where(asked)}, and "
        f"{comes}: {what}.",
        windows[-1].rows,
        "RFC 3264 §5.1, RFC 4961",
    )
