"""A call from its INVITE to its BYE, as far as signalling goes."""

from collections.abc import Iterator

from ...fields import name_addr, uri_parts, values
from ..calls import Conversation, Row, Transaction
from ..causes import cause, data, fix, plain, reasons
from ..finding import Finding, World, numbers, seconds, where
from . import asking

_PATIENCE = 20.0
"""Seconds of mere "100 Trying" or ringing after which nobody will answer."""

_RINGS = 60.0


def outcome(conversation: Conversation, world: World) -> Iterator[Finding]:
    """How the INVITE went, if it was not answered with 2xx or if the capture came too late."""
    attempts = conversation.attempts
    if conversation.answer is not None:
        return
    if not attempts:
        yield _without_begin(conversation)
        return
    last = attempts[-1]
    cancels = conversation.of("CANCEL")
    if last.code == 487 and cancels:
        yield _cancelled(conversation, last, cancels[0])
    elif 300 <= last.code < 400:
        yield _redirected(conversation, last)
    elif last.code in (480, 486, 600, 603) and _rang(last) and _own_word(last):
        yield _declined(conversation, last)
    elif found := asking.trouble(conversation, attempts, world):
        yield found
    else:
        yield _pending(conversation, last, world)


def _own_word(attempt: Transaction) -> bool:
    """Whether the status code alone tells, without a header that says why."""
    return attempt.final is not None and cause(attempt.final).source.startswith("status")


def _without_begin(conversation: Conversation) -> Finding:
    return Finding(
        "inconclusive",
        "capture.begins",
        "The capture begins in the middle of this call: its INVITE is not in it.",
        "Start the capture before the call.",
        "",
        conversation.call_id,
        numbers(conversation.rows[:1]),
    )


def _rang(attempt: Transaction) -> float | None:
    """Seconds of ringing until the final response, None if it never rang."""
    rings = [row for row in attempt.responses if row.code in (180, 181, 182, 183)]
    if not rings:
        return None
    until = attempt.final.at if attempt.final else attempt.responses[-1].at
    return (until - rings[0].at).total_seconds()


def _cancelled(conversation: Conversation, last: Transaction, cancel: Transaction) -> Finding:
    rang = _rang(last)
    state = "before it rang" if rang is None else f"after {seconds(rang)} of ringing"
    why = "".join(f" ({reason.words})" for reason in reasons(cancel.first)[:1])
    return Finding(
        "pass",
        "callee.cancelled",
        f"The caller gave up {state}{why}: CANCEL, then 487. Nothing in the signalling is broken.",
        "",
        "RFC 3261 §9",
        conversation.call_id,
        numbers([last.first, cancel.first, *last.responses[-1:]]),
    )


def _redirected(conversation: Conversation, last: Transaction) -> Finding:
    assert last.final is not None
    contacts = [plain(name_addr(v).uri, 80) for v in values(last.final.message.headers, "Contact")]
    target = contacts[0] if contacts else "nowhere: there is no Contact"
    return Finding(
        "inconclusive",
        "route.redirected",
        f"{where(last.server)} redirects the call ({cause(last.final).said}) to {target}; "
        "no INVITE to that place is in the capture.",
        fix("route.redirected", asking.peer_of(conversation, last)),
        "RFC 3261 §8.1.3.4",
        conversation.call_id,
        numbers([last.first, last.final]),
    )


def _declined(conversation: Conversation, last: Transaction) -> Finding:
    assert last.final is not None
    why = cause(last.final)
    rang = seconds(_rang(last) or 0.0)
    return Finding(
        "inconclusive",
        why.rule,
        f"It rang for {rang}, then {where(last.final.entry.source)} said {why.said} – "
        f"{why.meaning}. The signalling itself is in order.",
        fix(why.rule, asking.peer_of(conversation, last)),
        why.source,
        conversation.call_id,
        numbers([last.first, last.final]),
    )


def _pending(conversation: Conversation, last: Transaction, world: World) -> Finding:
    """100 or ringing, and no final response."""
    waited = world.after(last.first)
    heard = last.responses[-1]
    rang = any(row.code in (180, 181, 182, 183) for row in last.responses)
    state = "rang" if rang else f"was taken with {plain(heard.entry.summary, 60)}"
    given_up = bool(conversation.of("CANCEL"))
    patience = _RINGS if rang else _PATIENCE
    if waited < patience and not given_up:
        return Finding(
            "inconclusive",
            "capture.ends",
            f"The INVITE {state}, and the capture ends {seconds(waited)} after it without a final "
            "response.",
            "Capture until the call is over.",
            "",
            conversation.call_id,
            numbers([last.first, heard]),
        )
    ended = "the caller cancelled, which was not answered" if given_up else "no final response came"
    return Finding(
        "fail",
        "peer.slow",
        f"The INVITE {state} at {where(last.server)}, and in {seconds(waited)} {ended}.",
        fix("peer.slow", asking.peer_of(conversation, last)),
        "RFC 3261 §13.3.1",
        conversation.call_id,
        numbers([last.first, heard]),
    )


# -- after the answer ---------------------------------------------------------------------


def acknowledged(conversation: Conversation, world: World) -> Iterator[Finding]:
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
    shown = numbers([answer, *acks[:1], *repeats])
    if not acks and repeats:
        yield Finding(
            "fail",
            "dialog.ack",
            f"The 200 was sent {1 + len(repeats)} times and no ACK for it was seen: the answering "
            "side drops the call after 32 s.",
            fix("dialog.ack"),
            "RFC 3261 §13.3.1.4",
            conversation.call_id,
            shown,
        )
    elif not acks and not conversation.of("BYE"):
        yield Finding(
            "inconclusive",
            "capture.ends",
            f"The call was answered ({answer.code}), and the capture ends "
            f"{seconds(world.after(answer))} later, before the ACK.",
            "Capture until the call is over.",
            "",
            conversation.call_id,
            shown,
        )
    late = [row for row in repeats if acks and (row.at - acks[0].at).total_seconds() > 0.02]
    if late:
        yield Finding(
            "fail" if len(late) > 1 else "inconclusive",
            "dialog.ack",
            f"The 200 was repeated {len(late)} times after the ACK to {named_ack(acks[0])}: the "
            "ACK does not reach the answering side.",
            fix("dialog.ack"),
            "RFC 3261 §13.3.1.4",
            conversation.call_id,
            shown,
            advisory=len(late) == 1,
        )


def named_ack(ack: Row) -> str:
    """Where an ACK went."""
    return f"{plain(str(getattr(ack.message, 'uri', '')), 80)} at {where(ack.entry.destination)}"


def ended(conversation: Conversation, world: World) -> Iterator[Finding]:
    """The BYE: answered, refused, or lost (RFC 3261 §15)."""
    byes = conversation.of("BYE")
    if any(200 <= bye.code < 300 for bye in byes):
        yield from _abnormal(conversation, byes)
        return
    for bye in byes[-1:]:
        shown = numbers([*bye.requests[:1], *([bye.final] if bye.final else [])])
        side = "caller" if conversation.is_callers(bye.first) else "callee"
        if bye.final is None and not bye.requests:
            continue
        if bye.final is None and len(bye.requests) == 1:
            yield Finding(
                "inconclusive",
                "capture.ends",
                f"The {side}'s BYE has no answer in the capture, and was not repeated: the answer "
                "most likely came after the capture or beside it.",
                call_id=conversation.call_id,
                evidence=shown,
                advisory=True,
            )
        elif bye.final is None:
            yield Finding(
                "fail",
                "dialog.lost",
                f"The {side}'s BYE was sent {len(bye.requests)} times and never answered: the "
                "other side does not know that the call is over.",
                fix("dialog.lost"),
                "RFC 3261 §15",
                conversation.call_id,
                shown,
            )
        elif bye.code in asking.CHALLENGES:
            found = asking.challenge(conversation, byes, world)
            yield found
        else:
            yield _bye_refused(conversation, bye, side, shown)


def _bye_refused(
    conversation: Conversation, bye: Transaction, side: str, shown: tuple[int, ...]
) -> Finding:
    assert bye.final is not None
    routed = any(row.header("Record-Route") for row in conversation.rows)
    missing = routed and bye.requests and not bye.requests[0].header("Route")
    why = " The BYE has no Route, although the call was Record-Routed." if missing else ""
    after = " after the other side's own BYE" if len(conversation.of("BYE")) > 1 else ""
    return Finding(
        "fail",
        "dialog.lost",
        f"The {side}'s BYE was refused{after} with {cause(bye.final).said}: "
        f"the call is not known there, and the other leg may hang.{why}",
        fix("dialog.lost"),
        "RFC 3261 §12.2, §15",
        conversation.call_id,
        shown,
    )


def _abnormal(conversation: Conversation, byes: list[Transaction]) -> Iterator[Finding]:
    """A cause in the BYE that names a trouble of the network."""
    for bye in byes:
        for reason in reasons(bye.first)[:1]:
            entry = data()["q850"].get(reason.cause, {}) if reason.protocol == "Q.850" else {}
            if entry.get("rule", "").startswith("peer."):
                yield Finding(
                    "fail",
                    entry["rule"],
                    f"The call was ended by a trouble: BYE with {reason.words}.",
                    fix(entry["rule"]),
                    "RFC 3326, ITU-T Q.850",
                    conversation.call_id,
                    numbers([bye.first]),
                )
                return


def inside(conversation: Conversation, world: World) -> Iterator[Finding]:
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
        yield Finding(
            "fail" if lost else "pass",
            "dialog.lost" if lost else "dialog.refused",
            f"A {what} inside the call was refused with {said}: the peer has lost the call."
            if lost
            else f"A {what} inside the call was refused with {said}; the call went on as before.",
            fix("dialog.lost") if lost else "",
            "RFC 3261 §14.1",
            conversation.call_id,
            numbers([request.first, request.final]),
            advisory=not lost,
        )


def caller_number(conversation: Conversation) -> Iterator[Finding]:
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
    yield Finding(
        "inconclusive",
        "caller.missing",
        f"The call shows no caller number: {missing}{private}{other}.",
        fix("caller.missing"),
        "RFC 3323, RFC 3325",
        conversation.call_id,
        numbers([row]),
        advisory=True,
    )
