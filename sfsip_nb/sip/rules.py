"""The rules that a message can break, each named by its place and told in a plain sentence.

A message that a peer builds in the common way is recognized by one pattern for each field;
only what differs from it is looked at piece by piece.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from sipmessage import Request, Response

from .fields import COOKIE, cseq, name_addr, number, split_list, via_parts

MAX_FAULTS = 25
"""Most faults kept of one message; a message of ten thousand bad lines tells no more than that."""

SIP = "RFC 3261 "


@dataclass(frozen=True)
class Violation:
    """A rule that a message breaks: the rule's place, and one sentence about what was seen.

    `code` is what a server answers to a request whose meaning the fault leaves in doubt: 400 or
    505 (RFC 3261 §21.4.1, §21.5.6). It is 0 where the meaning is plain all the same.
    """

    rule: str
    text: str
    code: int = 0


def shown(text: str, most: int = 60) -> str:
    """Text of a peer for a sentence: bounded, control characters escaped."""
    return repr(text if len(text) <= most else text[:most] + "…")


_REQUIRED = {"via": "Via", "from": "From", "to": "To", "call-id": "Call-ID", "cseq": "CSeq"}
# Fields of one value, and the answer to a second one.
_SINGLE = {
    **dict.fromkeys(("call-id", "cseq", "from", "to", "max-forwards", "content-length"), 400),
    **dict.fromkeys(("content-type", "refer-to", "replaces"), 400),
    **dict.fromkeys(("date", "expires", "event", "min-expires", "user-agent", "server"), 0),
}


def broken(message: Request | Response) -> Iterator[Violation]:
    """Rules that a message breaks beyond its framing."""
    headers = message.headers
    present = {name.lower(): name for name in headers.keys()}  # noqa: SIM118 (no mapping)
    for low, name in _REQUIRED.items():
        if low not in present:
            yield Violation(SIP + "§8.1.1", f"The {name} header field is missing.", 400)
    for low, name in present.items():
        given = headers.getlist(name)
        if len(given) > 1 and low in _SINGLE:
            said = f"{name} appears {len(given)} times; it may appear once."
            yield Violation(SIP + "§7.3.1", said, _SINGLE[low])
        if check := _CHECKS.get(low):
            for line in given:
                yield from check(name, line)
    yield from _sequence(message)
    if isinstance(message, Request):
        yield from _request(message, present)
    else:
        yield from _response(message, present)
    if message.body and "content-type" not in present:
        yield Violation(SIP + "§20.15", "There is a body, but no Content-Type says what it is.")


def _request(message: Request, present: dict[str, str]) -> Iterator[Violation]:
    headers = message.headers
    if "max-forwards" not in present:
        yield Violation(SIP + "§8.1.1.6", "The Max-Forwards header field is missing.")
    if "from" in present and not name_addr(headers["From"]).tag:
        yield Violation(
            SIP + "§8.1.1.3", "From has no tag; without one no dialog can be told apart."
        )
    if message.method == "INVITE":
        contacts = [c for line in headers.getlist("Contact") for c in split_list(line)]
        if len(contacts) != 1:
            said = f"An INVITE has to carry one Contact, this one has {len(contacts) or 'none'}."
            yield Violation(SIP + "§8.1.1.8", said)


def _response(message: Response, present: dict[str, str]) -> Iterator[Violation]:
    code = message.code
    if code > 100 and "to" in present and not name_addr(message.headers["To"]).tag:
        yield Violation(SIP + "§8.2.6.2", "To of the response has no tag.")
    if 200 <= code < 300 and "contact" not in present and cseq(message)[1] == "INVITE":
        said = "The 2xx to the INVITE has no Contact, so ACK and BYE have no address to go to."
        yield Violation(SIP + "§12.1.1", said)


def _sequence(message: Request | Response) -> Iterator[Violation]:
    text = message.headers.get("CSeq")
    if text is None:
        return
    count, method = cseq(message)
    if not 0 <= count < 2**31:
        said = f"CSeq is not a number below 2^31 and a method: {shown(text, 40)}."
        yield Violation(SIP + "§8.1.1.5", said, 400)
    elif isinstance(message, Request) and method != message.method:
        said = f"CSeq says {shown(method, 24)}, but the request is {shown(message.method, 24)}."
        yield Violation(SIP + "§8.1.1.5", said, 400)


def _up_to(
    most: int, rule: str, comment: bool = False
) -> Callable[[str, str], Iterator[Violation]]:
    """A check of a whole number; with `comment`, of the digits before `(` and `;` only."""

    def check(name: str, text: str) -> Iterator[Violation]:
        value = number(re.split(r"[(;]", text, maxsplit=1)[0] if comment else text)
        if value is None or value > most:
            yield Violation(SIP + rule, f"{name} is not a number up to {most}: {shown(text, 24)}.")

    return check


_PLAIN_VIA = re.compile(
    r"SIP/2\.0/(?:UDP|TCP|TLS|WSS?|SCTP) (?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:;[A-Za-z-]+(?:=[\w.!%*+`'~-]+)?)*",
    re.A,
)


def _vias(name: str, line: str) -> Iterator[Violation]:
    for value in split_list(line):
        via = via_parts(value)
        if via is None:
            said = f"A {name} names no transport and host: {shown(value)}."
            yield Violation(SIP + "§20.42", said, 400)
            continue
        if via.version != "2.0":
            yield Violation(SIP + "§20.42", f"A {name} is of version {shown(via.version, 12)}.")
        if via.branch == COOKIE:
            said = f"The branch of a {name} is the bare {COOKIE}, so it names no transaction."
            yield Violation(SIP + "§8.1.1.7", said)
        if _PLAIN_VIA.fullmatch(value) is None:
            yield from _parameters(name, value)
            if "[" in via.params.get("received", ""):
                said = f"received of a {name} is an address in brackets; it stands bare there."
                yield Violation(SIP + "§20.42", said)
    if re.search(r",\s*(?:,|$)", line):
        yield Violation(SIP + "§7.3.1", f"{name} has a comma with nothing behind it.", 400)


def _parameters(name: str, text: str) -> Iterator[Violation]:
    """Faults of the parameters in `text`; what stands before its first semicolon is passed over."""
    if '"' in text or ";" not in text:
        return
    names = [piece.partition("=")[0].strip().lower() for piece in text.split(";")[1:]]
    if "" in names:
        yield Violation(SIP + "§7.3.1", f"{name} has a semicolon with no parameter behind it.")
    for twice in ("tag", "branch"):
        if names.count(twice) > 1:
            yield Violation(SIP + "§7.3.1", f"{name} has more than one {twice}.", 400)


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_SIP_URI = (
    r"[Ss][Ii][Pp][Ss]?:(?:[\w.!~*'()&=+$,;?/%:#-]+@)?"
    r"[A-Za-z0-9.-]*[A-Za-z0-9](?::[0-9]{1,5})?(?:;[\w.%+!~*'()\[\]/:&$-]+(?:=[\w.%+!~*'()\[\]/:&$-]+)?)*"
)
_PARAMS = r"(?:;[\w.!%*+`'~-]+(?:=[\w.!%*+`'~-]+)?)*"
_PLAIN_ADDRESS = re.compile(
    rf'(?:"[^"\\]*" ?|[\w !%*+`\'~.-]*)<{_SIP_URI}>{_PARAMS}|{_SIP_URI}', re.A
)
_PLAIN_URI = re.compile(_SIP_URI, re.A)
_GENERIC_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+")
_SENT_TO = re.compile(_HOST)
_DISPLAY = re.compile(r"[\w\s.!%*+`'~-]*", re.A)


def of_uri(what: str, uri: str, rule: str, code: int = 0) -> Iterator[Violation]:
    """The fault of a URI, if any; `what` begins the sentence. Unknown schemes are legal (§8.2.2).

    `code` is the answer to a URI that leads nowhere.
    """
    if _PLAIN_URI.fullmatch(uri):
        return
    scheme, _, rest = uri.partition(":")
    host = re.split(r"[;?]", rest.partition("@")[2] or rest, maxsplit=1)[0]
    if not _GENERIC_URI.fullmatch(uri):
        yield Violation(rule, f"{what} is no URI: {shown(uri)}.", code)
    elif scheme.lower() not in ("sip", "sips"):
        return
    elif host.lower().startswith(("sip:", "sips:")):
        yield Violation(rule, f"{what} names its scheme twice: {shown(uri)}.", code)
    elif host.count(":") > 1 and "[" not in host:
        said = f"{what} has an IPv6 address without square brackets: {shown(host)}."
        yield Violation(rule, said, code)
    elif not _SENT_TO.fullmatch(host):
        yield Violation(rule, f"{what} has no valid host: {shown(host)}.", code)
    elif ":::" in host:
        # The first grammar of SIP made these; a robust reader takes them (RFC 5118 §4.10).
        said = f"{what} has an IPv6 address with three colons in a row: {shown(host)}."
        yield Violation("RFC 5118 §4.10", said)
    elif host.startswith("["):
        try:
            IPv6Address(host[1 : host.index("]")])
        except ValueError:
            yield Violation(rule, f"{what} has no valid IPv6 address: {shown(host)}.", code)


def _listed(name: str, line: str) -> Iterator[Violation]:
    for value in split_list(line):
        if value != "*" or name.lower() != "contact":
            yield from _address(name, value)


def _routes(name: str, line: str) -> Iterator[Violation]:
    for value in split_list(line):
        if "<" not in value:
            said = f"{name} has a URI without angle brackets: {shown(value)}."
            yield Violation(SIP + "§20.34", said)
        yield from _address(name, value)


def _address(name: str, value: str) -> Iterator[Violation]:
    if _PLAIN_ADDRESS.fullmatch(value):
        return
    rule = SIP + "§20.10"
    code = 400 if name.lower() in ("from", "to") else 0
    if _unclosed(value):
        yield Violation(rule, f"{name} has a quote that is never closed: {shown(value)}.", code)
    display, angle, rest = value.partition("<")
    if angle and not display.startswith('"') and not _DISPLAY.fullmatch(display):
        yield Violation(
            rule, f"{name} has a display name that needs quotes: {shown(display.strip())}."
        )
    if not angle and "?" in value:
        said = f"{name} has a URI with header fields that needs angle brackets: {shown(value)}."
        yield Violation(rule, said)
    if angle and re.search(r"^\s|\s>", rest):
        yield Violation(rule, f"{name} has space inside the angle brackets: {shown(value)}.")
    yield from of_uri(name, name_addr(value).uri, rule, code)
    yield from _parameters(name, rest.partition(">")[2] if angle else value)


def _unclosed(value: str) -> bool:
    """Quotes outside angle brackets do not come in pairs."""
    return len(re.sub(r'"(?:[^"\\]|\\.)*"|\\.', "", value, flags=re.S).split('"')) % 2 == 0


_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = re.compile(
    rf"(?:{_DAY}), [0-9]{{2}} (?:{_MONTH}) [0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} GMT"
)


def _date(name: str, text: str) -> Iterator[Violation]:
    if not _DATE.fullmatch(text):
        said = f"{name} is not of the form 'Sat, 13 Nov 2010 23:29:00 GMT': {shown(text)}."
        yield Violation(SIP + "§20.17", said)


def _warning(name: str, line: str) -> Iterator[Violation]:
    for value in split_list(line):
        if not re.match(r'[0-9]{3} [^\s"]+ "', value):
            said = f"{name} is not three digits, a host and a quoted text: {shown(value)}."
            yield Violation(SIP + "§20.43", said)


_SECONDS = 2**32 - 1

_CHECKS: dict[str, Callable[[str, str], Iterator[Violation]]] = {
    "via": _vias,
    **dict.fromkeys(("from", "to", "refer-to", "referred-by"), _address),
    **dict.fromkeys(("contact", "p-asserted-identity", "diversion"), _listed),
    **dict.fromkeys(("route", "record-route"), _routes),
    "max-forwards": _up_to(255, "§20.22"),
    "expires": _up_to(_SECONDS, "§20.19"),
    "min-expires": _up_to(_SECONDS, "§20.23"),
    "retry-after": _up_to(_SECONDS, "§20.33", comment=True),
    "date": _date,
    "warning": _warning,
}
