"""A request and what came back: refused, challenged, or nothing at all."""

from collections.abc import Mapping, Sequence

from ...digest import AUTHENTICATE, AUTHORIZATION, digest_fields
from ...fields import values
from ...hops import LARGEST_DATAGRAM
from ...shown import plain, where
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import Fixes, cause, fix, fixes_of
from ..connections import Refusal
from ..finding import Finding, Observed, Verdict, named, seconds

CHALLENGES = tuple(AUTHENTICATE)
_REFUSALS: Mapping[Refusal, str] = {
    "icmp": "port closed (ICMP)",
    "refused": "connection refused",
    "unanswered": "nothing to the connection",
}

_TIMER = 30.0
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
    if final.code == 405 and last.method == "REGISTER":
        rule, meaning = "registration.method", "this peer accepts no registrations"
    if rule.startswith("media"):
        rule, meaning = _offer(last, rule, meaning)
    request = last.requests[0] if last.requests else None
    asked = named(request) if request else last.method
    took = f" after {seconds((final.at - request.at).total_seconds())}" if request else ""
    told = "" if meaning.lower() in why.said.lower() else f" – {meaning}"
    sentence = f"{asked} was refused by {where(final.entry.source)}{took}: {why.said}{told}."
    origin = _origin(conversation, last, final.code)
    if origin is not None:
        sentence += f" The refusal comes from {where(origin.server)} behind it."
    rows = [*last.requests[:1], final]
    return Finding.of(
        "fail", rule, sentence, rows, why.source, at=peer_of(conversation, origin or last)
    )


def challenge(conversation: CallTrace, tries: Sequence[Transaction], world: Observed) -> Finding:
    """A 401 or 407 was the last word."""
    last = tries[-1]
    assert last.final is not None
    challenged = [t for t in tries if t.code in CHALLENGES]
    shown = [row for t in challenged for row in (*t.requests[:1], t.final) if row]
    asked = named(last.requests[0]) if last.requests else last.method
    who = where(last.final.entry.source)
    peer = peer_of(conversation, last)
    if not last.authorized:
        if world.after(last.final) < 1.0:
            return Finding.of(
                "inconclusive",
                "capture.ends",
                f"{asked} was challenged by {who} ({last.code}), and the trace ends there.",
                shown,
                "RFC 3261 §22",
            )
        again = _redialed(conversation, world)
        more = " It asked again under a new Call-ID, which many peers refuse." if again else ""
        return Finding.of(
            "fail",
            "access.login",
            f"{who} asked for a login ({last.code}), and {asked} was never sent with one.{more}",
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
            f"{who} challenged {asked} {len(challenged)} times: the login's uri is “{given}”, but "
            f"the Request-URI is “{wanted}”, so the digest cannot be right.",
            shown,
            "RFC 7616 §3.4",
        )
    asked_for = last.final.message.headers.getlist(AUTHENTICATE[last.code])
    if any(digest_fields(value).get("stale", "").lower() == "true" for value in asked_for):
        return Finding.of(
            "inconclusive",
            "access.login",
            f"{who} said that the nonce is stale, and {asked} was not sent with the new one.",
            shown,
            "RFC 7616 §3.3",
            remedy="Capture until the call is over; a sender has to try again with the new nonce.",
        )
    return Finding.of(
        "fail",
        "access.login",
        f"{asked} was sent with a login, and {who} asked for one again "
        f"({cause(last.final).said}): user name, password or realm are wrong.",
        shown,
        "RFC 3261 §22.2",
        at=peer,
    )


def silence(conversation: CallTrace, last: Transaction, world: Observed) -> Finding:
    """Not even a provisional response came."""
    first = last.requests[0] if last.requests else last.first
    server, asked = where(last.server), named(first)
    waited, times = world.after(first), len(last.requests)
    peer = peer_of(conversation, last)
    sent = f"{asked} went to {server} {times} times" if times > 1 else f"{asked} went to {server}"
    verdict: Verdict = "fail"
    rule = "peer.silent"
    if how := world.refused(last.client, last.server):
        meaning = f", which said: {_REFUSALS[how]}."
        if how == "unanswered":
            verdict = "inconclusive"
    elif waited < _TIMER and times < 6:
        verdict = "inconclusive"
        meaning = f" and was not answered in the {seconds(waited)} that the trace goes on."
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


def _offer(transaction: Transaction, rule: str, meaning: str) -> tuple[str, str]:
    """The answer to a 488 stands in the offer: what did it hold?"""
    offer = next((row.sdp for row in transaction.requests if row.sdp), None)
    if offer is None:
        body = any(row.message.body for row in transaction.requests)
        what = "the offer has no audio" if body else "the INVITE carries no offer"
        return rule, f"{meaning}; {what}"
    codecs = ", ".join(offer.codecs[:6]) or "no codec with a name"
    first = next(iter(values(transaction.requests[0].message.headers, "Via")), "")
    tls = transaction.first.entry.transport == "tls" or "/TLS" in first.upper()
    if not offer.port:
        return rule, f"{meaning}; the offer's audio has port 0, which means: none"
    if offer.profile.upper() not in ("RTP/AVP", "RTP/SAVP"):
        return "media.srtp", f"{meaning}; the offer is {offer.profile}, as browsers send it"
    if tls and not offer.secure and rule == "media.refused":
        return (
            "media.srtp",
            f"{meaning}; the offer is plain {offer.profile} over TLS signaling, where the peer "
            "may demand SRTP (RTP/SAVP)",
        )
    if not {"PCMU", "PCMA"} & set(offer.codecs):
        return "media.codec", f"{meaning}; the offer has no G.711, only {codecs}"
    return rule, f"{meaning}; the offer is {offer.profile} with {codecs}"
