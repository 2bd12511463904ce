"""Requests inside a call, and its session timer (RFC 4028): refused, unanswered, or never sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...fields import number, parameters
from ...shown import counted, where
from ..calls import OTHER, CallTrace, TracedMessage, Transaction
from ..causes import cause
from ..finding import Finding, Observed, seconds
from . import asked, asking, endings, paths

_AT_ONCE, _SOON = 0.1, 2.0
"""Seconds within which a BYE is the answer to a refusal: to any, and to that of a refresh."""

_LOST = (408, 481)
"""What ends a dialog (RFC 3261 §12.2.1.2)."""

_NEAR = 3.0
"""Seconds around the time at which RFC 4028 §10 lets a call end."""

_USUAL = 1800
"""Seconds of the session interval that RFC 4028 §4.2 recommends."""


@dataclass(frozen=True)
class Interval:
    """A session interval: its seconds, who refreshes, and the message that agreed on it."""

    seconds: int
    refresher: str
    """`caller` or `callee`; empty where it was not said."""
    row: TracedMessage


def inside(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Requests in the dialog that failed, and a session timer that ran out."""
    failed = list(_failed(conversation))
    refused = [_refused(conversation, t, t.final) for t in failed if t.final is not None]
    lost = [t for t in failed if t.final is None and _given_up(t, world)]
    yield from refused
    for request in lost[:1]:
        yield _unanswered(conversation, request, world)
    if not lost and not any(finding.verdict == "fail" for finding in refused):
        yield from _ran_out(conversation)


def _failed(conversation: CallTrace) -> Iterator[Transaction]:
    """Requests in the dialog without success, each once, where it was first seen."""
    seen: set[tuple[str, str, int]] = set()
    told = conversation.of("INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS")
    for request in told:
        key = conversation.side(request.first), request.method, request.number
        if not request.in_dialog or key in seen:
            continue
        seen.add(key)
        again = (t for t in told if t.method == request.method and t.number > request.number)
        challenged = request.code in asking.CHALLENGES and next(again, None) is not None
        if not challenged and not 200 <= request.code < 300:
            yield request


def _given_up(request: Transaction, world: Observed) -> bool:
    """Whether a request without a final response was repeated, or could not be over TCP."""
    waited = world.after(request.requests[0])
    if request.requests[0].entry.transport == "udp":
        return len(request.requests) > 2
    return waited > asking.TIMER and not request.responses


def _refused(conversation: CallTrace, request: Transaction, final: TracedMessage) -> Finding:
    what, side = _name(request), conversation.side(request.first)
    said = cause(final).said
    shown = [request.first, final]
    refresh = _refreshes(conversation, request)
    ended = _ended_by(conversation, request, final, _SOON if refresh else _AT_ONCE)
    if ended is not None and request.code not in _LOST:
        then = seconds((ended.at - final.at).total_seconds())
        remedy = asked.timer(request.first, final)[1] if request.code == 422 else ""
        return Finding.of(
            "fail",
            "dialog.refresh" if refresh else "dialog.refused",
            f"The {side}'s {what}{refresh} was refused by the {OTHER[side]} "
            f"({where(final.entry.source)}) with {said}, and the {conversation.side(ended)} hung "
            f"up {then} later: the refusal ended the call.",
            [*shown, ended],
            "RFC 4028 §10, RFC 3261 §14.1" if refresh else "RFC 3261 §14.1",
            remedy=remedy
            or f"Let {where(final.entry.source)} accept the {what} with the same audio as "
            "before (RFC 3261 §14.2), or turn off the session timer at the other side.",
        )
    lost = request.code in _LOST
    then = ": the peer has lost the call" if lost else "; the call went on as before"
    return Finding.of(
        "fail" if lost else "pass",
        ("dialog.refresh" if refresh else "dialog.lost") if lost else "dialog.refused",
        f"The {side}'s {what}{refresh} was refused by {where(final.entry.source)} with "
        f"{said}{then}.",
        shown,
        "RFC 3261 §12.2.1.2, §14.1",
        advisory=not lost,
    )


def _ended_by(
    conversation: CallTrace, request: Transaction, final: TracedMessage, within: float
) -> TracedMessage | None:
    """The BYE that came of a refusal, not of a person who hung up after it."""
    if request.method not in ("INVITE", "UPDATE") or request.code == 491:
        return None
    byes = (t.first for t in conversation.of("BYE") if t.first.at >= final.at)
    return next((b for b in byes if (b.at - final.at).total_seconds() <= within), None)


def _unanswered(conversation: CallTrace, request: Transaction, world: Observed) -> Finding:
    first, side = request.requests[0], conversation.side(request.first)
    refresh = _refreshes(conversation, request)
    what = _name(request)
    byes = [t for t in conversation.of("BYE") if t.first.at >= first.at]
    shown = [first, *(t.first for t in byes[:1])]
    sentence = (
        f"The {side}'s {what}{refresh} was sent {counted(len(request.requests), 'time')} to "
        f"{where(request.server)} and never answered"
    )
    for bye in byes[:1]:
        sentence += f"; then the {conversation.side(bye.first)} ended the call"
        if bye.final is None and len(bye.requests) > 1:
            sentence += f", and its BYE, sent {len(bye.requests)} times, was not answered either"
    lost = f"The {OTHER[side]}'s side, or something between, has lost the dialog's path"
    if refresh:
        lost = f"The session timer was not refreshed. {lost}"
    return Finding.of(
        "fail",
        "dialog.refresh" if refresh else "dialog.lost",
        f"{sentence}. {lost}.{paths.lost_way(conversation, first, world)}",
        shown,
        "RFC 4028 §10" if refresh else "RFC 3261 §12.2",
        remedy=f"See what happens to requests from {where(request.client)} to "
        f"{where(request.server)} late in a call: a NAT or firewall that forgets UDP, a proxy that "
        "forgot the call, a peer that moved. Keep the path open with keep-alives or TCP.",
    )


def _name(request: Transaction) -> str:
    return "re-INVITE" if request.method == "INVITE" else request.method


def _refreshes(conversation: CallTrace, request: Transaction) -> str:
    """What makes a request a refresh of the session timer, as words; empty if it is none."""
    first = request.requests[0] if request.requests else None
    if first is None or request.method not in ("INVITE", "UPDATE"):
        return ""
    answer, agreed = conversation.answer, _agreed(conversation, first)
    own = number(first.header("Session-Expires").partition(";")[0])
    since = agreed.row if agreed else answer
    into = (first.at - since.at).total_seconds() if since else 0.0
    length = agreed.seconds if agreed else own
    event = "answer" if since is answer else "last refresh"
    after = f" {seconds(into)} after the {event}" if into else ""
    if length and abs(into - length / 2) <= max(_NEAR, length / 20):
        return f"{after}, at half of the Session-Expires of {length} s,"
    if own:
        return f"{after} (Session-Expires {own} s)"
    if abs(into - _USUAL / 2) <= _NEAR:
        return f"{after}, which is half of the usual session interval of {_USUAL} s,"
    return ""


def _agreed(conversation: CallTrace, before: TracedMessage) -> Interval | None:
    """The latest session interval that a 2xx agreed on before a message (RFC 4028 §9)."""
    told = [row for t in conversation.of("INVITE", "UPDATE") for row in t.responses]
    agreed = [row for row in told if 200 <= row.code < 300 and row.at < before.at]
    # One without the header turns the timer off (§7.2).
    for row in sorted(agreed, key=lambda row: row.at)[-1:]:
        value, mark, rest = row.header("Session-Expires").partition(";")
        asker = OTHER[conversation.side(row)]
        refresher = parameters(mark + rest).get("refresher", "").lower()
        who = {"uac": asker, "uas": OTHER[asker]}.get(refresher, "")
        return Interval(length, who, row) if (length := number(value)) else None
    return None


def _ran_out(conversation: CallTrace) -> Iterator[Finding]:
    """A BYE at the time at which an interval ends that nobody refreshed."""
    for bye in conversation.of("BYE")[:1]:
        agreed = _agreed(conversation, bye.first)
        said = endings.of(conversation, "dialog.refresh")
        if agreed is None:
            if said is not None:
                yield _timed_out(f"The {said.words}.", [said.row])
            return
        stood = (bye.first.at - agreed.row.at).total_seconds()
        side = conversation.side(bye.first)
        ends = (agreed.seconds, agreed.seconds - min(32, agreed.seconds / 3))
        due = any(abs(stood - end) <= _NEAR for end in ends) and side != agreed.refresher
        if due or said is not None:
            whose = f" by the {agreed.refresher}" if agreed.refresher else ""
            why = f"; its BYE says {said.reason.words}" if said else ""
            if stood < agreed.seconds / 2 - _NEAR:
                why += ", before a refresh was due: it reckons with another interval"
            yield _timed_out(
                f"The {side} ended the call {seconds(stood)} after a session timer of "
                f"{agreed.seconds} s was agreed on, and no refresh{whose} (re-INVITE or UPDATE, "
                f"due at {seconds(agreed.seconds / 2)}) went through{why}.",
                [agreed.row, bye.first],
            )


def _timed_out(sentence: str, rows: list[TracedMessage]) -> Finding:
    return Finding.of("fail", "dialog.refresh", sentence, rows, "RFC 4028 §10")
