"""Lenient reading of SIP messages: take what can be taken, list what was wrong.

A diagnostic tool has to understand a message that breaks the rules and say which rule.
`read` never raises; `Framer` cuts a TCP or TLS stream into messages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from sipmessage import Request, Response
from sipmessage.message import COMPACT_FORMS

from .fields import number, parse_uri, uri_parts
from .headers import IndexedHeaders
from .rules import MAX_FAULTS, SIP, Violation, broken, of_uri, shown

__all__ = ["CUT", "MAX_MESSAGE", "Framer", "Reading", "TooLong", "Violation", "read"]

CUT = SIP + "§18.3"
"""The rule that a message breaks whose body is shorter than it says."""

MAX_MESSAGE = 65_535
"""Longest message taken from a stream, in bytes (that of a UDP datagram)."""


@dataclass(frozen=True)
class Reading:
    """What could be read. `message` is None only where there is no start line to go by."""

    message: Request | Response | None
    framing: tuple[Violation, ...] = ()
    """What was wrong with the start line, the lines of the header and the length of the body."""

    @cached_property
    def faults(self) -> tuple[Violation, ...]:
        """All that is wrong. Found when first asked for: ask before you change the message."""
        rest = broken(self.message) if self.message is not None else ()
        return (*self.framing, *islice(rest, MAX_FAULTS))

    @property
    def refused(self) -> Violation | None:
        """The first fault for which a server refuses the request, None if there is none."""
        return next((fault for fault in self.faults if fault.code), None)


_END = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[\w.!%*+`'~-]+", re.A)
_STATUS = re.compile(r"(SIP/[0-9]{1,9}\.[0-9]{1,9}) +([0-9]+) ?(.*)", re.I | re.S)
_VERSION = re.compile(r"SIP/[0-9]{1,9}\.[0-9]{1,9}", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = re.compile(r"\\[\x00-\x09\x0b\x0c\x0e-\x7f]")
_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.I | re.M)
# CRLF alone is keep-alive (RFC 5626 §3.5.1); some devices send NUL.
_BETWEEN = re.compile(rb"[\r\n\0]+")


def read(data: bytes, *, stream: bool = False) -> Reading:
    """Read one message. `stream`: it came over TCP or TLS, where Content-Length is required."""
    faults: list[Violation] = []
    lines, body = _lines(data.lstrip(b"\r\n\0"), faults)
    message, at = _start(lines, faults)
    if message is None:
        return Reading(None, tuple(faults))
    headers = IndexedHeaders()
    for line in lines[at + 1 :]:
        name, colon, value = line.partition(":")
        known = _name(name) if colon else ""
        if known:
            headers.add(known, value.strip())
        elif line and len(faults) < MAX_FAULTS:
            said = f"A line of the header is no header field: {shown(line)}."
            faults.append(Violation(SIP + "§7.3.1", said))
    message.headers = headers
    message.body = _body(headers, body, stream, faults)
    return Reading(message, tuple(faults))


def _lines(data: bytes, faults: list[Violation]) -> tuple[list[str], bytes]:
    """The lines of the header, folded ones joined, and what follows the header."""
    end = data.find(b"\r\n\r\n")
    head, body = data[:end], data[end + 4 :]
    if end < 0 or head.count(b"\n") != head.count(b"\r\n"):
        match = _END.search(data)
        head, body = (data[: match.start()], data[match.end() :]) if match else (data, b"")
        if match is None:
            said = "The message ends within its header: no empty line closes it."
            faults.append(Violation(SIP + "§7", said))
        if head.count(b"\n") != head.count(b"\r\n"):
            faults.append(Violation(SIP + "§7", "Lines end in LF alone instead of CRLF."))
            head = head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    try:
        text = head.decode()
    except UnicodeDecodeError:
        faults.append(Violation(SIP + "§7", "The header is not UTF-8; it was read as Latin-1."))
        text = head.decode("latin-1")
    lines = text.split("\r\n")
    if "\n " in text or "\n\t" in text:
        lines = _unfolded(lines)
    if _CONTROL.search(text):
        _control(lines, faults)
    return lines, body


def _unfolded(lines: list[str]) -> list[str]:
    """Join lines that begin with white space to the one before (RFC 3261 §7.3.1)."""
    joined: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and joined:
            joined[-1].append(line.strip(" \t"))
        else:
            joined.append([line.rstrip(" \t")])
    return [" ".join(parts) for parts in joined]


def _control(lines: list[str], faults: list[Violation]) -> None:
    """Control characters may stand in a quoted-string, behind a backslash (RFC 3261 §25.1)."""
    for line in lines:
        if _CONTROL.search(line) and _CONTROL.search(_ESCAPED.sub("", line)):
            said = f"A line of the header holds control characters: {shown(line)}."
            faults.append(Violation(SIP + "§25.1", said))
            return


def _start(lines: list[str], faults: list[Violation]) -> tuple[Request | Response | None, int]:
    """The message that the first start line begins, and its place among the lines."""
    for at, line in enumerate(lines):
        found: list[Violation] = []
        begin = _status_line if line[:4].upper() == "SIP/" else _request_line
        message = begin(line, found)
        # Behind other lines only a token is a method, so that no header field is taken for one.
        if message is not None and not (at and any(fault.code == 400 for fault in found)):
            if at:
                said = f"Something else comes before the message: {shown(lines[0])}."
                faults.append(Violation(SIP + "§7", said))
            faults += found
            return message, at
    said = f"There is neither a request line nor a status line: {shown(lines[0])}."
    faults.append(Violation(SIP + "§7", said))
    return None, 0


def _status_line(line: str, faults: list[Violation]) -> Response | None:
    match = _STATUS.fullmatch(line)
    if match is None:
        return None
    version, digits, phrase = match.groups()
    _version(version, faults)
    code = number(digits) or 0
    if not 100 <= code <= 699:
        said = f"The status code {shown(digits, 12)} is not one of 100 to 699."
        faults.append(Violation(SIP + "§7.2", said, 400))
    return Response(code, phrase)


def _request_line(line: str, faults: list[Violation]) -> Request | None:
    words = line.split(None, 1)
    rest = words[1].rsplit(None, 1) if len(words) == 2 else []
    if len(rest) != 2 or not _VERSION.fullmatch(rest[1]):
        return None
    method, (uri, version) = words[0], rest
    if not _TOKEN.fullmatch(method):
        said = f"The method {shown(method, 40)} is not a token."
        faults.append(Violation(SIP + "§7.1", said, 400))
    _version(version, faults)
    if line != f"{method} {uri} {version}":
        said = "The parts of the request line are not separated by single spaces."
        faults.append(Violation(SIP + "§7.1", said))
    if uri.startswith("<"):
        faults.append(Violation(SIP + "§7.1", "The Request-URI is in angle brackets."))
        uri = uri.strip("<>")
    wrong = list(of_uri("The Request-URI", uri, SIP + "§7.1", 400))
    faults += wrong
    if (
        not wrong
        and "?" in uri
        and uri_parts(uri).headers
        and uri_parts(uri).scheme in ("sip", "sips")
    ):
        faults.append(Violation(SIP + "§19.1.1", "The Request-URI carries header fields."))
    return Request(method, parse_uri(uri))


def _version(version: str, faults: list[Violation]) -> None:
    if version.upper() != "SIP/2.0":
        said = f"The version is {shown(version, 24)}, not SIP/2.0."
        faults.append(Violation(SIP + "§7.1", said, 505))


@lru_cache(512)
def _name(text: str) -> str:
    """The name of a header field, a short one in full (RFC 3261 §7.3.3); empty if it is none."""
    name = text.rstrip()
    return COMPACT_FORMS.get(name.lower(), name) if _TOKEN.fullmatch(name) else ""


def _body(headers: IndexedHeaders, body: bytes, stream: bool, faults: list[Violation]) -> bytes:
    stated = headers.getlist("Content-Length")
    if len(set(stated)) > 1:
        return body  # Which is right cannot be told; that it stands twice is a fault of its own.
    text = headers.get("Content-Length")
    if text is None:
        if stream:
            said = "On TCP and TLS Content-Length is required, and this message has none."
            faults.append(Violation(SIP + "§20.14", said))
        return body
    length = number(text)
    if length is None:
        said = f"Content-Length is no number of bytes: {shown(text, 20)}."
        faults.append(Violation(SIP + "§20.14", said, 400))
        return body
    if length > len(body):
        said = f"Content-Length says {length} bytes, but the body has {len(body)}."
        faults.append(Violation(CUT, said, 400))
    return body[:length]


class TooLong(ValueError):
    """A message on a stream that is longer than what is taken; `head` is its header."""

    def __init__(self, total: int, head: bytes) -> None:
        super().__init__(f"a message of {total} bytes is longer than {MAX_MESSAGE}")
        self.head = head


class Framer:
    """Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3).

    No byte is looked at again and again, however few arrive at once.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # before here no header ends
        self._total = 0  # length of the message, 0 while its header is incomplete
        self._lost = ""  # why the next message cannot be found

    @property
    def idle(self) -> bool:
        """Whether the stream stands between two messages."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add bytes, iterate over the messages that are complete by now.

        Raises ValueError where the stream cannot be followed any further, TooLong where a message
        is too long; what came before is handed over first.
        """
        self._buffer += data
        while self._complete():
            message = bytes(self._buffer[: self._total])
            del self._buffer[: self._total]
            self._searched = self._total = 0
            yield message
            if self._lost:
                raise ValueError(self._lost)

    def _complete(self) -> bool:
        if not self._searched and (blank := _BETWEEN.match(self._buffer)):
            del self._buffer[: blank.end()]
        if not self._total:
            found = _END.search(self._buffer, max(self._searched - 3, 0))
            if found is None:
                self._searched = len(self._buffer)
                if self._searched > MAX_MESSAGE:
                    raise ValueError(f"no end of the header within {MAX_MESSAGE} bytes")
                return False
            head = bytes(self._buffer[: found.end()])
            self._total = len(head) + self._length(head)
            if self._total > MAX_MESSAGE:
                raise TooLong(self._total, head)
        return len(self._buffer) >= self._total

    def _length(self, head: bytes) -> int:
        """Length of the body. Where it is in doubt the header goes up alone, to be refused."""
        stated = {match[1].strip().decode("latin-1") for match in _LENGTH.finditer(head)}
        length = number(next(iter(stated))) if len(stated) == 1 else None
        if stated and length is None:
            self._lost = f"Content-Length is in doubt: {', '.join(map(shown, sorted(stated)[:3]))}"
        return length or 0
