"""Audio of an answered call: both ways, with what was agreed, from addresses that can be reached.

Judged by windows: from one agreement (offer and answer, RFC 3264) to the next, or to the end.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import replace

from ...addresses import is_private
from ...shown import counted, where
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed, seconds
from ..sound import Stream
from . import answering, codecs, counts, ports, stopping, windows
from .windows import Window

_ENOUGH = 25  # packets, half a second, that show that one direction works
_SHORTEST = 2.0  # seconds of a window that may be judged


def judged(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """All that can be said about the audio of one answered call."""
    broken = list(answering.agreed(conversation))
    yield from broken
    for finding in _heard(conversation, world):
        # What comes of a broken answer is its consequence, and decides nothing beside it.
        yield replace(finding, advisory=True, remedy="") if broken else finding


def _heard(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    held = windows.of(conversation, world)
    if held and (world.streams or world.capture.streams.reports.any):
        for index, window in enumerate(held):
            found = list(_ways(conversation, world, window, first=index == 0))
            yield from found
            if found:
                break
        yield from ports.missed(conversation, world, held)
        yield from codecs.sent(conversation, held)
        yield from counts.quality(conversation, world, held)
    yield from stopping.stopped(conversation, world, held)


def _ways(
    conversation: CallTrace, world: Observed, window: Window, first: bool
) -> Iterator[Finding]:
    """Whether packets went each way, where the agreement allows both."""
    if window.seconds < _SHORTEST or not window.both:
        return
    came = {
        to: sum(stream.between(window.began, window.ended) for stream in found)
        for to, found in conversation.media.items()
    }
    if not any(came.values()):
        yield from _none(conversation, world, window, first)
        return
    for to, other in OTHER.items():
        if came[to] or came[other] < _ENOUGH or _reported(conversation, world, to, window):
            continue
        yield _one_way(conversation, world, window, to, came[other])


def _none(
    conversation: CallTrace, world: Observed, window: Window, first: bool
) -> Iterator[Finding]:
    # After a re-INVITE that names other hosts the audio goes directly, beside the capture point.
    if not first or windows.moved(conversation):
        return
    one, other = (window.by[side].address for side in OTHER)
    told = "".join(
        counts.of_silent(conversation, world, side, window.by[side].address)
        for side in OTHER
        if not window.by[side].secure
    )
    if told:
        yield Finding.of(
            "inconclusive",
            "media.path",
            f"No RTP of this call is here, in {seconds(window.seconds)}{told}.",
            window.rows,
            "RFC 3550 §6.4.1",
        )
        return
    seen = {end[0] for stream in world.streams for end in (stream.source, stream.destination)}
    if not {one, other} & seen:
        return  # the capture holds other calls' RTP, but from elsewhere
    ends = " and ".join(f"{where(window.by[side].remote)} ({side})" for side in OTHER)
    if not world.sees(one, other):
        at = f"; all that is here passes {world.vantage}" if world.vantage else ""
        yield Finding.of(
            "inconclusive",
            "capture.point",
            f"No RTP of this call is in the capture, and none could be: its audio goes between "
            f"{ends}, and no packet between these two hosts is here{at}.",
            window.rows,
            "RFC 3264",
            remedy=f"Capture at {one} or {other}, or at a switch port that mirrors one of them.",
        )
    elif {one, other} & windows.hosts(conversation):
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
    conversation: CallTrace, world: Observed, window: Window, to: str, packets: int
) -> Finding:
    other = OTHER[to]
    streams = conversation.media[other]
    listener, speaker = window.by[to], window.by[other]
    ends = {listener.address, speaker.address, *(stream.source[0] for stream in streams)}
    certain = bool(ends & windows.hosts(conversation)) and not windows.moved(conversation)
    closed = any(
        how == "icmp" and port == listener.remote
        for (_, port), how in world.capture.refusals.items()
    )
    why = _private(conversation, window, to)
    if closed:
        why = f"; the {to}'s port {where(listener.remote)} is closed (ICMP)"
    elif not window.by[to].secure:
        why += counts.of_silent(conversation, world, other, speaker.address)
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
    hosts = {far.address, *windows.hosts(conversation)}
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


def _reported(conversation: CallTrace, world: Observed, to: str, window: Window) -> bool:
    """Whether the listener reports by RTCP that it gets a stream that is not in the capture."""
    streams: list[Stream] = conversation.media[OTHER[to]]
    hosts = {window.by[to].address} | {stream.source[0] for stream in streams}
    return any(
        reporter[0] in hosts and window.began <= at
        for reporter, at in world.capture.streams.reports.hearing.items()
    )
