"""Audio that was lost: by the sequence numbers of what came, and by what its sender counts."""

from collections.abc import Iterator

from ...shown import counted, where
from ..calls import OTHER, CallTrace
from ..finding import Finding, Observed
from ..reported import Counted
from ..sound import Stream
from .windows import Window

_ENOUGH = 100  # packets, two seconds, of which a share can be told
_FASTEST = 500  # packets a second; a sender that counts more counts something else
_BAD_LOSS, _SOME_LOSS = 5.0, 1.0  # percent


def quality(conversation: CallTrace, world: Observed, windows: list[Window]) -> Iterator[Finding]:
    """Loss in each direction; pauses with comfort noise or with a later timestamp are none."""
    # The counts in SRTCP are encrypted (RFC 3711 §3.4).
    clear = not any(side.secure for window in windows for side in window.by.values())
    for to, found in conversation.media.items():
        heard = [stream for stream in found if stream.packets >= _ENOUGH]
        worst = max(heard, key=lambda stream: stream.loss_percent, default=None)
        if worst is not None and worst.loss_percent >= _SOME_LOSS:
            yield _lost(to, worst)
            continue
        for stream in found if clear else ():
            told = sent_by(conversation, world, stream.source[0], stream.arrivals.ssrc)
            if told is not None and told.latest.at <= stream.last and _short(told):
                yield _uncounted(to, stream, told)
                break


def _lost(to: str, stream: Stream) -> Finding:
    report = stream.arrivals
    bad = report.loss_percent >= _BAD_LOSS
    return Finding.of(
        "fail" if bad else "inconclusive",
        "media.quality",
        f"{report.loss_percent:.1f} % of the audio to the {to} is lost before the capture "
        f"point ({report.lost} of {counted(report.expected, 'packet')} from"
        f" {where(stream.source)}; MOS {report.mos():.1f}).",
        [],
        "RFC 3550 A.3, ITU-T G.107",
        advisory=not bad,
    )


def sent_by(
    conversation: CallTrace, world: Observed, host: str, ssrc: int | None = None
) -> Counted | None:
    """What a host counts as sent in this call, as far as it can be compared with what was seen."""
    told = world.capture.streams.reports.of(host, ssrc)
    if told is None or (told.first is told.latest and not conversation.attempts):
        return None  # one count alone holds what went before the capture
    lasted = (told.latest.at - conversation.began).total_seconds()
    return told if told.latest.sent < _FASTEST * max(lasted, 1.0) else None


def _short(told: Counted) -> bool:
    return told.sent >= _ENOUGH and 100 * told.unseen >= _BAD_LOSS * told.sent


def _uncounted(to: str, stream: Stream, told: Counted) -> Finding:
    share = 100 * told.unseen / told.sent
    return Finding.of(
        "inconclusive",
        "media.quality",
        f"The {OTHER[to]} ({where(stream.source)}) has sent {counted(told.sent, 'packet')} by its "
        f"own sender reports (RTCP), and {told.seen} of them were seen here: {share:.0f} % are "
        "lost before the capture point, or go past it.",
        [],
        "RFC 3550 §6.4.1",
    )


def of_silent(conversation: CallTrace, world: Observed, side: str, host: str) -> str:
    """What the sender reports of a host say of which no RTP was seen; empty without any."""
    told = sent_by(conversation, world, host)
    if told is None:
        return ""
    if told.latest.sent == 0:
        return f"; the {side} sends none by its own sender reports (RTCP)"
    return (
        f"; the {side} has sent {counted(told.latest.sent, 'packet')} by its own sender reports "
        "(RTCP), so they are lost before the capture point or go past it"
    )
