"""What RTP packets hold against what was agreed: payload types and digits (RFC 3264 §6.1)."""

from collections.abc import Iterator

from ... import sdp
from ...shown import counted, plain, where
from ..calls import OTHER, CallTrace
from ..finding import Finding
from ..sound import Stream
from .windows import Window

_ENOUGH = 25  # packets of a payload type, half a second, that are no accident
_SILENCE = (13, 19)  # comfort noise is sent without being asked for (RFC 3389)


def sent(conversation: CallTrace, windows: list[Window]) -> Iterator[Finding]:
    """Payload types that the hearing side did not name, and digits under another number."""
    for to, found in conversation.media.items():
        # At every hop, for a stream may be the one behind a relay.
        told = [row.sdp for row in conversation.rows if row.sdp and conversation.side(row) == to]
        hearers = [*(window.by[to] for window in windows), *told]
        for stream in found:
            finding = _digits(windows, to, stream, hearers) or _codec(windows, to, stream, hearers)
            if finding is not None:
                yield finding
                break


def _codec(
    windows: list[Window], to: str, stream: Stream, hearers: list[sdp.Sdp]
) -> Finding | None:
    """A codec that was not agreed, or one under a number of one's own (RFC 3264 §6.1, §7)."""
    answers = [answer for window in windows if (answer := window.rows[1].sdp) is not None]
    agreed = {name for answer in answers for name in answer.codecs}
    for kind, packets in stream.payload_types.most_common():
        names = {_name(hearer, kind) for hearer in hearers if kind in _formats(hearer)}
        minor = packets < _ENOUGH or kind in _SILENCE or kind in stream.events
        if minor or not agreed or names & {"", *agreed}:
            continue
        meant = _name(windows[-1].by[OTHER[to]], kind)
        wanted = {n for hearer in hearers if (n := hearer.payloads.get(meant, kind)) != kind}
        called = f" ({sdp.STATIC[kind]})" if kind in sdp.STATIC else ""
        said = f"payload type {kind}{called}, but what was answered is {', '.join(sorted(agreed))}"
        if wanted:
            numbers = ", ".join(map(str, sorted(wanted)))
            said = f"{plain(meant, 20)} as payload type {kind}, but the {to}'s SDP gives {numbers}"
        return Finding.of(
            "fail",
            "media.codec",
            f"The {OTHER[to]} sends {said}: the {to} hears noise or nothing.",
            windows[0].rows,
            "RFC 3264 §6.1",
        )
    return None


def _digits(
    windows: list[Window], to: str, stream: Stream, hearers: list[sdp.Sdp]
) -> Finding | None:
    """Digits under a payload type that the hearing side does not take for them (RFC 4733)."""
    if any(kind in _formats(hearer) for hearer in hearers for kind in stream.events):
        return None
    for kind, packets in stream.events.most_common(1):
        wanted = {n for hearer in hearers for name, n in hearer.payloads.items() if _event(name)}
        said = f"gives {', '.join(map(str, sorted(wanted)))} for telephone-event"
        if not wanted:
            said = "takes no telephone-event"
        return Finding.of(
            "fail",
            "media.dtmf",
            f"The {OTHER[to]} ({where(stream.source)}) sends digits as payload type {kind} "
            f"({counted(packets, 'packet')}). The {to}'s SDP "
            f"({where(windows[-1].by[to].remote)}) {said}: the {to} does not hear them.",
            windows[-1].rows,
            "RFC 3264 §6.1, RFC 4733",
        )
    return None


def _event(name: str) -> bool:
    return name.partition("/")[0] == sdp.EVENT


def _name(hearer: sdp.Sdp, payload_type: int) -> str:
    """What a side calls a payload type in its description."""
    return next((name for name, n in hearer.payloads.items() if n == payload_type), "")


def _formats(description: sdp.Sdp) -> set[int]:
    line = description.media[description.index] if description.media else ""
    return {int(word) for word in line.split()[3:] if word.isdecimal() and len(word) < 4}
