"""Audio of an answered call: both ways, with what was agreed, from addresses that can be reached.

Judged by windows: from one agreement (offer and answer, RFC 3264) to the next, or to the end.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ... import sdp
from ...addresses import is_private
from ...shown import counted, where
from ..calls import OTHER, CallTrace, TracedMessage
from ..finding import Finding, Observed, seconds
from ..sound import Stream

_ENOUGH = 25  # packets, half a second, that show that one direction works
_SHORTEST = 2.0  # seconds of a window that may be judged
_BAD_LOSS, _SOME_LOSS = 5.0, 1.0  # percent


@dataclass(frozen=True)
class Window:
    """An agreement while it held. `by`: the description by each side, caller and callee."""

    began: datetime
    ended: datetime
    by: dict[str, sdp.Sdp]
    rows: tuple[TracedMessage, TracedMessage]

    @property
    def seconds(self) -> float:
        """How long it held."""
        return (self.ended - self.began).total_seconds()


def judged(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """All that can be said about the audio of one answered call."""
    windows = list(_windows(conversation, world))
    if not windows or not world.streams:
        return
    streams = conversation.media
    for index, window in enumerate(windows):
        found = list(_ways(conversation, world, window, streams, first=index == 0))
        yield from found
        if found:
            break
    yield from _codecs(windows, streams)
    yield from _quality(streams)


def _windows(conversation: CallTrace, world: Observed) -> Iterator[Window]:
    """Offers with their answers, in order; a delayed offer stands in the 200 (RFC 3261 §13.2.1)."""
    byes = [t.first.at for t in conversation.of("BYE")]
    over = min([*byes, *([world.ended] if world.ended else [])])
    agreed: list[tuple[TracedMessage, TracedMessage]] = []
    hop: tuple[str, str] | None = None
    for transaction in conversation.of("INVITE", "UPDATE"):
        offers = [row for row in transaction.requests if row.sdp]
        answers = [row for row in transaction.responses if 200 <= row.code < 300 and row.sdp]
        acks = [row for row in transaction.acks if row.sdp]
        pair = (offers[:1] + answers[:1]) if offers else (answers[:1] + acks[:1])
        ends = sorted((transaction.client[0], transaction.server[0]))
        hop = hop or (ends[0], ends[1])
        # Hops behind the first carry the same agreement again, with other addresses.
        if len(pair) == 2 and (ends[0], ends[1]) == hop:
            agreed.append((pair[0], pair[1]))
    agreed.sort(key=lambda pair: pair[1].at)
    for index, (offer, answer) in enumerate(agreed):
        until = agreed[index + 1][1].at if index + 1 < len(agreed) else over
        assert offer.sdp is not None
        assert answer.sdp is not None
        side = conversation.side(offer)
        by = {side: offer.sdp, OTHER[side]: answer.sdp}
        yield Window(answer.at, max(until, answer.at), by, (offer, answer))


def _ways(
    conversation: CallTrace,
    world: Observed,
    window: Window,
    streams: dict[str, list[Stream]],
    first: bool,
) -> Iterator[Finding]:
    """Whether packets went each way, where the agreement allows both."""
    by = window.by.values()
    both = all(side.port and side.direction == "sendrecv" for side in by)
    if window.seconds < _SHORTEST or not both:
        return
    came = {
        to: sum(stream.between(window.began, window.ended) for stream in found)
        for to, found in streams.items()
    }
    if not any(came.values()):
        yield from _none(conversation, world, window, first)
        return
    for to, other in OTHER.items():
        if came[to] or came[other] < _ENOUGH or _reported(world, streams, to, window):
            continue
        yield _one_way(conversation, world, window, to, came[other], streams)


def _none(
    conversation: CallTrace, world: Observed, window: Window, first: bool
) -> Iterator[Finding]:
    hosts = {side.address for side in window.by.values()}
    # After a re-INVITE that names other hosts the audio goes directly, beside the capture point.
    beside = not first or not hosts & _hosts(conversation)
    if beside or moved(conversation):
        return
    seen = {end[0] for stream in world.streams for end in (stream.source, stream.destination)}
    if not hosts & seen:
        return  # the capture holds other calls' RTP, but from elsewhere
    ends = " and ".join(where(window.by[side].remote) for side in OTHER)
    private = "".join(_private(conversation, window, side) for side in OTHER)
    yield Finding.of(
        "fail",
        "media.path",
        f"No RTP went either way in {seconds(window.seconds)} of an answered call, between "
        f"{ends}{private}.",
        window.rows,
        "RFC 3264",
    )


def _one_way(
    conversation: CallTrace,
    world: Observed,
    window: Window,
    to: str,
    packets: int,
    streams: dict[str, list[Stream]],
) -> Finding:
    other = OTHER[to]
    listener, speaker = window.by[to], window.by[other]
    ends = {listener.address, speaker.address, *(stream.source[0] for stream in streams[other])}
    certain = bool(ends & _hosts(conversation)) and not moved(conversation)
    closed = any(
        how == "icmp" and port == listener.remote
        for (_, port), how in world.capture.refusals.items()
    )
    why = _private(conversation, window, to)
    if closed:
        why = f"; the {to}'s port {where(listener.remote)} is closed (ICMP)"
    doubt = "" if certain or closed else " The other direction may bypass the capture point."
    return Finding.of(
        "inconclusive" if doubt else "fail",
        "media.path",
        f"One-way audio: {counted(packets, 'RTP packet')} went to the {other}"
        f" ({where(speaker.remote)}) and none to the {to} ({where(listener.remote)}) in"
        f" {seconds(window.seconds)}: the {to} hears nothing{why}.{doubt}",
        window.rows,
        "RFC 3264",
    )


def _private(conversation: CallTrace, window: Window, side: str) -> str:
    """A private address in SDP, where the other side is outside that network."""
    own, far = window.by[side], window.by[OTHER[side]]
    hosts = {far.address, *_hosts(conversation)}
    if not is_private(own.address) or all(_inside(host) for host in hosts):
        return ""
    return (
        f"; the {side}'s SDP names the private address {own.address}, which the other side "
        "cannot reach"
    )


def _inside(host: str) -> bool:
    """Whether a host may well share a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return is_private(host) or address.is_loopback


def _hosts(conversation: CallTrace) -> set[str]:
    """Who exchanges the signaling."""
    entries = conversation.entries
    return {end[0] for entry in entries for end in (entry.source, entry.destination)}


def moved(conversation: CallTrace) -> bool:
    """Whether a re-INVITE moved the audio of a side to another host (direct media)."""
    seen: dict[tuple[str, str], set[str]] = {}
    for row in conversation.rows:
        if row.sdp is not None and row.sdp.port and row.sdp.address not in ("", "0.0.0.0", "::"):
            side = conversation.side(row), row.entry.source[0]
            seen.setdefault(side, set()).add(row.sdp.address)
    return any(len(addresses) > 1 for addresses in seen.values())


def _reported(world: Observed, streams: dict[str, list[Stream]], to: str, window: Window) -> bool:
    """Whether the listener reports by RTCP that it gets a stream that is not in the capture."""
    hosts = {window.by[to].address} | {stream.source[0] for stream in streams[OTHER[to]]}
    return any(
        reporter[0] in hosts and window.began <= at
        for reporter, at in world.capture.streams.reports.items()
    )


def _codecs(windows: list[Window], streams: dict[str, list[Stream]]) -> Iterator[Finding]:
    """A payload type that was not agreed (RFC 3264 §6.1, §7)."""
    answers = [window.rows[1].sdp for window in windows if window.rows[1].sdp]
    agreed = {name for answer in answers for name in answer.codecs}
    allowed = {n for answer in answers for n in _formats(answer)}
    for to, found in streams.items():
        for stream in found:
            kind = stream.main_payload_type
            names = [_name(window.by[to], kind) for window in windows]
            fits = any(name in agreed or (name == "" and kind in allowed) for name in names)
            if fits or stream.packets < _ENOUGH or not agreed:
                continue
            called = f" ({sdp.STATIC[kind]})" if kind in sdp.STATIC else ""
            yield Finding.of(
                "fail",
                "media.codec",
                f"The {OTHER[to]} sends payload type {kind}{called}, but what was answered "
                f"is {', '.join(sorted(agreed))}: the {to} hears noise or nothing.",
                windows[0].rows,
                "RFC 3264 §6.1",
            )
            return


def _name(hearer: sdp.Sdp, payload_type: int) -> str:
    """What a side calls a payload type in its description."""
    return next((name for name, n in hearer.payloads.items() if n == payload_type), "")


def _formats(answer: sdp.Sdp) -> set[int]:
    line = answer.media[answer.index] if answer.media else ""
    return {int(word) for word in line.split()[3:] if word.isdecimal() and len(word) < 4}


def _quality(streams: dict[str, list[Stream]]) -> Iterator[Finding]:
    """Loss by sequence numbers; pauses with comfort noise or with a later timestamp are none."""
    for to, found in streams.items():
        heard = [stream for stream in found if stream.packets >= 4 * _ENOUGH]
        worst = max(heard, key=lambda stream: stream.loss_percent, default=None)
        if worst is None or worst.loss_percent < _SOME_LOSS:
            continue
        report = worst.arrivals
        bad = report.loss_percent >= _BAD_LOSS
        yield Finding.of(
            "fail" if bad else "inconclusive",
            "media.quality",
            f"{report.loss_percent:.1f} % of the audio to the {to} is lost before the capture "
            f"point ({report.lost} of {counted(report.expected, 'packet')} from"
            f" {where(worst.source)}; MOS {report.mos():.1f}).",
            [],
            "RFC 3550 A.3, ITU-T G.107",
            advisory=not bad,
        )
