"""Every message sent and received, kept as evidence with its secrets masked."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from sipmessage import Request, Response

from .fields import header
from .reading import Violation, read

Address = tuple[str, int]
"""IP address and port."""

Transport = Literal["udp", "tcp", "tls"]

_VALUE = rb"(?:[^\r\n]|\r?\n[ \t])*"  # a header's value with its folded lines
_SECRETS = (
    # A digest's proof in a credential and in the answer to it (RFC 7616 §3.4, §3.5).
    (b"authorization", rb"(?im)^(?:proxy-)?authorization[ \t]*:" + _VALUE),
    (b"authentication-info", rb"(?im)^(?:proxy-)?authentication-info[ \t]*:" + _VALUE),
    # The same as a header inside a URI, percent-encoded (RFC 3261 §19.1.1).
    (b"authorization=", rb"(?i)[?&](?:proxy-)?authorization=[^&>\s\"]*"),
    # Keys in SDP: RFC 4568, RFC 3830 by RFC 4567, RFC 8866 §5.12, RFC 8839 §5.4.
    (b"inline:", rb"(?i)\binline:[A-Za-z0-9+/=]+"),
    (b"key-mgmt:", rb"(?im)^a=key-mgmt:[ \t]*\w+[ \t]+\S+"),
    (b"k=", rb"(?im)^k=(?:clear|base64|uri):\S+"),
    (b"ice-pwd:", rb"(?im)^a=ice-pwd:\S+"),
    # A password in a URI (RFC 3261 §19.1.1).
    (b"@", rb"(?i)\bsips?:[^@:\s<>\"]{1,256}:[^@\s<>\";?]{1,256}(?=@)"),
)
_FIELDS = tuple((mark, re.compile(pattern)) for mark, pattern in _SECRETS)
_SECRET_PART = re.compile(
    rb"(?is)"
    rb"(?P<keep>^[^:]*authorization[ \t]*:\s*(?!digest\s)\w+\s+)(?P<token>.+)"
    rb"|(?P<name>\b(?:response|rspauth)\s*=\s*\"?)(?P<proof>[^\",\s]+)"
    rb"|(?P<uri>^[?&][^=]*=)(?P<given>.+)"
    rb"|(?P<key>^inline:|^a=key-mgmt:\s*\w+\s+|^k=\w+:|^a=ice-pwd:|^sips?:[^:]+:)(?P<value>.+)"
)


def mask(data: bytes) -> bytes:
    """Replace digest responses, media keys and passwords in URIs, keeping the length.

    Wherever they stand: in a header, folded or not, in a body that quotes a message
    (message/sipfrag), in a header inside a URI. The length stays, so that Content-Length and a
    pcap stay true.
    """
    low = data.lower()
    for mark, pattern in _FIELDS:
        if mark in low:
            data = pattern.sub(_masked, data)
    return data


def _masked(found: re.Match[bytes]) -> bytes:
    return _SECRET_PART.sub(_crossed, found[0])


def _crossed(part: re.Match[bytes]) -> bytes:
    kept, secret = (group for group in part.groups() if group is not None)
    return kept + re.sub(rb"[^\r\n\t ]", b"x", secret)


@dataclass(frozen=True)
class TraceEntry:
    """One message as seen by one agent. `data` is masked."""

    at: datetime
    direction: Literal["sent", "received"]
    transport: Transport
    local: Address
    remote: Address
    data: bytes = field(repr=False)
    call_id: str
    summary: str
    agent: str = ""

    @property
    def source(self) -> Address:
        """Who sent the message."""
        return self.local if self.direction == "sent" else self.remote

    @property
    def destination(self) -> Address:
        """Whom the message was sent to."""
        return self.remote if self.direction == "sent" else self.local

    @property
    def message(self) -> Request | Response | None:
        """The masked message, read again."""
        return read(self.data).message

    @cached_property
    def faults(self) -> tuple[Violation, ...]:
        """What was wrong with the message; found when asked for, as few are ever looked at."""
        return read(self.data, stream=self.transport != "udp").faults


class Trace:
    """The latest `limit` messages, oldest first. Several agents may share one."""

    def __init__(self, limit: int = 20_000) -> None:
        self._entries: deque[TraceEntry] = deque(maxlen=limit)

    def __iter__(self) -> Iterator[TraceEntry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def add(
        self,
        direction: Literal["sent", "received"],
        transport: Transport,
        local: Address,
        remote: Address,
        data: bytes,
        message: Request | Response | None,
        agent: str = "",
    ) -> None:
        """Keep one message; `message` is what stands in `data`, `agent` who saw it."""
        self._entries.append(
            TraceEntry(
                at=datetime.now(UTC),
                direction=direction,
                transport=transport,
                local=local,
                remote=remote,
                data=mask(data),
                call_id=header(message, "Call-ID") if message else "",
                summary=summary(message),
                agent=agent,
            )
        )

    def for_call(self, call_id: str) -> list[TraceEntry]:
        """The messages of one Call-ID, in order."""
        return [entry for entry in self._entries if entry.call_id == call_id]


def once(entries: Iterable[TraceEntry]) -> list[TraceEntry]:
    """Each message once: without the receipts of what is also there as sent."""
    rows = list(entries)
    sent = Counter((e.source, e.destination, e.data) for e in rows if e.direction == "sent")
    kept: list[TraceEntry] = []
    for entry in rows:
        key = entry.source, entry.destination, entry.data
        if entry.direction == "received" and sent[key]:
            sent[key] -= 1
        else:
            kept.append(entry)
    return kept


def summary(message: Request | Response | None) -> str:
    """`INVITE`, `180 Ringing (INVITE)`, or `unreadable`."""
    if message is None:
        return "unreadable"
    if isinstance(message, Request):
        return message.method
    method = header(message, "CSeq").rpartition(" ")[2]
    return f"{message.code} {message.phrase}".strip() + (f" ({method})" if method else "")
