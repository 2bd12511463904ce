"""Audio that stops in the middle of a call, while the call goes on."""

from collections.abc import Iterator
from datetime import datetime

from ...media.packets import MODULUS
from ...shown import counted, where
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed, Verdict, seconds
from ..sound import Stream
from . import counts, endings
from .windows import Window

_SILENT = 5.0
"""Seconds without packets at the end of a call that are worth telling."""

_TOGETHER = 2.0
"""Seconds within which both directions end together."""

_MORE = 25
"""Packets, half a second, that a sender counts beyond what was seen."""


def stopped(conversation: CallTrace, world: Observed, windows: list[Window]) -> Iterator[Finding]:
    """A direction that fell silent before the end, and a BYE that says that no audio came."""
    timed_out = endings.of(conversation, "media.stopped")
    window = windows[-1] if windows else None
    told = False
    if window is not None and window.both:
        last = {to: _last(found, window) for to, found in conversation.media.items()}
        for to, at in last.items():
            said = timed_out if timed_out is not None and timed_out.side == to else None
            silent = (window.ended - at).total_seconds() if at else 0.0
            if at is None or silent < (_TOGETHER if said else _SILENT):
                continue
            finding = _stopped(conversation, world, window, to, at, said, last[OTHER[to]])
            if finding is not None:
                told = told or said is not None
                yield finding
                if said is None and _together(at, last[OTHER[to]]):
                    break  # one sentence for both
    if timed_out is not None and not told:
        yield _in_spite(conversation, timed_out, window)


def _last(streams: list[Stream], window: Window) -> datetime | None:
    """When the last packet of an agreement's time came; None if none did."""
    ends = [min(s.last, window.ended) for s in streams if s.between(window.began, window.ended)]
    return max(ends, default=None)


def _stopped(
    conversation: CallTrace,
    world: Observed,
    window: Window,
    to: str,
    at: datetime,
    said: endings.Ending | None,
    other: datetime | None,
) -> Finding | None:
    streams = conversation.media[to]
    stream = max(streams, key=lambda s: s.last)
    lasted = (at - max(min(s.first for s in streams), window.began)).total_seconds()
    left = seconds((window.ended - at).total_seconds())
    packets = counted(sum(s.between(window.began, window.ended) for s in streams), "RTP packet")
    sentence = (
        f"Audio from the {OTHER[to]} ({where(stream.source)}) to the {to} "
        f"({where(stream.destination)}) stopped after {seconds(lasted)} ({packets}), {left} before "
        "the call ended"
    )
    verdict: Verdict = "inconclusive"
    if said is not None:
        verdict = "fail"
        sentence += f"; the {said.words}."
    elif _heard_elsewhere(world, stream):
        return None
    elif counted_on := _goes_on(conversation, world, window, stream):
        sentence += f". {counted_on}"
    elif stream.comfort_noise:
        return None
    elif _together(at, other):
        sentence += ", as the other direction did: both ended, or went on past the capture point."
    else:
        sentence += (
            ". Silence suppression (VAD) may explain it, as may a way that closed: what the sender "
            "counts (RTCP sender reports), or a capture at its host, would tell."
        )
    byes = [t.first for t in conversation.of("BYE")[:1]]
    rows = [window.rows[1], *byes]
    return Finding.of(verdict, "media.stopped", sentence, rows, "RFC 3550 §6.4")


def _together(at: datetime, other: datetime | None) -> bool:
    return other is not None and abs((other - at).total_seconds()) < _TOGETHER


def _heard_elsewhere(world: Observed, stream: Stream) -> bool:
    """Whether the listener reports packets well beyond the last one that was seen here."""
    reported = world.capture.streams.reports.highest.get(stream.arrivals.ssrc or 0)
    return reported is not None and _MORE < (reported - stream.arrivals.highest) % MODULUS < 3_000


def _goes_on(conversation: CallTrace, world: Observed, window: Window, stream: Stream) -> str:
    """What the sender's own reports say of the time after the stop; empty without any."""
    told = counts.sent_by(conversation, world, stream.source[0], stream.arrivals.ssrc)
    if told is None or told.latest.at <= stream.last or any(d.secure for d in window.by.values()):
        return ""
    count = f"by its own sender reports (RTCP) it has sent {counted(told.latest.sent, 'packet')}"
    if told.unseen > _MORE:
        return f"But {count}: they are lost before the capture point, or go past it."
    return f"And {count}: the sender itself stopped (silence suppression, mute, or a fault there)."


def _in_spite(conversation: CallTrace, said: endings.Ending, window: Window | None) -> Finding:
    came = sum(stream.packets for stream in conversation.media[said.side])
    seen = "its RTP is not in this capture"
    if window is not None and not window.both:
        seen = "although the call was on hold, when none is due"
    elif came:
        seen = (
            f"though {counted(came, 'RTP packet')} to it went by here: they do not reach it, or it "
            "cannot use them"
        )
    rows = [*(window.rows[1:] if window else ()), said.row]
    return Finding.of(
        "fail",
        "media.stopped",
        f"The {said.words}: it got no audio from the {OTHER[said.side]}, {seen}.",
        rows,
        "RFC 3326",
    )
