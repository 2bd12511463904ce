"""The end of an answered call: a BYE that is answered, refused, or lost (RFC 3261 §15)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from ...shown import counted, where
from ..calls import OTHER, CallTrace, TracedMessage, Transaction
from ..causes import cause
from ..finding import Finding, Observed, seconds
from . import asking, endings, paths

_RULE = "RFC 3261 §15"
_HARMLESS = (481, 500)
"""What a side says to a BYE for a call that it has ended itself, or to a second copy of one."""


_CROSSING = timedelta(milliseconds=100)
"""How much later a BYE may come that was sent before the other side's was refused."""

_MEANING = {
    404: "the call is not known there",
    481: "the call is not known there",
    408: "nobody behind it answered the BYE",
    504: "nobody behind it answered the BYE",
}


def ended(
    conversation: CallTrace, world: Observed, told: Iterable[Finding] = ()
) -> Iterator[Finding]:
    """How the BYEs of both sides went, as far as what was `told` before does not say it already.

    What comes of a dialog that was lost before decides nothing beside that.
    """
    failed = [finding for finding in told if finding.verdict == "fail"]
    shown = {number for finding in failed for number in finding.evidence}
    for finding in _ended(conversation, world, shown):
        yield replace(finding, advisory=True, remedy="") if failed else finding


def _ended(conversation: CallTrace, world: Observed, shown: set[int]) -> Iterator[Finding]:
    byes = conversation.of("BYE")
    for side in OTHER:
        own = [bye for bye in byes if bye.requests and conversation.side(bye.first) == side]
        if any(row.number in shown for bye in own for row in bye.requests):
            continue
        if own and not any(200 <= bye.code < 300 for bye in own):
            yield _bye(conversation, world, side, own)
    for said in endings.named(conversation)[:1]:
        if said.rule.startswith("peer."):
            yield Finding.of(
                "fail",
                said.rule,
                f"An error ended the call: BYE with {said.reason.words}.",
                [said.row],
                "RFC 3326, ITU-T Q.850",
            )


def _bye(conversation: CallTrace, world: Observed, side: str, own: list[Transaction]) -> Finding:
    """A side's BYE that got no 2xx."""
    bye = own[-1]
    shown = [bye.requests[0], *([bye.final] if bye.final else [])]
    theirs = [t for t in conversation.of("BYE") if t.requests and t not in own]
    crossed = theirs[0].requests[0] if theirs else None
    if bye.final is None:
        over = any(200 <= t.code < 300 for t in theirs)
        return _unanswered(conversation, world, side, bye, crossed, over)
    if bye.code in asking.CHALLENGES:
        return asking.challenge(conversation, own, world)
    said = cause(bye.final).said
    if bye.code in _HARMLESS and crossed is not None and crossed.at <= bye.final.at + _CROSSING:
        apart = seconds(abs((crossed.at - bye.requests[0].at).total_seconds()))
        return Finding.of(
            "pass",
            "dialog.bye",
            f"Both sides hung up, {apart} apart: the {side}'s BYE was refused with {said}, because "
            f"the {OTHER[side]} had ended the call itself. That is harmless.",
            [crossed, *shown],
            _RULE,
            advisory=True,
        )
    again = [row for row in bye.requests if row.at <= bye.final.at]
    if bye.code in _HARMLESS and len(again) > 1:
        return Finding.of(
            "pass",
            "dialog.bye",
            f"The {side}'s BYE was sent {len(again)} times before it was refused with {said}: the "
            f"{OTHER[side]} had taken the first one already, so both sides had hung up. That is "
            "harmless.",
            shown,
            _RULE,
            advisory=True,
        )
    routed = any(row.header("Record-Route") for row in conversation.rows)
    missing = routed and not bye.requests[0].header("Route")
    why = " The BYE has no Route, although the call was Record-Routed." if missing else ""
    there = where(bye.final.entry.source)
    meaning = _MEANING.get(bye.code, "that side may keep the call")
    return Finding.of(
        "fail",
        "dialog.lost",
        f"The {side}'s BYE was refused by {there} with {said}: {meaning}, and the other leg may "
        f"hang.{why}{paths.lost_way(conversation, bye.requests[0], world)}",
        shown,
        "RFC 3261 §12.2, §15",
    )


def _unanswered(
    conversation: CallTrace,
    world: Observed,
    side: str,
    bye: Transaction,
    crossed: TracedMessage | None,
    over: bool,
) -> Finding:
    times, other = len(bye.requests), f"{OTHER[side]} ({where(bye.server)})"
    first = bye.requests[0]
    if times == 1:
        return Finding.of(
            "inconclusive",
            "capture.ends",
            f"The {side}'s BYE has no answer in the capture, and was not repeated: the answer "
            "most likely came after the capture or bypassed it.",
            [first],
            remedy="",
            advisory=True,
        )
    sent = f"The {side}'s BYE was sent {counted(times, 'time')} and never answered by the {other}"
    if crossed is not None and over:
        return Finding.of(
            "pass",
            "dialog.bye",
            f"{sent}. That is harmless: the {OTHER[side]}'s own BYE had ended the call.",
            [crossed, first],
            _RULE,
            advisory=True,
        )
    if crossed is not None:
        return Finding.of(
            "fail",
            "dialog.bye",
            f"{sent}, which only sent a BYE of its own: both know that the call is over, and the "
            "repeated BYEs change nothing.",
            [first, crossed],
            "RFC 3261 §15.1.2",
        )
    return Finding.of(
        "fail",
        "dialog.lost",
        f"{sent}: that side does not know that the call is over."
        + paths.lost_way(conversation, first, world),
        [first],
        _RULE,
        remedy=f"See whether the BYE reaches {where(bye.server)}: the firewalls and NAT between, "
        "the Contact that it gave, and the Record-Route headers of the call (RFC 3261 §12.2).",
    )
