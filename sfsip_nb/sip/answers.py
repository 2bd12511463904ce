"""What came of one question to the name servers, and its line for the log."""

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "none", "NXDOMAIN", "SERVFAIL", "REFUSED", "error", "timeout", "unasked"]
"""What became of a question.

`none`: the name exists and has no such record. `timeout`: nobody answered. `unasked`: no question
was needed. SERVFAIL, REFUSED and `error` (unreachable, unreadable) leave it open, as `timeout`
does: another name server may know.
"""

UNHEARD: frozenset[Status] = frozenset({"SERVFAIL", "REFUSED", "error", "timeout"})
"""What says nothing about the name that was asked for."""


@dataclass
class DnsStep:
    """One question and what came of it.

    `answer` are the records, or words for why there are none; `note` says why it was asked or
    what the answer means; `ms` is how long it took, `ttl` for how many seconds the answer holds
    (negative ones too, RFC 2308), `server` who gave it.
    """

    query: str
    kind: str
    answer: str
    note: str = ""
    status: Status = "ok"
    ms: float = 0.0
    ttl: int | None = None
    server: str = ""

    def remark(self, text: str) -> None:
        """Add to the note."""
        self.note = f"{self.note}; {text}" if self.note else text


@dataclass(frozen=True)
class DnsAnswer:
    """The records of one question, its line in the log, and the name that it is an alias of."""

    records: tuple[Any, ...]
    step: DnsStep
    alias: str = ""
