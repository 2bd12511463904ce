"""Audio of an answered call: both ways, with what was agreed, from addresses that can be reached.

Judged by windows: from one agreement (offer and answer, RFC 3264) to the next, or to the end.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ... import sdp
from ...shown import counted, where
from ...trace import TraceEntry
from ..calls import CallTrace, TracedMessage
from ..causes import fix
from ..finding import Finding, Observed, numbers, seconds
from ..sound import Stream

_SENDS = {"sendrecv", "sendonly"}
_HEARS = {"sendrecv", "recvonly"}
_ENOUGH = 25  # packets, half a second, that show that one direction works
_SHORTEST = 2.0  # seconds of a window that may be judged
_BAD_LOSS, _SOME_LOSS = 5.0, 1.0  # percent


@dataclass(frozen=True)
class Window:
    """An agreement while it held. `caller` and `callee`: the description by each side."""

    began: datetime
    ended: datetime
    caller: sdp.Sdp
    callee: sdp.Sdp
    rows: tuple[TracedMessage, TracedMessage]

    @property
    def seconds(self) -> float:
        """How long it held."""
        return (self.ended - self.began).total_seconds()


def judged(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """All that can be said about the audio of one answered call."""
    windows = list(_windows(conversation, world))
    if not windows:
        return
    streams = world.media[id(conversation)]
    if not world.streams:
        return
    for index, window in enumerate(windows):
        found = list(_ways(conversation, world, window, streams, first=index == 0))
        yield from found
        if found:
            break
    yield from _codecs(conversation, windows, streams)
    yield from _quality(conversation, streams)


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
        by_caller = conversation.is_callers(offer)
        one, other = (offer.sdp, answer.sdp) if by_caller else (answer.sdp, offer.sdp)
        yield Window(answer.at, max(until, answer.at), one, other, (offer, answer))


def _ways(
    conversation: CallTrace,
    world: Observed,
    window: Window,
    streams: dict[str, list[Stream]],
    first: bool,
) -> Iterator[Finding]:
    """Whether packets went each way that the agreement allows."""
    if window.seconds < _SHORTEST or not (window.caller.port and window.callee.port):
        return
    wanted = {
        "caller": window.callee.direction in _SENDS and window.caller.direction in _HEARS,
        "callee": window.caller.direction in _SENDS and window.callee.direction in _HEARS,
    }
    came = {
        to: sum(stream.between(window.began, window.ended) for stream in streams[to])
        for to in wanted
    }
    shown = numbers(window.rows)
    if all(wanted.values()) and not any(came.values()):
        yield from _none(conversation, world, window, first, shown)
        return
    for to, other in (("caller", "callee"), ("callee", "caller")):
        if not (wanted[to] and wanted[other]) or came[to] or came[other] < _ENOUGH:
            continue
        if _reported(world, streams, to, window):
            continue
        yield _one_way(conversation, world, window, to, other, came[other], streams, shown)


def _none(
    conversation: CallTrace, world: Observed, window: Window, first: bool, shown: tuple[int, ...]
) -> Iterator[Finding]:
    hosts = {window.caller.address, window.callee.address}
    # After a re-INVITE that names other hosts the audio goes directly, beside the capture point.
    beside = not first or not hosts & {end for e in conversation.entries for end in _hosts(e)}
    if beside or moved(conversation):
        return
    seen = {end[0] for stream in world.streams for end in (stream.source, stream.destination)}
    if not hosts & seen:
        return  # the capture holds other calls' RTP, but from elsewhere
    yield Finding(
        "fail",
        "media.path",
        f"No RTP went either way in {seconds(window.seconds)} of an answered call, between "
        f"{where(window.caller.remote)} and {where(window.callee.remote)}"
        f"{_private(conversation, window, 'caller')}{_private(conversation, window, 'callee')}.",
        fix("media.path"),
        "RFC 3264",
        conversation.call_id,
        shown,
    )


def _one_way(
    conversation: CallTrace,
    world: Observed,
    window: Window,
    to: str,
    other: str,
    packets: int,
    streams: dict[str, list[Stream]],
    shown: tuple[int, ...],
) -> Finding:
    listener, speaker = (
        (window.caller, window.callee) if to == "caller" else (window.callee, window.caller)
    )
    signalling = {end for entry in conversation.entries for end in _hosts(entry)}
    sources = {stream.source[0] for stream in streams[other]}
    certain = bool(
        {listener.address, speaker.address} & signalling or sources & signalling
    ) and not moved(conversation)
    closed = any(
        refusal.how == "icmp" and refusal.destination == listener.remote
        for refusal in world.refusals
    )
    why = _private(conversation, window, to)
    if closed:
        why = f"; the {to}'s port {where(listener.remote)} is closed (ICMP)"
    return Finding(
        "fail" if certain or closed else "inconclusive",
        "media.path",
        f"One-way audio: {counted(packets, 'RTP packet')} went to the {other}"
        f" ({where(speaker.remote)}) and "
        f"none to the {to} ({where(listener.remote)}) in {seconds(window.seconds)}: the {to} "
        f"hears nothing{why}."
        + ("" if certain or closed else " The other direction may bypass the capture point."),
        fix("media.path"),
        "RFC 3264",
        conversation.call_id,
        shown,
    )


def _private(conversation: CallTrace, window: Window, side: str) -> str:
    """A private address in SDP, where the other side is outside that network."""
    own = window.caller if side == "caller" else window.callee
    if not sdp.is_private(own.address):
        return ""
    far = window.callee if side == "caller" else window.caller
    hosts = {far.address, *(end for entry in conversation.entries for end in _hosts(entry))}
    if all(_inside(host) for host in hosts):
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
    return sdp.is_private(host) or address.is_loopback


def _hosts(entry: TraceEntry) -> tuple[str, str]:
    return entry.source[0], entry.destination[0]


def moved(conversation: CallTrace) -> bool:
    """Whether a re-INVITE moved the audio of a side to another host (direct media)."""
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for row in conversation.rows:
        if row.sdp is not None and row.sdp.port and row.sdp.address not in ("", "0.0.0.0", "::"):
            hop = row.entry.source[0]
            seen[conversation.is_callers(row)].add(f"{hop} {row.sdp.address}")
    return any(
        len({item for item in items if item.partition(" ")[0] == hop}) > 1
        for items in seen.values()
        for hop in {item.partition(" ")[0] for item in items}
    )


def _reported(world: Observed, streams: dict[str, list[Stream]], to: str, window: Window) -> bool:
    """Whether the listener reports by RTCP that it gets a stream that is not in the capture."""
    listener = window.caller if to == "caller" else window.callee
    hosts = {listener.address} | {
        stream.source[0] for stream in streams["callee" if to == "caller" else "caller"]
    }
    return any(
        report.reporter[0] in hosts and window.began <= report.at
        for report in world.heard.reports.values()
    )


def _codecs(
    conversation: CallTrace, windows: list[Window], streams: dict[str, list[Stream]]
) -> Iterator[Finding]:
    """A payload type that was not agreed (RFC 3264 §6.1, §7)."""
    answers = [window.rows[1].sdp for window in windows if window.rows[1].sdp]
    agreed = {name for answer in answers for name in answer.codecs}
    allowed = {n for answer in answers for n in _formats(answer)}
    for to, found in streams.items():
        sender = "callee" if to == "caller" else "caller"
        for stream in found:
            kind = stream.main_payload_type
            for window in windows:
                hearer = window.caller if to == "caller" else window.callee
                name = next((n for n, number in hearer.payloads.items() if number == kind), "")
                if name in agreed or (name == "" and kind in allowed):
                    break
            else:
                if stream.packets < _ENOUGH or not agreed:
                    continue
                called = f" ({sdp.STATIC[kind]})" if kind in sdp.STATIC else ""
                yield Finding(
                    "fail",
                    "media.codec",
                    f"The {sender} sends payload type {kind}{called}, but what was answered "
                    f"is {', '.join(sorted(agreed))}: the {to} hears noise or nothing.",
                    fix("media.codec"),
                    "RFC 3264 §6.1",
                    conversation.call_id,
                    numbers(windows[0].rows),
                )
                return


def _formats(answer: sdp.Sdp) -> set[int]:
    line = answer.media[answer.index] if answer.media else ""
    return {int(word) for word in line.split()[3:] if word.isdecimal() and len(word) < 4}


def _quality(conversation: CallTrace, streams: dict[str, list[Stream]]) -> Iterator[Finding]:
    """Loss by sequence numbers; pauses with comfort noise or with a later timestamp are none."""
    for to, found in streams.items():
        heard = [stream for stream in found if stream.packets >= 4 * _ENOUGH]
        worst = max(heard, key=lambda stream: stream.loss_percent, default=None)
        if worst is None or worst.loss_percent < _SOME_LOSS:
            continue
        report = worst.arrivals
        yield Finding(
            "fail" if report.loss_percent >= _BAD_LOSS else "inconclusive",
            "media.quality",
            f"{report.loss_percent:.1f} % of the audio to the {to} is lost before the capture "
            f"point ({report.lost} of {counted(report.expected, 'packet')} from"
            f" {where(worst.source)}; MOS "
            f"{report.mos():.1f}).",
            fix("media.quality"),
            "RFC 3550 A.3, ITU-T G.107",
            conversation.call_id,
            advisory=report.loss_percent < _BAD_LOSS,
        )
