"""Genesys Cloud's leg to Synthflow in words: what became of it, whose login, where audio goes."""

from __future__ import annotations

from collections.abc import Iterator

from sfsip_nb.platforms.genesys.trace import Leg
from sfsip_nb.sip.addresses import is_private
from sfsip_nb.sip.digest import AUTHORIZATION, digest_fields
from sfsip_nb.sip.evidence.calls import CallTrace, Transaction
from sfsip_nb.sip.evidence.causes import cause
from sfsip_nb.sip.fields import name_addr, uri_parts
from sfsip_nb.sip.shown import counted, plain, where
from sfsip_nb.sip.trace import Address

_ASKED = {"WWW-Authenticate": (401,), "Proxy-Authenticate": (407,)}


def told(leg: Leg) -> str:
    """What became of the leg's INVITE: `403 Forbidden after 1 login to sip:…;transport=udp, …`."""
    talk = leg.talk
    if talk is None:
        return _untraced(leg)
    last = talk.attempts[-1]
    request = last.requests[0]
    target = plain(f"{last.uri};transport={request.entry.transport}")
    server = where(request.entry.destination)
    words = [
        f"{_answer(talk, last)} {_login(talk)} to {target} ({server})",
        f"from {plain(caller_of(talk))}",
    ]
    return ", ".join([*words, *_credentials(talk)])


def caller_of(talk: CallTrace) -> str:
    """The caller that the leg's INVITE names: a number, or a word where it is none."""
    uri = name_addr(talk.attempts[-1].requests[0].header("From")).uri
    return "anonymous" if uri.endswith("anonymous.invalid") else uri_parts(uri).user or "nobody"


def _untraced(leg: Leg) -> str:
    why = ", ".join([*leg.errors, *(f"SIP {code}" for code in leg.codes)])
    said = f" ({why})" if why else ""
    if leg.unread:
        return f"its SIP messages cannot be read: {leg.unread}{said}"
    if leg.errors:
        return f"no SIP message: the call never left Genesys{said}"
    return f"no SIP message of a leg to Synthflow{said}"


def _answer(talk: CallTrace, last: Transaction) -> str:
    rings = [row for row in last.responses if 100 < row.code < 200]
    if last.final is None:
        after = f" after {rings[0].code} {plain(rings[0].phrase, 40)}" if rings else ""
        if last.responses:
            return f"no final answer{after}"
        return f"no answer (sent {counted(len(last.requests), 'time')})"
    rung = " (it had rung)" if rings and last.code >= 300 else ""
    canceled = ", as Genesys canceled it," if last.code == 487 and talk.of("CANCEL") else ""
    return f"{cause(last.final).said}{rung}{canceled}"


def _login(talk: CallTrace) -> str:
    logins = sum(attempt.authorized for attempt in talk.attempts)
    if logins:
        return f"after {counted(logins, 'login')}"
    asked = any(attempt.code in (401, 407) for attempt in talk.attempts)
    return "without the login that was asked for" if asked else "without a login"


def _credentials(talk: CallTrace) -> Iterator[str]:
    """Whose login in which realm, and what was asked for where that is another one."""
    last = talk.attempts[-1].requests[0]
    given = next(
        (digest_fields(last.header(name)) for name in AUTHORIZATION.values() if last.header(name)),
        {},
    )
    if given:
        yield f"user “{plain(given.get('username', ''))}” of “{plain(given.get('realm', ''))}”"
    if given and given.get("uri") != last.uri:
        yield f"digest uri “{plain(given.get('uri', ''))}”"
    asked = [
        digest_fields(attempt.final.header(name)).get("realm", "")
        for attempt in talk.attempts
        if attempt.final is not None
        for name, codes in _ASKED.items()
        if attempt.code in codes
    ]
    if asked and asked[-1] != given.get("realm"):
        yield f"asked for realm “{plain(asked[-1])}”"


def media_of(leg: Leg) -> tuple[Address | None, Address | None]:
    """Where Genesys and Synthflow want audio sent to, as the last SDP of each says."""
    ends: dict[str, Address] = {}
    for row in leg.talk.rows if leg.talk else ():
        if row.sdp is not None and leg.talk:
            ends[leg.talk.side(row)] = row.sdp.remote
    return ends.get("caller"), ends.get("callee")


def media_told(address: Address) -> str:
    """`203.0.113.10:20000`, and whether it is an address that nobody outside can send to."""
    private = ", a private address" if is_private(address[0]) else ""
    return plain(where(address)) + private
