"""Every message sent and received, kept as evidence with its secrets masked."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sipmessage import Request, Response

from .fields import header
from .reading import Fault, Reading, read

Address = tuple[str, int]
"""IP address and port."""

Transport = Literal["udp", "tcp", "tls"]

_SECRETS = (
    re.compile(rb'(?im)(^(?:proxy-)?authorization[ \t]*:[^\r\n]*?\bresponse\s*=\s*"?)([^",\s]+)'),
    re.compile(rb"(?im)(^(?:proxy-)?authorization[ \t]*:[ \t]*basic[ \t]+)(\S+)"),
    re.compile(rb"(?i)(\binline:)([A-Za-z0-9+/=]+)"),
    re.compile(rb"(?i)(\bsips?:[^@:\s<>\"]+:)([^@\s<>\"]+)(?=@)"),
)


def mask(data: bytes) -> bytes:
    """Replace digest responses, SDES keys and passwords in URIs, keeping the length.

    The length stays so that Content-Length and a pcap stay true.
    """
    for pattern in _SECRETS:
        data = pattern.sub(lambda match: match[1] + b"x" * len(match[2]), data)
    return data


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
    faults: tuple[Fault, ...] = ()
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
        reading: Reading,
        agent: str = "",
    ) -> None:
        """Keep one message; `reading` is what was read from `data`, `agent` who saw it."""
        message = reading.message
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
                faults=tuple(reading.faults),
                agent=agent,
            )
        )

    def for_call(self, call_id: str) -> list[TraceEntry]:
        """The messages of one Call-ID, in order."""
        return [entry for entry in self._entries if entry.call_id == call_id]

    def dump(self, entries: Iterable[TraceEntry] | None = None) -> list[dict[str, Any]]:
        """JSON-like rows, for the journal and the record."""
        return [
            {
                "at": entry.at.isoformat(timespec="microseconds"),
                "direction": entry.direction,
                "transport": entry.transport,
                "from": "{}:{}".format(*entry.source),
                "to": "{}:{}".format(*entry.destination),
                "call_id": entry.call_id,
                "summary": entry.summary,
                "faults": [{"rule": f.rule, "text": f.text} for f in entry.faults],
                "text": entry.data.decode("utf-8", "replace"),
            }
            for entry in (self if entries is None else entries)
        ]


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
