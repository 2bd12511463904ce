"""Which RTP stream belongs to which call, and to which side of it."""

from collections.abc import Iterable

from ...trace import Address
from ..calls import OTHER, CallTrace
from ..sound import Stream


def assign(conversations: Iterable[CallTrace], streams: Iterable[Stream]) -> None:
    """Give each conversation its streams, by the side that they go to.

    A stream belongs to the conversation whose SDP names both of its ends, else to the one that
    names one end (behind a NAT the other is not the one of the SDP) and stood at that time. An
    address is used again by later calls; two legs may name the same ends.
    """
    ends = [(talk, _ends(talk)) for talk in conversations]
    for stream in streams:
        best: dict[int, list[list[Stream]]] = {}
        for talk, named in ends:
            to, score = _fit(talk, named, stream)
            if score:
                best.setdefault(score, []).append(talk.media[to])
        for found in best[max(best)] if best else ():
            found.append(stream)


def _ends(talk: CallTrace) -> dict[str, set[Address]]:
    ends: dict[str, set[Address]] = {side: set() for side in OTHER}
    for row in talk.rows:
        if row.sdp is not None and row.sdp.port:
            ends[talk.side(row)].add(row.sdp.remote)
    return ends


def _fit(talk: CallTrace, ends: dict[str, set[Address]], stream: Stream) -> tuple[str, int]:
    """The side that a stream goes to, and how well it fits; 0 for not at all."""
    after = (stream.first - talk.began).total_seconds()
    before = (stream.first - talk.ended).total_seconds()
    if after < -5 or before > 60:
        return "", 0
    at_the_time = int(after > -1 and before < 1)
    for to, other in OTHER.items():
        if stream.destination in ends[to]:
            return to, 2 + 2 * (stream.source in ends[other]) + at_the_time
    for to, other in OTHER.items():
        if stream.source in ends[other]:
            return to, 2 + at_the_time
    return "", 0
