"""An answered call: its ACK, its BYE, and what was asked for in between."""

from collections.abc import Iterator

from ...shown import counted, plain, where
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import cause, data, reasons
from ..finding import Finding, Observed, seconds
from . import asking


def acknowledged(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Whether the 200 got its ACK (RFC 3261 §13.2.2.4, §13.3.1.4)."""
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
    shown = [answer, *acks[:1], *repeats]
    if not acks and repeats:
        yield Finding.of(
            "fail",
            "dialog.ack",
            f"The 200 was sent {1 + len(repeats)} times and no ACK for it was seen: the answering "
            "side drops the call after 32 s.",
            shown,
            "RFC 3261 §13.3.1.4",
        )
    elif not acks and not conversation.of("BYE"):
        yield Finding.of(
            "inconclusive",
            "capture.ends",
            f"The call was answered ({answer.code}), and the capture ends "
            f"{seconds(world.after(answer))} later, before the ACK.",
            shown,
        )
    late = [row for row in repeats if acks and (row.at - acks[0].at).total_seconds() > 0.02]
    if late:
        sent = f"{plain(acks[0].uri, 80)} at {where(acks[0].entry.destination)}"
        yield Finding.of(
            "fail" if len(late) > 1 else "inconclusive",
            "dialog.ack",
            f"The 200 was repeated {counted(len(late), 'time')} after the ACK to {sent}: the ACK"
            " does not reach the answering side.",
            shown,
            "RFC 3261 §13.3.1.4",
            advisory=len(late) == 1,
        )


def ended(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """The BYE: answered, refused, or lost (RFC 3261 §15)."""
    byes = conversation.of("BYE")
    if any(200 <= bye.code < 300 for bye in byes):
        yield from _abnormal(byes)
        return
    for bye in byes[-1:]:
        shown = [*bye.requests[:1], *([bye.final] if bye.final else [])]
        side = conversation.side(bye.first)
        if bye.final is None and not bye.requests:
            continue
        if bye.final is None and len(bye.requests) == 1:
            yield Finding.of(
                "inconclusive",
                "capture.ends",
                f"The {side}'s BYE has no answer in the capture, and was not repeated: the answer "
                "most likely came after the capture or bypassed it.",
                shown,
                remedy="",
                advisory=True,
            )
        elif bye.final is None:
            yield Finding.of(
                "fail",
                "dialog.lost",
                f"The {side}'s BYE was sent {len(bye.requests)} times and never answered: the "
                "other side does not know that the call is over.",
                shown,
                "RFC 3261 §15",
            )
        elif bye.code in asking.CHALLENGES:
            yield asking.challenge(conversation, byes, world)
        else:
            yield _bye_refused(conversation, bye, side, shown)


def _bye_refused(
    conversation: CallTrace, bye: Transaction, side: str, shown: list[TracedMessage]
) -> Finding:
    assert bye.final is not None
    routed = any(row.header("Record-Route") for row in conversation.rows)
    missing = routed and bye.requests and not bye.requests[0].header("Route")
    why = " The BYE has no Route, although the call was Record-Routed." if missing else ""
    after = " after the other side's own BYE" if len(conversation.of("BYE")) > 1 else ""
    return Finding.of(
        "fail",
        "dialog.lost",
        f"The {side}'s BYE was refused{after} with {cause(bye.final).said}: "
        f"the call is not known there, and the other leg may hang.{why}",
        shown,
        "RFC 3261 §12.2, §15",
    )


def _abnormal(byes: list[Transaction]) -> Iterator[Finding]:
    """A cause in the BYE that names a trouble of the network."""
    for bye in byes:
        for reason in reasons(bye.first.message.headers)[:1]:
            entry = data()["q850"].get(reason.cause, {}) if reason.protocol == "Q.850" else {}
            if entry.get("rule", "").startswith("peer."):
                yield Finding.of(
                    "fail",
                    entry["rule"],
                    f"An error ended the call: BYE with {reason.words}.",
                    [bye.first],
                    "RFC 3326, ITU-T Q.850",
                )
                return


def inside(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Requests in the dialog that were refused while the call went on."""
    for request in conversation.of("INVITE", "UPDATE", "INFO", "PRACK"):
        if not request.in_dialog or request.code < 300:
            continue
        if request.code in asking.CHALLENGES:
            later = [t for t in conversation.of(request.method) if t.number > request.number]
            if later:
                continue
        assert request.final is not None
        what = "re-INVITE" if request.method == "INVITE" else request.method
        said = cause(request.final).said
        lost = request.code in (408, 481)
        then = ": the peer has lost the call" if lost else "; the call went on as before"
        yield Finding.of(
            "fail" if lost else "pass",
            "dialog.lost" if lost else "dialog.refused",
            f"A {what} inside the call was refused with {said}{then}.",
            [request.first, request.final],
            "RFC 3261 §14.1",
            advisory=not lost,
        )
