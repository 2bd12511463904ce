"""What is not a call (registrations, OPTIONS, subscriptions), and what holds for any message."""

from collections.abc import Iterator
from dataclasses import replace

from ...hops import LARGEST_DATAGRAM
from ...shown import plain, where
from ..calls import CallTrace, Transaction
from ..causes import fix
from ..finding import Finding, Observed, named, seconds
from . import asking

_DECIDES = ("REGISTER", "OPTIONS")
"""Subscriptions and publications do not decide over calls."""

_FAULTS = 4  # faults told of one conversation


def exchange(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Requests outside a call: each kind to each server, by its last try."""
    tries: dict[tuple[str, str], list[Transaction]] = {}
    for transaction in conversation.transactions:
        if transaction.requests and transaction.method != "CANCEL":
            tries.setdefault((transaction.method, transaction.server[0]), []).append(transaction)
    if not tries and conversation.rows:
        yield Finding.of(
            "inconclusive",
            "capture.begins",
            "Only responses are in the capture; what was asked is not.",
            conversation.rows[:1],
            remedy="Start the capture earlier.",
        )
    for (method, _), group in tries.items():
        last = group[-1]
        found = asking.trouble(conversation, group, world)
        # A peer that refuses OPTIONS or asks for a login is alive, which is all it asks.
        if method == "OPTIONS" and last.code in (401, 403, 404, 405, 407, 480, 483, 501):
            found = _alive(last)
        elif found is None:
            found = _good(last) if last.final else _unfinished(last)
        yield replace(found, advisory=method not in _DECIDES)


def _unfinished(last: Transaction) -> Finding:
    return Finding.of(
        "inconclusive",
        "capture.ends",
        f"{named(last.requests[0])} has only a provisional response in the capture.",
        [*last.requests, *last.responses],
        remedy="Capture until the request is answered.",
    )


def _alive(last: Transaction) -> Finding:
    assert last.final is not None
    return Finding.of(
        "pass",
        "peer.answers",
        f"{where(last.server)} answers OPTIONS ({last.code}), so it is up and speaks SIP.",
        [last.requests[0], last.final],
        "RFC 3261 §11",
    )


def _good(last: Transaction) -> Finding:
    assert last.final is not None
    took = seconds((last.final.at - last.requests[0].at).total_seconds())
    login = " with a login" if last.authorized else ""
    verb = {"REGISTER": "registered", "OPTIONS": "answered"}.get(last.method, "accepted")
    return Finding.of(
        "pass",
        "peer.answers",
        f"{named(last.requests[0])} was {verb}{login} by {where(last.server)} "
        f"({plain(last.final.entry.summary, 60)}, {took}).",
        [last.requests[0], last.final],
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
        say = "Message {} breaks" if len(where_seen) == 1 else "Messages {} break"
        yield Finding(
            "inconclusive",
            "message.malformed",
            f"{say.format(place)} {rule}: {plain(text, 240)}.",
            fix("message.malformed"),
            rule,
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
        yield Finding.of(
            "inconclusive",
            "message.size",
            f"{named(large[0])} has {size} bytes over UDP; beyond {LARGEST_DATAGRAM} it may be "
            "fragmented and then dropped by a firewall.",
            large,
            "RFC 3261 §18.1.1",
            advisory=True,
        )
