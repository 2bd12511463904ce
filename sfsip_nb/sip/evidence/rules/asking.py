"""A request and what came back: refused, challenged, or nothing at all."""

from collections.abc import Mapping, Sequence

from ...digest import AUTHENTICATE, AUTHORIZATION, digest_fields
from ...hops import LARGEST_DATAGRAM
from ...shown import plain, where
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import Fixes, cause, fix, fixes_of
from ..connections import Refusal
from ..finding import Finding, Observed, Verdict, named, seconds
from . import asked

CHALLENGES = tuple(AUTHENTICATE)
_REFUSALS: Mapping[Refusal, str] = {
    "icmp": "port closed (ICMP)",
    "refused": "connection refused",
    "unanswered": "nothing to the connection",
}

_INSTANT = 0.05
TIMER = 30.0
"""Seconds after which a sender has given up (timers B and F: 64 × T1 = 32 s, RFC 3261 §17)."""


def trouble(
    conversation: CallTrace, tries: Sequence[Transaction], world: Observed
) -> Finding | None:
    """Why the last of several tries failed; None if it was answered with 2xx or only provisional.

    `tries` are the same request to the same end: without and with credentials, redirected.
    """
    last = tries[-1]
    if 200 <= last.code < 300:
        return None
    if last.final is None:
        return None if last.responses else silence(conversation, last, world)
    if last.code in CHALLENGES:
        return challenge(conversation, tries, world)
    return _refusal(conversation, last, last.final)


def _refusal(conversation: CallTrace, last: Transaction, final: TracedMessage) -> Finding:
    """A final response that is no challenge and no success."""
    why = cause(final)
    rule, meaning = why.rule, why.meaning
    if final.code == 403 and last.authorized and why.source.startswith("status"):
        rule = "access.login" if last.method == "REGISTER" else "access.refused"
        meaning = (
            "a login was sent and refused: the user name, password or realm is wrong, or this user "
            "may not do this"
        )
    rule, meaning, remedy = asked.beyond(conversation, last, final, rule, meaning)
    request = last.requests[0] if last.requests else None
    what = named(request) if request else last.method
    took = f" after {seconds((final.at - request.at).total_seconds())}" if request else ""
    told = "" if meaning.lower() in why.said.lower() else f" – {meaning}"
    sentence = f"{what} was refused by {where(final.entry.source)}{took}: {why.said}{told}."
    origin = _origin(conversation, last, final.code)
    if origin is not None:
        sentence += f" The refusal comes from {where(origin.server)} behind it."
    rows = [*last.requests[:1], final]
    peer = peer_of(conversation, origin or last)
    return Finding.of(
        "fail", rule, sentence, rows, why.source, at=peer, remedy=remedy or fix(rule, peer)
    )


def challenge(conversation: CallTrace, tries: Sequence[Transaction], world: Observed) -> Finding:
    """A 401 or 407 was the last word."""
    last = tries[-1]
    assert last.final is not None
    challenged = [t for t in tries if t.code in CHALLENGES]
    shown = [row for t in challenged for row in (*t.requests[:1], t.final) if row]
    what = named(last.requests[0]) if last.requests else last.method
    who = where(last.final.entry.source)
    peer = peer_of(conversation, last)
    if not last.authorized:
        if world.after(last.final) < 1.0:
            return Finding.of(
                "inconclusive",
                "capture.ends",
                f"{what} was challenged by {who} ({last.code}), and the trace ends there.",
                shown,
                "RFC 3261 §22",
            )
        again = _redialed(conversation, world)
        more = " It asked again under a new Call-ID, which many peers refuse." if again else ""
        return Finding.of(
            "fail",
            "access.login",
            f"{who} asked for a login ({last.code}), and {what} was never sent with one.{more}",
            shown,
            "RFC 3261 §22",
            remedy=f"Give the sender user name and password for {last.method} too. "
            + fix("access.login", peer),
        )
    if differing := _other_uri(last):
        given, wanted = differing
        return Finding.of(
            "fail",
            "access.uri",
            f"{who} challenged {what} {len(challenged)} times: the login's uri is “{given}”, but "
            f"the Request-URI is “{wanted}”, so the digest cannot be right.",
            shown,
            "RFC 7616 §3.4",
        )
    asked_for = last.final.message.headers.getlist(AUTHENTICATE[last.code])
    if any(digest_fields(value).get("stale", "").lower() == "true" for value in asked_for):
        return Finding.of(
            "inconclusive",
            "access.login",
            f"{who} said that the nonce is stale, and {what} was not sent with the new one.",
            shown,
            "RFC 7616 §3.3",
            remedy="Capture until the call is over; a sender has to try again with the new nonce.",
        )
    return Finding.of(
        "fail",
        "access.login",
        f"{what} was sent with a login, and {who} asked for one again "
        f"({cause(last.final).said}): user name, password or realm are wrong.",
        shown,
        "RFC 3261 §22.2",
        at=peer,
    )


def silence(conversation: CallTrace, last: Transaction, world: Observed) -> Finding:
    """Not even a provisional response came."""
    first = last.requests[0] if last.requests else last.first
    server, what = where(last.server), named(first)
    waited, times = world.after(first), len(last.requests)
    peer = peer_of(conversation, last)
    sent = f"{what} went to {server} {times} times" if times > 1 else f"{what} went to {server}"
    verdict: Verdict = "fail"
    rule = "peer.silent"
    if how := world.refused(last.client, last.server):
        meaning = f", which said: {_REFUSALS[how]}."
        if how == "unanswered":
            verdict = "inconclusive"
    elif waited < TIMER and times < 6:
        verdict = "inconclusive"
        meaning = f" and was not answered in the {seconds(waited)} that the trace goes on."
        if waited < _INSTANT:
            meaning = " and was not answered in the moment that the trace still goes on."
    elif first.entry.transport == "udp" and times == 1:
        verdict = "inconclusive"
        meaning = (
            " and has no answer in the capture. It was not repeated either, as an unanswered one "
            "would be, so the answer may have bypassed the capture."
        )
    elif last.server[0] in world.speaking:
        meaning = f" and was never answered in {seconds(waited)}, though that host is there."
    else:
        verdict = "inconclusive"
        meaning = (
            f" and nothing came back in {seconds(waited)}. Nothing at all of that host is in the "
            "trace: it is silent or unreachable, or the capture sees only one direction."
        )
    if asked.hops(first) == 0:
        meaning += " It has Max-Forwards 0, with which no proxy passes it on."
    size = max((len(row.entry.data) for row in last.requests), default=0)
    if first.entry.transport == "udp" and size > LARGEST_DATAGRAM:
        meaning += (
            f" The request has {size} bytes: over UDP it is cut into fragments, which many "
            "firewalls drop."
        )
        rule = "message.size"
    if faults := [fault for row in last.requests[:1] for fault in row.entry.faults]:
        broken = f"{faults[0].rule} ({faults[0].text.rstrip('.')})"
        meaning += f" The request breaks {broken}: some peers drop it."
    remedy = fix("message.size") + " " if rule == "message.size" else ""
    remedy += fix("peer.silent", peer)
    return Finding.of(verdict, rule, sent + meaning, last.requests, "RFC 3261 §17.1", remedy=remedy)


def peer_of(conversation: CallTrace, transaction: Transaction) -> Fixes:
    """The fixes in the words of who answers a transaction."""
    host = transaction.server[0]
    return fixes_of(
        [row for row in conversation.rows if row.entry.source[0] == host],
        transaction.requests,
    )


def _origin(conversation: CallTrace, last: Transaction, code: int) -> Transaction | None:
    """The hop furthest from the caller that gave the same code, if it is another one."""
    further = (
        t
        for t in reversed(conversation.of(last.method))
        if t.code == code and t.client != last.client and t.requests and last.requests
        if t.requests[0].at >= last.requests[0].at
    )
    return next(further, None)


def _other_uri(transaction: Transaction) -> tuple[str, str] | None:
    """The uri of a login that is not the Request-URI, and the latter."""
    uris = (
        digest_fields(value).get("uri", "")
        for row in transaction.requests
        for name in AUTHORIZATION.values()
        for value in row.message.headers.getlist(name)
    )
    wanted = transaction.uri
    given = next((uri for uri in uris if uri and wanted and uri != wanted), "")
    return (plain(given, 100), plain(wanted, 100)) if given else None


def _redialed(conversation: CallTrace, world: Observed) -> bool:
    mine = conversation.rows[0]
    return any(
        other is not conversation
        and other.rows
        and other.rows[0].method == mine.method
        and other.rows[0].header("From").partition(";")[0] == mine.header("From").partition(";")[0]
        and other.rows[0].header("To") == mine.header("To")
        and 0 <= (other.began - conversation.ended).total_seconds() < 5
        for other in world.conversations
    )
