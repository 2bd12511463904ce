"""Audio that stops in the middle of a call, while the call goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ...media.packets import MODULUS
from ...shown import counted, where
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed, Verdict, seconds
from ..sound import Stream
from . import counts, endings, windows
from .windows import Window

_SILENT = 5.0
"""Seconds without packets at the end of a call that are worth telling."""

_START = 0.2
"""Seconds of audio that are no more than a beginning."""

_TOGETHER = 2.0
"""Seconds within which both directions end together."""

_MORE = 25
"""Packets, half a second, that a sender counts beyond what was seen."""


@dataclass(frozen=True)
class _Stop:
    """When the audio to a side fell silent."""

    to: str
    at: datetime
    silent: float
    """Seconds that the call went on."""
    together: bool
    """Whether the other direction fell silent at the same time."""
    said: endings.Ending | None
    """The BYE of that side, if it names this as its reason."""


def stopped(conversation: CallTrace, world: Observed, held: list[Window]) -> Iterator[Finding]:
    """A direction that fell silent before the end, and a BYE that says that no audio came."""
    timed_out = endings.of(conversation, "media.stopped")
    told: list[_Stop] = []
    for window in held:
        said = timed_out if window is held[-1] else None
        for stop in _stops(conversation, window, said):
            if told and (stop.said is None or stop.to == told[-1].to):
                continue  # the first is the one that matters, unless a BYE speaks of another
            finding = _stopped(conversation, world, window, stop)
            if finding is not None:
                told.append(stop)
                yield finding
    if timed_out is not None and not any(stop.said for stop in told):
        yield _in_spite(conversation, timed_out, held[-1] if held else None)


def _stops(
    conversation: CallTrace, window: Window, timed_out: endings.Ending | None
) -> Iterator[_Stop]:
    if not window.both:
        return
    last = {
        to: max((at for s in found if (at := s.latest(window.began, window.ended))), default=None)
        for to, found in conversation.media.items()
    }
    # Without a BYE here the call may be over as soon as nothing more is heard of it.
    heard = max((at for at in last.values() if at is not None), default=window.ended)
    over = window.ended if conversation.of("BYE") else heard
    for to, at in last.items():
        said = timed_out if timed_out is not None and timed_out.side == to else None
        if at is not None and (over - at).total_seconds() >= (_TOGETHER if said else _SILENT):
            together = _together(at, last[OTHER[to]])
            yield _Stop(to, at, (over - at).total_seconds(), together, said)


def _stopped(
    conversation: CallTrace, world: Observed, window: Window, stop: _Stop
) -> Finding | None:
    streams = conversation.media[stop.to]
    stream = max(streams, key=lambda s: s.last)
    lasted = (stop.at - max(min(s.first for s in streams), window.began)).total_seconds()
    packets = counted(sum(s.between(window.began, window.ended) for s in streams), "RTP packet")
    ended = f"stopped after {seconds(lasted)} ({packets})"
    if lasted < _START:
        ended = f"was over after {packets}"
    sentence = (
        f"Audio from the {OTHER[stop.to]} ({where(stream.source)}) to the {stop.to} "
        f"({where(stream.destination)}) {ended}, and the call went on for {seconds(stop.silent)}"
    )
    verdict: Verdict = "inconclusive"
    if stop.said is not None:
        verdict = "fail"
        sentence += f"; the {stop.said.words}."
    elif windows.moved(conversation) or _heard_elsewhere(world, stream):
        return None  # it goes on past the capture point
    elif counts_on := _goes_on(conversation, world, window, stream):
        sentence += f". {counts_on}"
    elif stream.comfort_noise:
        return None
    elif stop.together:
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
