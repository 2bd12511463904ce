"""Messages sorted into conversations (one Call-ID) and transactions, hop by hop."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sipmessage import Request, Response

from .. import sdp
from ..digest import AUTHORIZATION
from ..fields import cseq, header, name_addr, top_via, uri_parts
from ..shown import where
from ..trace import Address, TraceEntry, once
from .sound import Stream

_OF_CALLS = {"INVITE", "CANCEL", "BYE"}  # who sends one of them means a call

OTHER = {"caller": "callee", "callee": "caller"}
"""The sides of a call, each with the one that it hears."""


@dataclass(frozen=True)
class TracedMessage:
    """One message, read once. `number` is its place in the ladder of its conversation, from 1."""

    number: int
    entry: TraceEntry
    message: Request | Response

    @property
    def at(self) -> datetime:
        """When it was seen."""
        return self.entry.at

    @property
    def is_request(self) -> bool:
        """Whether it is a request."""
        return isinstance(self.message, Request)

    @property
    def code(self) -> int:
        """Status code, 0 for a request."""
        return self.message.code if isinstance(self.message, Response) else 0

    @property
    def phrase(self) -> str:
        """Reason phrase, empty for a request."""
        return self.message.phrase if isinstance(self.message, Response) else ""

    @cached_property
    def cseq(self) -> tuple[int, str]:
        """CSeq number and method."""
        return cseq(self.message)

    @property
    def method(self) -> str:
        """Of a request its own, of a response its CSeq's."""
        return self.message.method if isinstance(self.message, Request) else self.cseq[1]

    @property
    def uri(self) -> str:
        """The Request-URI, empty for a response."""
        return str(self.message.uri) if isinstance(self.message, Request) else ""

    @property
    def to_tag(self) -> str:
        """Tag of To: there is one inside a dialog."""
        return name_addr(self.header("To")).tag

    @property
    def from_tag(self) -> str:
        """Tag of From: of the party that sent the request in question."""
        return name_addr(self.header("From")).tag

    @cached_property
    def sdp(self) -> sdp.Sdp | None:
        """The audio that it describes."""
        return sdp.parse(self.message.body) if b"m=audio" in self.message.body else None

    def header(self, name: str) -> str:
        """First value of a header, empty if absent."""
        return header(self.message, name)


@dataclass
class Transaction:
    """A request at one hop with all that came back (RFC 3261 §17); ACKs stand by their INVITE."""

    method: str
    number: int
    client: Address
    server: Address
    requests: list[TracedMessage] = field(default_factory=list)
    responses: list[TracedMessage] = field(default_factory=list)
    acks: list[TracedMessage] = field(default_factory=list)

    @property
    def first(self) -> TracedMessage:
        """Its earliest message in the capture."""
        return (self.requests or self.responses or self.acks)[0]

    @property
    def final(self) -> TracedMessage | None:
        """The first final response."""
        return next((row for row in self.responses if row.code >= 200), None)

    @property
    def code(self) -> int:
        """The final status code, 0 if there was none."""
        return self.final.code if self.final else 0

    @property
    def in_dialog(self) -> bool:
        """Whether the request belongs to a dialog (RFC 3261 §12.2)."""
        return bool(self.requests and self.requests[0].to_tag)

    @property
    def authorized(self) -> bool:
        """Whether the request carried credentials."""
        return any(row.header(name) for row in self.requests for name in AUTHORIZATION.values())

    @property
    def uri(self) -> str:
        """The Request-URI, empty where only responses were captured."""
        return self.requests[0].uri if self.requests else ""


@dataclass
class CallTrace:
    """All messages of one Call-ID, in order."""

    call_id: str
    rows: list[TracedMessage] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    entries: list[TraceEntry] = field(default_factory=list)
    index: dict[tuple[str, int], list[Transaction]] = field(default_factory=dict, repr=False)
    """The transactions by method and CSeq number."""
    media: dict[str, list[Stream]] = field(default_factory=lambda: {side: [] for side in OTHER})
    """The RTP streams, by the side that they go to."""

    @property
    def began(self) -> datetime:
        """Time of the first message."""
        return self.entries[0].at

    @property
    def ended(self) -> datetime:
        """Time of the last message."""
        return self.entries[-1].at

    def of(self, *methods: str) -> list[Transaction]:
        """The transactions of some methods, by their begin."""
        return [t for t in self.transactions if t.method in methods]

    @property
    def kind(self) -> str:
        """The method that this is about: INVITE, REGISTER, OPTIONS ..."""
        methods = [t.method for t in self.transactions]
        if not _OF_CALLS.isdisjoint(methods):
            return "INVITE"
        return methods[0] if methods else ""

    @cached_property
    def attempts(self) -> list[Transaction]:
        """The INVITEs that begin the call at the hop nearest to the caller, one a try."""
        initial = [t for t in self.of("INVITE") if t.requests and not t.in_dialog]
        # A redirection or a fork goes on from the same client to another server.
        return [t for t in initial if t.client[0] == initial[0].client[0]]

    @cached_property
    def caller_tag(self) -> str:
        """The caller's tag; of a call that began before the capture, of whoever spoke first."""
        row = self.attempts[0].first if self.attempts else self.rows[0]
        return row.from_tag

    def side(self, row: TracedMessage) -> str:
        """Who sent the message: `caller` or `callee`."""
        by_caller = (row.from_tag == self.caller_tag) == row.is_request
        return "caller" if by_caller else "callee"

    @property
    def answer(self) -> TracedMessage | None:
        """The 2xx that answered the call, at the hop nearest to the caller."""
        rows = (row for attempt in self.attempts for row in attempt.responses)
        return next((row for row in rows if 200 <= row.code < 300), None)

    def party(self, name: str) -> str:
        """User or host of From or To, as the first message has it."""
        rows = [t.first for t in self.attempts] or self.rows
        uri = name_addr(rows[0].header(name)).uri if rows else ""
        return uri_parts(uri).user or uri_parts(uri).host or uri


def conversations(entries: Iterable[TraceEntry]) -> list[CallTrace]:
    """The conversations by their begin; messages without Call-ID go by their addresses."""
    found: dict[str, CallTrace] = {}
    for entry in sorted(once(entries), key=lambda item: item.at):
        ends = sorted(where(end) for end in (entry.source, entry.destination))
        key = entry.call_id or "no Call-ID, " + " – ".join(ends)
        conversation = found.setdefault(key, CallTrace(entry.call_id))
        conversation.entries.append(entry)
        message = entry.message
        if message is not None:
            row = TracedMessage(len(conversation.entries), entry, message)
            conversation.rows.append(row)
            _sort_in(conversation, row)
    return list(found.values())


def _sort_in(conversation: CallTrace, row: TracedMessage) -> None:
    number, named = row.cseq
    is_ack = row.method == "ACK"
    method = "INVITE" if is_ack else row.method or named
    branch = _branch(row)
    source, destination = row.entry.source, row.entry.destination
    client, server = (source, destination) if row.is_request else (destination, source)
    same = conversation.index.setdefault((method, number), [])
    hop = [t for t in same if (t.client, t.server) == (client, server)] or [
        t for t in same if (t.client[0], t.server[0]) == (client[0], server[0])
    ]
    # One of RFC 2543 has no branch, and matches by its CSeq alone.
    match = [t for t in hop if _branch(t.first) == branch]
    if is_ack:
        # An ACK for 2xx has a branch of its own and may take another way (RFC 3261 §13.2.2.4).
        match = match or hop or [t for t in same if _branch(t.first) == branch] or same
    elif not row.is_request:
        match = match or [t for t in same if _branch(t.first) == branch] or hop
    if not match:
        match = [Transaction(method, number, client, server)]
        conversation.transactions += match
        same += match
    kept = match[-1]
    (kept.acks if is_ack else kept.requests if row.is_request else kept.responses).append(row)


def _branch(row: TracedMessage) -> str:
    via = top_via(row.message)
    return via.branch if via else ""
