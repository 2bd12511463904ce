"""Header fields read without raising, and small makers of identifiers.

`sipmessage` has typed accessors; they raise on what real peers send and cost more than the
rest of a transaction, so the user agent reads fields with these functions instead.
"""

import re
import secrets
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from sipmessage import URI, Headers, Message

COOKIE = "z9hG4bK"
"""Every branch of an RFC 3261 element begins with this (RFC 3261 §8.1.1.7)."""

ExtraHeaders = Mapping[str, str | list[str]]
"""Headers to add to a message: one value, or a list of values."""

_SPLIT = re.compile(r'"(?:\\.|[^"\\])*"?|<[^>]*>?|[^",<]+|,')
_PARAM = re.compile(r';\s*([^=;\s"]+)\s*(?:=\s*("(?:\\.|[^"\\])*"?|[^;]*))?')
_NAME_ADDR = re.compile(r'^\s*("(?:\\.|[^"\\])*"|[^<"]*)\s*<([^>]*)>?(.*)$', re.S)


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
    """`;a=b;c` as a dictionary with lower-case names; quotes removed, flags are empty."""
    return {name.lower(): unquote(value.strip()) for name, value in _PARAM.findall(text)}


def unquote(text: str) -> str:
    """Contents of a quoted-string, or the text itself (RFC 3261 §25.1)."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def split_list(value: str) -> list[str]:
    """Split a header value at the commas outside quotes and angle brackets (RFC 3261 §7.3.1)."""
    parts = [""]
    for piece in _SPLIT.findall(value):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def values(headers: Headers, name: str) -> list[str]:
    """All values of a list header, over all its lines, in order (RFC 3261 §7.3.1)."""
    return [value for line in headers.getlist(name) for value in split_list(line)]


def name_addr(value: str) -> NameAddr:
    """Read From, To, Contact, Route, Refer-To ...; anything is accepted (RFC 3261 §20.10)."""
    if match := _NAME_ADDR.match(value):
        name, uri, rest = match.groups()
        return NameAddr(uri.strip(), unquote(name.strip()), parameters(rest))
    # Without angle brackets, parameters belong to the header (RFC 3261 §20.10).
    uri, mark, rest = value.strip().partition(";")
    return NameAddr(uri.strip(), "", parameters(mark + rest))


def parse_uri(text: str) -> URI:
    """A `sipmessage.URI` that prints as `text`; what it cannot read stays raw in `host`."""
    try:
        uri = URI.parse(text)
    except ValueError:
        uri = None
    if uri is not None and str(uri) == text:
        return uri
    scheme, _, rest = text.partition(":")
    return URI(scheme=scheme, host=rest)


@dataclass(frozen=True)
class UriParts:
    """Parts of a SIP URI, as far as they can be told (RFC 3261 §19.1.1)."""

    scheme: str
    user: str
    host: str
    port: int | None
    params: Mapping[str, str]
    headers: Mapping[str, str]


_URI = re.compile(
    r"^(?P<scheme>[A-Za-z][\w+.-]*):(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^:;?>\s]*)"
    r"(?::(?P<port>\d{1,5}))?(?P<params>;[^?]*)?(?:\?(?P<headers>.*))?"
)


def uri_parts(text: str) -> UriParts:
    """Take a URI apart; a text that is none gives empty parts."""
    match = _URI.match(text.strip())
    if match is None:
        return UriParts("", "", "", None, {}, {})
    user = (match["user"] or "").split(":")[0]
    headers = {}
    for pair in (match["headers"] or "").split("&"):
        name, _, value = pair.partition("=")
        if name:
            headers[percent_decode(name)] = percent_decode(value)
    return UriParts(
        scheme=match["scheme"].lower(),
        user=percent_decode(user.split(";")[0]),
        host=match["host"].strip("[]").lower().rstrip("."),
        port=int(match["port"]) if match["port"] else None,
        params=parameters(match["params"] or ""),
        headers=headers,
    )


def percent_decode(text: str) -> str:
    """Decode %HH (RFC 3261 §19.1.2); broken sequences stay as they are."""
    return urllib.parse.unquote(text)


def header(message: Message, name: str, default: str = "") -> str:
    """First value of a header, `default` if absent."""
    return message.headers.get(name) or default


def cseq(message: Message) -> tuple[int, str]:
    """CSeq number and method; (-1, "") if unreadable (RFC 3261 §20.16)."""
    parts = header(message, "CSeq").split()
    count = number(parts[0]) if len(parts) == 2 else None
    return (-1, "") if count is None else (count, parts[1])


def number(text: str) -> int | None:
    """Decimal digits as a number; None for anything else and for absurd lengths."""
    text = text.strip()
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


@dataclass(frozen=True)
class ViaParts:
    """Topmost Via as needed to match and to answer (RFC 3261 §20.42)."""

    transport: str
    host: str
    port: int | None
    params: Mapping[str, str]

    @property
    def branch(self) -> str:
        """The transaction's identifier; empty if there is none."""
        return self.params.get("branch", "")


_VIA = re.compile(
    r"^\s*SIP\s*/\s*2\.0\s*/\s*(?P<transport>\S+)\s+(?P<host>\[[^\]]*\]|[^:;\s]+)"
    r"\s*(?::\s*(?P<port>\d{1,5}))?\s*(?P<params>;.*)?$",
    re.I | re.S,
)


def top_via(message: Message) -> ViaParts | None:
    """The topmost Via, None where it is absent or unreadable."""
    lines = values(message.headers, "Via")
    match = _VIA.match(lines[0]) if lines else None
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else None
    return ViaParts(
        match["transport"].lower(), match["host"], port, parameters(match["params"] or "")
    )


def add_headers(message: Message, extra: ExtraHeaders | None) -> None:
    """Set extra headers; line breaks in a value become spaces, so that none can be smuggled in."""
    for name, given in (extra or {}).items():
        lines = [given] if isinstance(given, str) else list(given)
        clean = [re.sub(r"[\r\n]+\s*", " ", line) for line in lines]
        message.headers.setlist(re.sub(r"[^\w.!%*+`'~-]", "", name), clean)


def quoted(text: str) -> str:
    """A quoted-string (RFC 3261 §25.1)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
