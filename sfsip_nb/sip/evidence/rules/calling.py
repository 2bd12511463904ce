"""A call until it is answered: refused, canceled, redirected, or still open."""

from collections.abc import Iterator

from ...fields import name_addr, uri_parts, values
from ...shown import counted, plain, where
from ..calls import CallTrace, Transaction
from ..causes import cause, reasons
from ..finding import Finding, Observed, seconds
from . import asking

_PATIENCE = 20.0
"""Seconds of mere "100 Trying" or ringing after which nobody will answer."""

_RINGS = 60.0


def outcome(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """How the INVITE went, if it was not answered with 2xx or if the capture came too late."""
    attempts = conversation.attempts
    if conversation.answer is not None:
        return
    if not attempts:
        yield _begun(conversation)
        return
    last = attempts[-1]
    cancels = conversation.of("CANCEL")
    if last.code == 487 and cancels:
        yield _cancelled(last, cancels[0])
    elif 300 <= last.code < 400:
        yield _redirected(conversation, last)
    elif last.code in (480, 486, 600, 603) and _rang(last) and _own_word(last):
        yield _declined(conversation, last)
    elif found := asking.trouble(conversation, attempts, world):
        yield found
    else:
        yield _pending(conversation, last, world)


def _begun(conversation: CallTrace) -> Finding:
    """The INVITE is not in the capture: what there is instead."""
    rows = conversation.rows
    first, hosts = rows[0], {row.entry.source for row in rows}
    what = "The capture begins in the middle of this call: its INVITE is not in it."
    methods = {row.method for row in rows if row.is_request}
    asked = [row for row in rows if row.is_request]
    if methods == {"CANCEL"} or (len(methods) == 1 and asked == rows):
        way = f"from {where(asked[0].entry.source)} to {where(asked[0].entry.destination)}"
        said = [row for row in rows if not row.is_request]
        only = f"{counted(len(asked), asked[0].method)} {way}"
        if said:
            only += f", answered with {plain(said[0].entry.summary, 60)}"
        what = f"The capture holds only {only}: the INVITE is not in it."
    elif len(hosts) == 1 and not methods:
        what = (
            f"Only the responses of {where(first.entry.source)} are in the capture "
            f"({plain(rows[-1].entry.summary, 60)} at last): what was asked is not."
        )
    return Finding.of("inconclusive", "capture.begins", what, rows)


def _own_word(attempt: Transaction) -> bool:
    """Whether the status code alone tells, without a header that says why."""
    return attempt.final is not None and cause(attempt.final).source.startswith("status")


def _rang(attempt: Transaction) -> float | None:
    """Seconds of ringing until the final response, None if it never rang."""
    rings = [row for row in attempt.responses if row.code in (180, 181, 182, 183)]
    if not rings:
        return None
    until = attempt.final.at if attempt.final else attempt.responses[-1].at
    return (until - rings[0].at).total_seconds()


def _cancelled(last: Transaction, cancel: Transaction) -> Finding:
    rang = _rang(last)
    state = "before it rang" if rang is None else f"after {seconds(rang)} of ringing"
    why = "".join(f" ({reason.words})" for reason in reasons(cancel.first.message.headers)[:1])
    return Finding.of(
        "pass",
        "callee.cancelled",
        f"The caller gave up {state}{why}: CANCEL, then 487. Nothing in the signaling is broken.",
        [last.first, cancel.first, *last.responses[-1:]],
        "RFC 3261 §9",
    )


def _redirected(conversation: CallTrace, last: Transaction) -> Finding:
    assert last.final is not None
    contacts = [plain(name_addr(v).uri, 80) for v in values(last.final.message.headers, "Contact")]
    target = contacts[0] if contacts else "nowhere: there is no Contact"
    return Finding.of(
        "inconclusive",
        "route.redirected",
        f"{where(last.server)} redirects the call ({cause(last.final).said}) to {target}; "
        "no INVITE to that place is in the capture.",
        [last.first, last.final],
        "RFC 3261 §8.1.3.4",
        at=asking.peer_of(conversation, last),
    )


def _declined(conversation: CallTrace, last: Transaction) -> Finding:
    assert last.final is not None
    why = cause(last.final)
    rang = seconds(_rang(last) or 0.0)
    return Finding.of(
        "inconclusive",
        why.rule,
        f"It rang for {rang}, then {where(last.final.entry.source)} said {why.said} – "
        f"{why.meaning}. The signaling itself is in order.",
        [last.first, last.final],
        why.source,
        at=asking.peer_of(conversation, last),
    )


def _pending(conversation: CallTrace, last: Transaction, world: Observed) -> Finding:
    """100 or ringing, and no final response."""
    waited = world.after(last.first)
    heard = last.responses[-1]
    rang = _rang(last) is not None
    state = "rang" if rang else f"was taken with {plain(heard.entry.summary, 60)}"
    given_up = bool(conversation.of("CANCEL"))
    patience = _RINGS if rang else _PATIENCE
    if waited < patience and not given_up:
        return Finding.of(
            "inconclusive",
            "capture.ends",
            f"The INVITE {state}, and the capture ends {seconds(waited)} after it without a final "
            "response.",
            [last.first, heard],
        )
    ended = (
        "the caller canceled, and that was not answered" if given_up else "no final response came"
    )
    return Finding.of(
        "fail",
        "peer.slow",
        f"The INVITE {state} at {where(last.server)}, and in {seconds(waited)} {ended}.",
        [last.first, heard],
        "RFC 3261 §13.3.1",
        at=asking.peer_of(conversation, last),
    )


def caller_number(conversation: CallTrace) -> Iterator[Finding]:
    """A From that carries no caller number."""
    if not conversation.attempts:
        return
    row = conversation.attempts[0].first
    uri = uri_parts(name_addr(row.header("From")).uri)
    asserted = row.header("P-Asserted-Identity")
    if uri.user.lower() in ("anonymous", "unknown", "restricted", "unavailable"):
        missing = f"From is “{plain(uri.user, 30)}”"
    elif uri.host in ("localhost", "127.0.0.1") and row.entry.source[0] not in ("127.0.0.1", "::1"):
        missing = f"the host in From is {plain(uri.host, 30)}"
    else:
        return
    private = f"; Privacy: {plain(row.header('Privacy'), 30)}" if row.header("Privacy") else ""
    other = f"; the number stands in P-Asserted-Identity: {plain(asserted)}" if asserted else ""
    yield Finding.of(
        "inconclusive",
        "caller.missing",
        f"The call shows no caller number: {missing}{private}{other}.",
        [row],
        "RFC 3323, RFC 3325",
        advisory=True,
    )
