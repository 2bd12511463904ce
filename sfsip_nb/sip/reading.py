"""Lenient reading of SIP messages: take what can be taken, list what was wrong.

A diagnostic tool has to understand a message that breaks the rules and say which rule.
`read` never raises; `Framer` cuts a TCP or TLS stream into messages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sipmessage import Request, Response
from sipmessage.message import COMPACT_FORMS

from .fields import (
    cseq,
    header,
    name_addr,
    number,
    parse_uri,
    split_list,
    top_via,
    uri_parts,
    values,
)

MAX_MESSAGE = 65_535
"""Longest message taken from a stream, in bytes (that of a UDP datagram)."""


@dataclass(frozen=True)
class Fault:
    """A rule that a message breaks: the rule's place, and one sentence about what was seen."""

    rule: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What could be read. `message` is None only where there is no start line to go by."""

    message: Request | Response | None
    faults: list[Fault] = field(default_factory=list)


_TOKEN = re.compile(r"^[\w.!%*+`'~-]+$", re.A)
_REQUEST = re.compile(r"^(\S+)(\s+)(.*?)(\s+)(SIP/\d+\.\d+)(\s*)$", re.I)
_RESPONSE = re.compile(r"^(SIP/\d+\.\d+) +(\d+) ?(.*)$", re.I)
_GENERIC_URI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+$")
_HOST = re.compile(
    r"^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$"
)
_DATE = re.compile(r"^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$")
_SINGLE = ("Call-ID", "CSeq", "From", "To", "Max-Forwards", "Content-Length", "Content-Type")
_SIP = "RFC 3261 "


def read(data: bytes, *, stream: bool = False) -> Reading:
    """Read one message. `stream`: it came over TCP or TLS, where Content-Length is required."""
    faults: list[Fault] = []
    head, body = _split(data.lstrip(b"\r\n"), faults)
    lines = _unfold(head)
    message = _start_line(lines[0] if lines else "", faults)
    if message is None:
        return Reading(None, faults)
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name = name.rstrip()
        if not colon or not _TOKEN.match(name):
            faults.append(Fault(_SIP + "§7.3", f"a line is no header field: {line[:60]!r}"))
            continue
        message.headers.add(COMPACT_FORMS.get(name.lower(), name), value.strip())
    message.body = _body(message, body, stream, faults)
    faults.extend(lint(message))
    return Reading(message, faults)


def _split(data: bytes, faults: list[Fault]) -> tuple[str, bytes]:
    match = re.search(rb"\r\n\r\n|\n\n|\n\r\n", data)
    head, body = (data[: match.start()], data[match.end() :]) if match else (data, b"")
    if match is None:
        faults.append(Fault(_SIP + "§7.3", "no empty line ends the header"))
    if re.search(rb"(?<!\r)\n", head):
        faults.append(Fault(_SIP + "§7", "lines end in LF, not CRLF"))
    try:
        return head.decode("utf-8"), body
    except UnicodeDecodeError:
        faults.append(Fault(_SIP + "§7", "the header is not UTF-8"))
        return head.decode("latin-1"), body


def _unfold(head: str) -> list[str]:
    """Join folded lines (RFC 3261 §7.3.1). str.splitlines would cut at U+2028 and others too."""
    return re.sub(r"[ \t]*\r?\n[ \t]+", " ", head).replace("\r\n", "\n").rstrip("\n").split("\n")


def _start_line(line: str, faults: list[Fault]) -> Request | Response | None:
    if match := _RESPONSE.match(line):
        version, code, phrase = match.groups()
        if version.upper() != "SIP/2.0":
            faults.append(Fault(_SIP + "§7.1", f"version {version} is not SIP/2.0"))
        if not 100 <= int(code[:6]) <= 699:
            faults.append(Fault(_SIP + "§7.2", f"status code {code[:12]} is not 100 to 699"))
        return Response(int(code[:6]), phrase)
    match = _REQUEST.match(line)
    if match is None:
        faults.append(Fault(_SIP + "§7", f"neither request nor status line: {line[:60]!r}"))
        return None
    method, gap, uri, gap2, version, tail = match.groups()
    if not _TOKEN.match(method):
        faults.append(Fault(_SIP + "§7.1", f"method {method[:40]!r} is not a token"))
    if version.upper() != "SIP/2.0":
        faults.append(Fault(_SIP + "§7.1", f"version {version} is not SIP/2.0"))
    if gap != " " or gap2 != " " or tail:
        faults.append(Fault(_SIP + "§7.1", "more than single spaces in the request line"))
    if uri.startswith("<"):
        faults.append(Fault(_SIP + "§7.1", "the Request-URI stands in angle brackets"))
        uri = uri.strip("<>")
    if fault := _uri_fault(uri):
        faults.append(Fault(_SIP + "§7.1", f"the Request-URI {fault}"))
    elif uri_parts(uri).headers and uri_parts(uri).scheme in ("sip", "sips"):
        faults.append(Fault(_SIP + "§19.1.1", "the Request-URI carries header fields"))
    return Request(method, parse_uri(uri))


def _uri_fault(uri: str) -> str:
    """What is wrong with a URI, empty if nothing. Unknown schemes are legal (RFC 3261 §8.2.2.1)."""
    if not _GENERIC_URI.match(uri):
        return f"is no URI: {uri[:60]!r}"
    scheme, _, rest = uri.partition(":")
    if scheme.lower() in ("sip", "sips"):
        host = re.split(r"[;?]", rest.rpartition("@")[2])[0]
        if not _HOST.match(host):
            return f"has no valid host: {host[:60]!r}"
    return ""


def _body(message: Request | Response, body: bytes, stream: bool, faults: list[Fault]) -> bytes:
    text = message.headers.get("Content-Length")
    if text is None:
        if stream:
            faults.append(Fault(_SIP + "§20.14", "no Content-Length on a stream transport"))
        return body
    length = number(text)
    if length is None:
        faults.append(Fault(_SIP + "§20.14", f"Content-Length {text[:20]!r} is no number"))
        return body
    if length > len(body):
        said = f"Content-Length says {text[:12]}, the body has {len(body)} bytes"
        faults.append(Fault(_SIP + "§18.3", said))
    return body[:length]


def lint(message: Request | Response) -> Iterator[Fault]:
    """Rules that a message breaks beyond its framing (RFC 3261 §8.1.1, §20)."""
    required = ["Via", "From", "To", "Call-ID", "CSeq"]
    for name in required:
        if message.headers.get(name) is None:
            yield Fault(_SIP + "§8.1.1", f"no {name}")
    for name in _SINGLE:
        if len(message.headers.getlist(name)) > 1:
            yield Fault(_SIP + "§7.3.1", f"{name} stands more than once")
    yield from _lint_cseq(message)
    yield from _lint_numbers(message)
    if message.headers.get("Via") is not None and top_via(message) is None:
        yield Fault(_SIP + "§20.42", "the topmost Via cannot be read")
    for value in values(message.headers, "Via")[1:]:
        if not re.match(r"^SIP\s*/\s*2\.0\s*/\s*\S+\s+\S", value, re.I):
            yield Fault(_SIP + "§20.42", f"a Via cannot be read: {value[:60]!r}")
    for name in ("From", "To", "Contact", "Record-Route", "Route", "Refer-To"):
        for value in split_list(header(message, name)):
            if value == "*" and name == "Contact":
                continue
            if fault := _address_fault(value):
                yield Fault(_SIP + "§20.10", f"{name} {fault}")
    date = message.headers.get("Date")
    if date is not None and not _DATE.match(date):
        yield Fault(_SIP + "§20.17", f"Date is not RFC 1123 in GMT: {date[:60]!r}")


def _lint_cseq(message: Request | Response) -> Iterator[Fault]:
    if message.headers.get("CSeq") is None:
        return
    number, method = cseq(message)
    if not 0 <= number < 2**31:
        yield Fault(_SIP + "§8.1.1.5", f"CSeq cannot be read: {header(message, 'CSeq')[:40]!r}")
    elif isinstance(message, Request) and method != message.method:
        said = f"CSeq says {method[:20]}, the request is {message.method[:20]}"
        yield Fault(_SIP + "§8.1.1.5", said)


def _lint_numbers(message: Request | Response) -> Iterator[Fault]:
    for name, most in (("Max-Forwards", 255), ("Expires", 2**32 - 1)):
        text = message.headers.get(name, "0") or ""
        value = number(text)
        if value is None or value > most:
            yield Fault(_SIP + "§20", f"{name} is not a number up to {most}: {text[:24]!r}")
    if isinstance(message, Request) and message.headers.get("Max-Forwards") is None:
        yield Fault(_SIP + "§8.1.1.6", "no Max-Forwards")
    warning = header(message, "Warning")
    if warning and not re.match(r'^\d{3} \S+ "', warning):
        yield Fault(_SIP + "§20.43", f"Warning cannot be read: {warning[:60]!r}")


def _address_fault(value: str) -> str:
    if len(re.findall(r'(?<!\\)"', value)) % 2:
        return f"has an unclosed quote: {value[:60]!r}"
    display, angle, _ = value.partition("<")
    if angle and not display.strip().startswith('"') and re.search(r"[^\w\s.!%*+`'~-]", display):
        return f"has a display name that needs quotes: {display[:60]!r}"
    if not angle and "?" in value:
        return "has a URI with header fields outside angle brackets"
    uri = name_addr(value).uri
    # Space around or inside the brackets is read, but no grammar allows it.
    if angle and re.search(r"<\s|\s>", value):
        return "has space inside the angle brackets"
    return _uri_fault(uri)


class TooLong(ValueError):
    """A message on a stream that is longer than what is taken; `head` is its header."""

    def __init__(self, total: int, head: bytes) -> None:
        super().__init__(f"a message of {total} bytes is longer than {MAX_MESSAGE}")
        self.head = head


class Framer:
    """Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3)."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def idle(self) -> bool:
        """Whether the stream stands between two messages."""
        return not self._buffer

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes, get the complete messages.

        Raises ValueError where the stream is no SIP, TooLong where it is too much of it.
        """
        self._buffer += data
        messages: list[bytes] = []
        while True:
            # CRLF between messages is keep-alive (RFC 5626 §3.5.1).
            self._buffer = self._buffer.lstrip(b"\r\n")
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                break
            length = re.search(rb"(?im)^(?:content-length|l)[ \t]*:\s*(\d+)", self._buffer[:end])
            total = end + 4 + (int(length[1]) if length else 0)
            if total > MAX_MESSAGE:
                raise TooLong(total, self._buffer[: end + 4])
            if len(self._buffer) < total:
                break
            messages.append(self._buffer[:total])
            self._buffer = self._buffer[total:]
        if len(self._buffer) > MAX_MESSAGE:
            raise ValueError(f"no end of the header within {MAX_MESSAGE} bytes")
        return messages
