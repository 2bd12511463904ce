"""Header fields read without raising, and small makers of identifiers.

`sipmessage` has typed accessors; they raise on what real peers send and cost more than the
rest of a transaction, so the user agent reads fields with these functions instead.

Each takes time in proportion to its text, whatever that is: a pattern that could try again from
every character would let one datagram stop an agent for minutes. Texts repeat in a transaction,
so the latest results are kept.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote as percent_decoded

from sipmessage import URI, Headers, Message

COOKIE = "z9hG4bK"
"""Every branch of an RFC 3261 element begins with this (RFC 3261 §8.1.1.7)."""

ExtraHeaders = Mapping[str, str | list[str]]
"""Headers to add to a message: one value, or a list of values."""

MAX_PORT = 65_535

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^>]*>?|,', re.S)
_PARAM = re.compile(r';[ \t]*([^=;\s"]+)[ \t]*(?:=[ \t]*("(?:[^"\\]|\\.)*"?|[^;]*))?', re.S)
_UNSENT = re.compile(r"[\x00-\x20\x7f]+")


@dataclass(frozen=True)
class NameAddr:
    """A name-addr or addr-spec with its header parameters (RFC 3261 §20.10)."""

    uri: str
    name: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The dialog tag, empty if there is none (RFC 3261 §19.3)."""
        return self.params.get("tag", "")


def token(length: int = 8) -> str:
    """Random lower-case hexadecimal identifier."""
    return secrets.token_hex(length)


def new_branch() -> str:
    """A branch unique in space and time (RFC 3261 §8.1.1.7)."""
    return COOKIE + token(8)


def parameters(text: str) -> dict[str, str]:
    """`;a=b;c` as a dictionary with lower-case names; quotes removed, flags are empty.

    Of a name that stands twice, against RFC 3261 §7.3.1, the first counts.
    """
    found: dict[str, str] = {}
    if '"' in text:
        pairs = _PARAM.findall(text)
    else:
        pairs = []
        for piece in text.split(";")[1:]:
            name, _, value = piece.partition("=")
            pairs.append((name.strip(), value))
    for name, value in pairs:
        if name:
            found.setdefault(name.lower(), unquote(value.strip()))
    return found


def unquote(text: str) -> str:
    """Contents of a quoted-string, or the text itself (RFC 3261 §25.1)."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
        return re.sub(r"\\(.)", r"\1", text, flags=re.S) if "\\" in text else text
    return text


def split_list(value: str) -> list[str]:
    """Split a header value at the commas outside quotes and angle brackets (RFC 3261 §7.3.1)."""
    if "," not in value:
        value = value.strip()
        return [value] if value else []
    cuts = [mark.start() for mark in _MARKS.finditer(value) if mark[0] == ","]
    parts = (
        value[start:end].strip()
        for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(value)], strict=True)
    )
    return [part for part in parts if part]


def values(headers: Headers, name: str) -> list[str]:
    """All values of a list header, over all its lines, in order (RFC 3261 §7.3.1)."""
    return [value for line in headers.getlist(name) for value in split_list(line)]


@lru_cache(256)
def name_addr(value: str) -> NameAddr:
    """Read From, To, Contact, Route, Refer-To ...; anything is accepted (RFC 3261 §20.10)."""
    value = value.strip()
    quoted_name = _QUOTED.match(value)
    # A quote that is never closed hides nothing: the address begins at the bracket all the same.
    opened = value.find("<", quoted_name.end() if quoted_name else 0)
    if opened >= 0:
        uri, _, rest = value[opened + 1 :].partition(">")
        return NameAddr(uri.strip(), unquote(value[:opened].strip()), parameters(rest))
    # Without angle brackets, parameters belong to the header (RFC 3261 §20.10).
    uri, mark, rest = value.partition(";")
    return NameAddr(uri.strip(), "", parameters(mark + rest))


class ReadUri(URI):
    """A URI that prints as it came, whatever it holds; `uri_parts` takes it apart."""

    text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "text", text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ReadUri({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URI) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.text)


def parse_uri(text: str) -> URI:
    """A URI for a start line. White space and control characters, which no URI holds, go."""
    return ReadUri(_UNSENT.sub("", text))


@dataclass(frozen=True)
class UriParts:
    """Parts of a SIP or tel URI, as far as they can be told (RFC 3261 §19.1.1, RFC 3966 §3)."""

    scheme: str
    user: str
    host: str
    port: int | None
    params: Mapping[str, str]
    headers: Mapping[str, str]


_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^:;?>\s]*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<params>;[^?]*)?(?:\?(?P<headers>.*))?",
    re.S,
)


@lru_cache(256)
def uri_parts(text: str) -> UriParts:
    """Take a URI apart; a text that is none gives empty parts. A tel number counts as user."""
    match = _URI.match(text.strip())
    if match is None:
        return UriParts("", "", "", None, {}, {})
    scheme, user, host = match["scheme"].lower(), match["user"] or "", match["host"]
    if scheme == "tel":
        user, host = re.sub(r"[-.()]", "", host), ""
    headers = {}
    for pair in (match["headers"] or "").split("&"):
        name, _, value = pair.partition("=")
        if name:
            headers[percent_decoded(name)] = percent_decoded(value)
    return UriParts(
        scheme=scheme,
        user=percent_decoded(user.partition(":")[0].partition(";")[0]),
        host=host.strip("[]").lower().rstrip("."),
        port=_port(match["port"]),
        params=parameters(match["params"] or ""),
        headers=headers,
    )


def _port(text: str | None) -> int | None:
    """A port that a socket can have; a larger one would close the socket that sends to it."""
    port = int(text) if text else None
    return port if port is not None and port <= MAX_PORT else None


def header(message: Message, name: str, default: str = "") -> str:
    """First value of a header, `default` if absent."""
    return message.headers.get(name) or default


def cseq(message: Message) -> tuple[int, str]:
    """CSeq number and method; (-1, "") if unreadable (RFC 3261 §20.16)."""
    parts = header(message, "CSeq").split()
    count = number(parts[0]) if len(parts) == 2 else None
    return (-1, "") if count is None else (count, parts[1])


def number(text: str) -> int | None:
    """Decimal digits as a number; None for anything else and from 10^12 on."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    text = text.lstrip("0") or "0"
    return int(text) if len(text) <= 12 else None


@dataclass(frozen=True)
class ViaParts:
    """One Via as needed to match and to answer (RFC 3261 §20.42)."""

    version: str
    transport: str
    host: str
    port: int | None
    params: Mapping[str, str]

    @property
    def branch(self) -> str:
        """The transaction's identifier; empty if there is none."""
        return self.params.get("branch", "")


_SENT_BY = re.compile(r"(\[[^\]]*\]|[^:\s]+) ?(?:: ?([0-9]{1,5}))?")


@lru_cache(256)
def via_parts(value: str) -> ViaParts | None:
    """Read one Via value; None where it names no transport or no host."""
    head, mark, rest = value.partition(";")
    protocol, _, sent_by = re.sub(r" ?/ ?", "/", " ".join(head.split())).partition(" ")
    name, _, tail = protocol.partition("/")
    version, _, transport = tail.partition("/")
    place = _SENT_BY.fullmatch(sent_by)
    if not (name.upper() == "SIP" and version and transport and place):
        return None
    return ViaParts(version, transport.lower(), place[1], _port(place[2]), parameters(mark + rest))


def top_via(message: Message) -> ViaParts | None:
    """The topmost Via, None where it is absent or unreadable."""
    lines = message.headers.getlist("Via")
    first = split_list(lines[0]) if lines else []
    return via_parts(first[0]) if first else None


def add_headers(message: Message, extra: ExtraHeaders | None) -> None:
    """Set extra headers; line breaks in a value become spaces, so that none can be smuggled in."""
    for name, given in (extra or {}).items():
        lines = [given] if isinstance(given, str) else list(given)
        clean = [re.sub(r"[\r\n]+\s*", " ", line) for line in lines]
        message.headers.setlist(re.sub(r"[^\w.!%*+`'~-]", "", name), clean)


def quoted(text: str) -> str:
    """A quoted-string (RFC 3261 §25.1)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
