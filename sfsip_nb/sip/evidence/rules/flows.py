"""Which RTP stream belongs to which call, and to which side of it."""

from ...trace import Address
from ..calls import CallTrace
from ..sound import Stream

Assigned = dict[int, dict[str, list[Stream]]]
"""Streams by the `id` of their conversation and by the side that they go to."""


def assign(conversations: list[CallTrace], streams: list[Stream]) -> Assigned:
    """The streams of each conversation, by the side that they go to: `caller` and `callee`.

    A stream belongs to the conversation whose SDP names both of its ends, else to the one that
    names one end (behind a NAT the other is not the one of the SDP) and stood at that time. An
    address is used again by later calls; two legs may name the same ends.
    """
    found: Assigned = {id(talk): {"caller": [], "callee": []} for talk in conversations}
    ends = {id(talk): _ends(talk) for talk in conversations}
    for stream in streams:
        best: dict[int, list[tuple[int, str]]] = {}
        for talk in conversations:
            to, score = _fit(talk, ends[id(talk)], stream)
            if score:
                best.setdefault(score, []).append((id(talk), to))
        for key, to in best[max(best)] if best else ():
            found[key][to].append(stream)
    return found


def _ends(talk: CallTrace) -> dict[str, set[Address]]:
    ends: dict[str, set[Address]] = {"caller": set(), "callee": set()}
    for row in talk.rows:
        if row.sdp is not None and row.sdp.port:
            ends["caller" if talk.is_callers(row) else "callee"].add(row.sdp.remote)
    return ends


def _fit(talk: CallTrace, ends: dict[str, set[Address]], stream: Stream) -> tuple[str, int]:
    """The side that a stream goes to, and how well it fits; 0 for not at all."""
    after = (stream.first - talk.began).total_seconds()
    before = (stream.first - talk.ended).total_seconds()
    if after < -5 or before > 60:
        return "", 0
    at_the_time = int(after > -1 and before < 1)
    for to, other in (("caller", "callee"), ("callee", "caller")):
        if stream.destination in ends[to]:
            return to, 2 + 2 * (stream.source in ends[other]) + at_the_time
    for to, other in (("caller", "callee"), ("callee", "caller")):
        if stream.source in ends[other]:
            return to, 2 + at_the_time
    return "", 0
