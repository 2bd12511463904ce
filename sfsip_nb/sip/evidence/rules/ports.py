"""RTP that goes where nobody listens: to another port than SDP says and RTP comes from."""

from collections.abc import Iterator
from datetime import timedelta

from ...addresses import is_private
from ...shown import counted, where
from ...trace import Address
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed
from ..sound import Stream
from .windows import Window

_ENOUGH = 25  # packets, half a second
_LASTING = 2.0  # seconds
_SETTLING = timedelta(seconds=1)  # until packets follow a new agreement


def missed(conversation: CallTrace, world: Observed, windows: list[Window]) -> Iterator[Finding]:
    """Streams to a host that named another port (RFC 3264 §5.1), and that are all there is.

    With ICE the ports are negotiated beside the SDP's own, and nothing is said.
    """
    if any(b"a=candidate:" in row.message.body for row in conversation.rows):
        return
    for to in OTHER:
        for window in windows:
            finding = _missed(conversation, world, window, to)
            if finding is not None:
                yield finding
                break


def _missed(conversation: CallTrace, world: Observed, window: Window, to: str) -> Finding | None:
    """What goes to a side while an agreement holds, against where it listens then."""
    settled = window.began + _SETTLING

    def during(streams: list[Stream], enough: int) -> list[Stream]:
        return [s for s in streams if s.between(settled, window.ended) >= enough]

    came, sent = conversation.media[to], conversation.media[OTHER[to]]
    found = during(came, _ENOUGH)
    # Where its own packets come from it takes some too: symmetric RTP (RFC 4961).
    own = {stream.source for stream in during(sent, 1) or sent}
    asked = window.by[to].remote
    listening = own | {asked} | _behind(conversation, window)
    if found and not any(stream.destination in listening for stream in found):
        return _elsewhere(world, window, to, found[0], own)
    for stream in found:
        if _refused(world, window, stream):
            return _closed(window, to, stream)
        if _inside(stream, own):
            return _private(window, to, stream, own)
    return None


def _inside(stream: Stream, own: set[Address]) -> bool:
    """Whether it goes from outside to a private address, and the listener is seen elsewhere."""
    target = stream.destination[0]
    outside = not any(is_private(host) for host, _ in {stream.source, *own})
    return is_private(target) and outside and bool(own)


def _private(window: Window, to: str, stream: Stream, own: set[Address]) -> Finding:
    return Finding.of(
        "fail",
        "media.path",
        f"The {OTHER[to]} ({where(stream.source)}) sends its audio to {where(stream.destination)}, "
        f"as the {to}'s SDP says: a private address that it cannot reach, while the {to}'s own "
        f"RTP comes from {_ends(own)}. The {to} hears nothing.",
        window.rows,
        "RFC 1918, RFC 4961",
        remedy=f"Let the {to}'s side put its public address into SDP, or let the {OTHER[to]}'s "
        "side send to where RTP comes from (symmetric RTP).",
    )


def _ends(own: set[Address]) -> str:
    return ", ".join(sorted(where(end) for end in own))


def _behind(conversation: CallTrace, window: Window) -> set[Address]:
    """Where audio goes at other hops, as behind a relay."""
    hop = {window.rows[0].entry.source[0], window.rows[0].entry.destination[0]}
    return {
        row.sdp.remote
        for row in conversation.rows
        if row.sdp and {row.entry.source[0], row.entry.destination[0]} != hop
    }


def _refused(world: Observed, window: Window, stream: Stream) -> bool:
    """Whether ICMP says for as long as seconds that a port is closed, and not of a call's end."""
    first, last = world.capture.closed.get((stream.source, stream.destination), (None, None))
    if first is None or last is None or (last - first).total_seconds() < _LASTING:
        return False
    return window.began <= first and last <= window.ended


def _closed(window: Window, to: str, stream: Stream) -> Finding:
    return Finding.of(
        "fail",
        "media.port",
        f"The {OTHER[to]} ({where(stream.source)}) sends its audio to {where(stream.destination)}, "
        f"as the {to}'s SDP says, but nobody listens there (ICMP: port unreachable), so the {to} "
        "hears nothing.",
        window.rows,
        "RFC 792, RFC 3264 §5.1",
        remedy=f"See at {stream.destination[0]} which port its media really opens: the SDP has to "
        "name that one (a container needs its ports published).",
    )


def _elsewhere(
    world: Observed, window: Window, to: str, stream: Stream, own: set[Address]
) -> Finding:
    asked = window.by[to].remote
    closed = world.refused(stream.source, stream.destination) == "icmp"
    comes = f"its own RTP comes from {_ends(own)}" if own else "it sends no RTP itself"
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
        window.rows,
        "RFC 3264 §5.1, RFC 4961",
    )
