"""The 200 and its ACK: without it the answering side drops the call (RFC 3261 §13.3.1.4)."""

from collections.abc import Iterator

from ...shown import counted, plain, where
from ..calls import CallTrace, TracedMessage
from ..finding import Finding, Observed, seconds
from . import endings, paths

_TIMEOUT = 32.0
"""Seconds after which the answering side gives up (64 × T1, RFC 3261 §13.3.1.4)."""

_RULE = "RFC 3261 §13.3.1.4"


def acknowledged(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Whether the 200 got its ACK (RFC 3261 §13.2.2.4)."""
    answer = conversation.answer
    if answer is None:
        return
    attempt = next(t for t in conversation.attempts if answer in t.responses)
    repeats = [
        row
        for row in attempt.responses
        if 200 <= row.code < 300 and row.to_tag == answer.to_tag and row is not answer
    ]
    acks = [ack for t in conversation.of("INVITE") if t.number == attempt.number for ack in t.acks]
    if not acks:
        yield from _missing(conversation, world, answer, repeats)
        return
    late = [row for row in repeats if (row.at - acks[0].at).total_seconds() > 0.02]
    if late:
        yield _lost(conversation, world, answer, acks[0], late)
    elif said := endings.of(conversation, "dialog.ack"):
        yield Finding.of(
            "fail",
            "dialog.ack",
            f"The {said.words}: it got no ACK, although one went by here.",
            [answer, acks[0], said.row],
            _RULE,
        )


def _missing(
    conversation: CallTrace, world: Observed, answer: TracedMessage, repeats: list[TracedMessage]
) -> Iterator[Finding]:
    waited = world.after(answer)
    aim = paths.aim_of_caller(answer)
    source = answer.entry.source
    shown = [answer, *repeats]
    if not repeats and conversation.of("BYE"):
        return
    if not repeats and waited <= _TIMEOUT:
        yield Finding.of(
            "inconclusive",
            "capture.ends",
            f"The call was answered ({answer.code}), and the capture ends {seconds(waited)} later, "
            "before the ACK.",
            shown,
        )
        return
    what = (
        f"the 200 was sent {1 + len(repeats)} times and no ACK for it was seen"
        if repeats
        else f"no ACK for the 200 was seen in the {seconds(waited)} that the capture goes on"
    )
    if other := _of_another(conversation, answer):
        what += f", only one with CSeq {other.cseq[0]} instead of {answer.cseq[0]}"
        shown.append(other)
    drops = "the answering side drops the call after 32 s"
    if said := endings.of(conversation, "dialog.ack"):
        shown.append(said.row)
        drops = f"the {said.words}"
    if aim is None:
        yield Finding.of(
            "fail",
            "dialog.contact",
            f"The answer of {where(source)} has no Contact, so the ACK has no address to go to: "
            f"{what}; {drops}.",
            shown,
            "RFC 3261 §12.1.1, §13.3.1.4",
            remedy=f"Let {where(source)} put a Contact into its 200 (RFC 3261 §12.1.1), with an "
            "address that the caller can reach.",
        )
    elif why := paths.beyond_reach(aim, source[0], answer.entry.destination[0], world):
        yield Finding.of(
            "fail",
            "dialog.contact",
            f"The {aim.header} of the 200 is {plain(aim.uri, 80)}, {why}. The ACK has to go there: "
            f"{what}; {drops}.",
            shown,
            _RULE,
        )
    elif not repeats and (aim.host != source[0] or _talks_on(conversation, answer)):
        yield Finding.of(
            "inconclusive",
            "capture.point",
            f"The call was answered ({answer.code}) and {what}. It was not repeated either, so the "
            f"ACK may have gone past the capture point, to {plain(aim.uri, 80)}.",
            shown,
            _RULE,
            remedy=f"Capture at {plain(aim.host, 60)} or at the caller's side.",
        )
    else:
        yield Finding.of(
            "fail",
            "dialog.ack",
            f"The call was answered by {where(source)}, but {what}: {drops}.",
            shown,
            _RULE,
        )


def _of_another(conversation: CallTrace, answer: TracedMessage) -> TracedMessage | None:
    """An ACK whose CSeq is that of no INVITE (RFC 3261 §13.2.2.4)."""
    sent = {t.number for t in conversation.of("INVITE") if t.requests}
    acks = (row for row in conversation.rows if row.method == "ACK" and row.at > answer.at)
    return next((row for row in acks if row.is_request and row.cseq[0] not in sent), None)


def _talks_on(conversation: CallTrace, answer: TracedMessage) -> bool:
    """Whether both sides are heard beyond the time at which a call without ACK is dropped."""
    return all(
        any((stream.last - answer.at).total_seconds() > _TIMEOUT for stream in found)
        for found in conversation.media.values()
    )


def _lost(
    conversation: CallTrace,
    world: Observed,
    answer: TracedMessage,
    ack: TracedMessage,
    late: list[TracedMessage],
) -> Finding:
    sent = f"{plain(ack.uri, 80)} at {where(ack.entry.destination)}"
    way = paths.lost_way(conversation, ack, world)
    return Finding.of(
        "fail" if len(late) > 1 else "inconclusive",
        "dialog.contact" if way else "dialog.ack",
        f"The 200 was repeated {counted(len(late), 'time')} after the ACK to {sent}: the ACK does "
        f"not reach the answering side.{way}",
        [answer, ack, *late],
        _RULE,
        advisory=len(late) == 1,
    )
