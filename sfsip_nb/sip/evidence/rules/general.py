"""What is not a call (registrations, OPTIONS, subscriptions), and what holds for any message."""

from collections.abc import Iterator
from dataclasses import replace

from ...hops import LARGEST_DATAGRAM
from ...shown import plain, where
from ..calls import CallTrace, Transaction
from ..causes import fix
from ..finding import Finding, Observed, named, numbers, seconds
from . import asking

_DECIDES = ("REGISTER", "OPTIONS")
_FAULTS = 4  # faults told of one conversation


def exchange(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Requests outside a call: each kind to each server, by its last try."""
    tries: dict[tuple[str, str], list[Transaction]] = {}
    for transaction in conversation.transactions:
        if transaction.requests and transaction.method != "CANCEL":
            tries.setdefault((transaction.method, transaction.server[0]), []).append(transaction)
    if not tries and conversation.rows:
        yield Finding(
            "inconclusive",
            "capture.begins",
            "Only responses are in the capture; what was asked is not.",
            "Start the capture earlier.",
            call_id=conversation.call_id,
            evidence=numbers(conversation.rows[:1]),
        )
    for (method, _), group in tries.items():
        last, advisory = group[-1], method not in _DECIDES
        found = asking.trouble(conversation, group, world)
        if found is None and last.final is None:
            found = _unfinished(conversation, last)
        if found is not None:
            # A peer that refuses OPTIONS or asks for a login is alive, which is all it asks.
            alive = method == "OPTIONS" and last.code in (401, 403, 404, 405, 407, 480, 501)
            if alive:
                found = _alive(conversation, last)
            yield found if not advisory else _aside(found)
            continue
        yield _good(conversation, group, advisory)


def _unfinished(conversation: CallTrace, last: Transaction) -> Finding:
    return Finding(
        "inconclusive",
        "capture.ends",
        f"{named(last.requests[0])} has only a provisional response in the capture.",
        "Capture until the request is answered.",
        call_id=conversation.call_id,
        evidence=numbers(last.rows),
    )


def _alive(conversation: CallTrace, last: Transaction) -> Finding:
    assert last.final is not None
    return Finding(
        "pass",
        "peer.answers",
        f"{where(last.server)} answers OPTIONS ({last.code}), so it is up and speaks SIP.",
        "",
        "RFC 3261 §11",
        conversation.call_id,
        numbers([last.requests[0], last.final]),
    )


def _aside(found: Finding) -> Finding:
    """Subscriptions and publications do not decide over calls."""
    return replace(found, advisory=True)


def _good(conversation: CallTrace, group: list[Transaction], advisory: bool) -> Finding:
    last = group[-1]
    assert last.final is not None
    took = seconds((last.final.at - last.requests[0].at).total_seconds())
    login = " with a login" if last.authorized else ""
    verb = {"REGISTER": "registered", "OPTIONS": "answered"}.get(last.method, "accepted")
    return Finding(
        "pass",
        "peer.answers",
        f"{named(last.requests[0])} was {verb}{login} by {where(last.server)} "
        f"({plain(last.final.entry.summary, 60)}, {took}).",
        call_id=conversation.call_id,
        evidence=numbers([last.requests[0], last.final]),
        advisory=advisory,
    )


def messages(conversation: CallTrace) -> Iterator[Finding]:
    """Messages that break a rule, each rule once, and requests too large for UDP."""
    told: dict[str, dict[str, list[int]]] = {}
    for number, entry in enumerate(conversation.entries, start=1):
        for fault in entry.faults:
            text = fault.text.rstrip(".")
            told.setdefault(fault.rule, {}).setdefault(text, []).append(number)
    for rule, texts in list(told.items())[:_FAULTS]:
        where_seen = sorted({number for seen in texts.values() for number in seen})
        text = "; ".join(list(texts)[:_FAULTS])
        place = ", ".join(map(str, where_seen[:4])) + (" …" if len(where_seen) > 4 else "")
        noun = "Message" if len(where_seen) == 1 else "Messages"
        verb = "breaks" if len(where_seen) == 1 else "break"
        yield Finding(
            "inconclusive",
            "message.malformed",
            f"{noun} {place} {verb} {rule}: {plain(text, 240)}.",
            fix("message.malformed"),
            rule,
            conversation.call_id,
            tuple(where_seen[:12]),
            advisory=True,
        )
    large = [
        row
        for row in conversation.rows
        if row.entry.transport == "udp"
        and row.is_request
        and len(row.entry.data) > LARGEST_DATAGRAM
    ]
    if large:
        size = max(len(row.entry.data) for row in large)
        yield Finding(
            "inconclusive",
            "message.size",
            f"{named(large[0])} has {size} bytes over UDP; beyond {LARGEST_DATAGRAM} it may be "
            "fragmented and then dropped by a firewall.",
            fix("message.size"),
            "RFC 3261 §18.1.1",
            conversation.call_id,
            numbers(large),
            advisory=True,
        )
