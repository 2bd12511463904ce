"""Dead hops: the caller waits in silence while nobody answers there."""

from collections.abc import Iterator

from ...fields import uri_parts
from ...shown import counted, plain, where
from ..calls import CallTrace, Transaction
from ..finding import Finding, seconds

_LONG = 3.0
"""Seconds of waiting that a caller notices."""


def dead(conversation: CallTrace) -> Iterator[Finding]:
    """Targets that never answered while others did, and the time that they cost (§16.7)."""
    tried = [t for t in conversation.of("INVITE") if t.requests and not t.in_dialog]
    silent = [t for t in tried if not t.responses and _waited_for(t)]
    if not silent:
        return
    # What rings, or answers, at the same time costs nothing: it was forked to both.
    began = silent[0].first.at
    heard = [row.at for t in tried for row in t.responses if row.code >= 180 and row.at > began]
    until = min(heard, default=began)
    lost = (until - began).total_seconds()
    if lost < _LONG:
        return
    within = [t for t in silent if t.first.at < until]
    yield Finding.of(
        "inconclusive",
        "route.dead",
        f"The caller waited {seconds(lost)} in silence: {_named(within)} never answered.",
        [t.first for t in within],
        "RFC 3261 §16.6, §17.1.1",
        advisory=True,
    )


def _waited_for(attempt: Transaction) -> bool:
    """Whether an answer would be here: it was asked for again, or over a connection."""
    return len(attempt.requests) > 1 or attempt.first.entry.transport != "udp"


def _named(silent: list[Transaction]) -> str:
    hosts = list(dict.fromkeys(where(t.server) for t in silent))
    users = [plain(uri_parts(t.uri).user, 30) for t in silent]
    targets = f"{counted(len(silent), 'target')} ({', '.join(users[:6])})"
    return f"{targets} at {', '.join(hosts[:3])}"
