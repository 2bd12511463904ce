"""What can be read from one leg's audio: its figures. All stays readable after the end."""

import math
import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ..shown import counted, where
from ..trace import Address
from .quality import Arrivals, is_stream

if TYPE_CHECKING:
    from .rtp import Audio

OneWay = Literal["", "nothing received", "peer hears nothing (RTCP)", "nothing either way (RTCP)"]

DEAF: tuple[OneWay, ...] = ("peer hears nothing (RTCP)", "nothing either way (RTCP)")
"""The peer reports that it gets nothing of ours."""

_PATIENCE_S = 1.0
"""Seconds without a packet after which nothing came."""

_STOPPED_S = 1.5
"""Seconds without a packet at the end after which a stream stopped; comfort noise may pause it."""


_ENOUGH, _FASTEST = 100, 500
"""Packets of which a share can be told, and packets a second that no sender of sound exceeds."""


def one_way(audio: "Audio") -> OneWay:
    """Which direction is dead; "" if none is, or nobody can tell yet."""
    deaf_peer = audio.control.hears is False
    nothing = (
        _expected(audio)
        and _until(audio) - audio.started_at >= _PATIENCE_S
        and not audio.packets_received
        and not audio.receiver.foreign
        and not audio.srtp_failures
    )
    if nothing:
        return "nothing either way (RTCP)" if deaf_peer else "nothing received"
    return "peer hears nothing (RTCP)" if deaf_peer else ""


def stopped_after_s(audio: "Audio") -> float | None:
    """Length of a stream that ceased before the end of the call; None if it did not."""
    arrivals = audio.arrivals
    if not arrivals.packets or audio.receiver.paused or not _expected(audio):
        return None
    stopped = _until(audio) - arrivals.last_at > _STOPPED_S
    return arrivals.last_at - arrivals.first_at if stopped else None


def measured(audio: "Audio") -> Arrivals | None:
    """The stream received, where there was one: without it, loss, jitter and MOS mean nothing.

    Loss is counted by sequence numbers, so that a single packet of hundreds has lost none.
    """
    return audio.arrivals if is_stream(audio.packets_received, _due(audio)) else None


def rtt_ms(audio: "Audio") -> float | None:
    """Median round trip by RTCP, or of our own packets where the peer is an echo."""
    trips = audio.control.round_trips or audio.receiver.round_trips
    return 1000 * statistics.median(trips) if trips else None


def mos(audio: "Audio") -> float | None:
    """Estimated MOS of what came, by `quality`'s assumptions; None where no stream came."""
    stream = measured(audio)
    if stream is None:
        return None
    return stream.mos(audio.rtt_ms, audio.agreed.ptime if audio.agreed else 20)


def came(audio: "Audio") -> str:
    """What came of what was due, as `12 of about 400 packets came`.

    Where hardly any came it says how many the peer counts as sent.
    """
    due = max(_due(audio), audio.packets_received)
    if not due:
        return "no packet came"
    told = f"{audio.packets_received} of about {counted(due, 'packet')} came"
    sent = peer_sent(audio)
    if sent is None or due < _ENOUGH or is_stream(audio.packets_received, due):
        return told
    return f"{told}, of {sent} that the sender counts (RTCP)"


def lost_here(audio: "Audio") -> bool:
    """Whether the peer counts a stream as sent of which hardly anything came."""
    due, sent = _due(audio), peer_sent(audio)
    enough = sent is not None and due >= _ENOUGH and is_stream(sent, due)
    return enough and not is_stream(audio.packets_received, due)


def peer_sent(audio: "Audio") -> int | None:
    """Packets that the peer counts as sent; None where it says nothing, or counts something else.

    Whose count it is depends on what lies between: where a relay passes RTCP on, it is not the
    next one's.
    """
    told, lasted = audio.control.peer_sent, max(_until(audio) - audio.started_at, 1.0)
    return told if told is not None and told <= _FASTEST * lasted else None


def _due(audio: "Audio") -> int:
    """Packets that the peer should have sent from the agreement to the end, or until now."""
    if audio.agreed is None or not _expected(audio):
        return 0
    return round((_until(audio) - audio.started_at) * 1000 / audio.agreed.ptime)


def _expected(audio: "Audio") -> bool:
    """Whether the peer's SDP says that it sends."""
    return audio.agreed is not None and audio.agreed.direction in ("sendrecv", "sendonly")


def _until(audio: "Audio") -> float:
    return audio.closed_at or time.time()


def stats(audio: "Audio") -> dict[str, Any]:
    """The figures, JSON-like. Loss, jitter and MOS are None where no stream came."""
    arrivals, sender, receiver = audio.arrivals, audio.sender, audio.receiver
    reported, late = audio.control.reported, sender.lateness.read()
    stream = measured(audio)
    first = arrivals.first_at
    return {
        "codec": audio.codec,
        "secure": audio.secure,
        "local": where(audio.local),
        "remote": where(audio.destination),
        "source": _text(receiver.source),
        "packets_sent": sender.packets,
        "packets_received": arrivals.packets,
        "came": came(audio),
        "bytes_sent": sender.octets,
        "bytes_received": receiver.octets,
        "rejected": audio.rejected,
        "unsent": audio.unsent + sender.left_out,
        "foreign": dict(receiver.foreign),
        "srtp_failures": dict(audio.srtp_failures),
        "loss_percent": stream and round(stream.loss_percent, 2),
        "jitter_ms": stream and round(stream.jitter_ms, 2),
        "gaps": {"count": arrivals.gaps, "longest_ms": round(arrivals.longest_gap_ms)},
        "duplicates": arrivals.duplicates,
        "reordered": arrivals.reordered,
        "rtt_ms": _rounded(audio.rtt_ms),
        "mos": audio.mos,
        "lateness_ms": {"p50": late.p50, "p95": late.p95, "max": late.max},
        "own_jitter_ms": round(sender.jitter_ms, 2),
        "peer_sent": peer_sent(audio),
        "lost_here": lost_here(audio),
        "reported": reported
        and {
            "loss_percent": round(reported.loss_percent, 2),
            "jitter_ms": round(reported.jitter_ms, 2),
            "reports": reported.reports,
        },
        "one_way": one_way(audio),
        "level_dbov": _rounded(audio.listener.level_dbov),
        "first_packet_at": datetime.fromtimestamp(first, UTC).isoformat() if first else None,
        "tones": [{"hz": t.hz, "seconds": round(t.seconds, 2)} for t in audio.listener.tones],
        "digits": receiver.digits,
    }


def _text(address: Address | None) -> str:
    return where(address) if address else ""


def _rounded(value: float | None) -> float | None:
    return round(value, 1) if value is not None and math.isfinite(value) else None
