"""What a rule found, and what a rule may look at beyond its own conversation."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..shown import plain
from ..trace import Address
from . import legs
from .calls import CallTrace, TracedMessage
from .capture import MAX_PAIRS, Capture
from .causes import Fixes, fix
from .connections import Refusal
from .sound import Stream

Verdict = Literal["fail", "inconclusive", "pass"]
WORST_FIRST: Sequence[Verdict] = get_args(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on several things together; of none it is inconclusive."""
    return min(verdicts, key=WORST_FIRST.index, default="inconclusive")


@dataclass(frozen=True)
class Finding:
    """One thing that a trace shows. The sentence holds no control characters and is bounded."""

    verdict: Verdict
    rule: str
    """Kind of trouble, such as `access.login`: the key of the fixes, and of the guides' rows."""
    sentence: str
    """What was sent, what came back, what it means."""
    remedy: str = ""
    """What to do, and where."""
    source: str = ""
    """Where the rule comes from: an RFC's section, a vendor's header."""
    evidence: tuple[int, ...] = ()
    """Messages that show it, by their numbers in the ladder of the call, from 1."""
    advisory: bool = False
    """It is worth telling but does not decide over the call."""

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        rule: str,
        sentence: str,
        rows: Iterable[TracedMessage],
        source: str = "",
        *,
        at: Fixes | None = None,
        remedy: str | None = None,
        advisory: bool = False,
    ) -> "Finding":
        """A finding with the messages that show it.

        Its remedy is what fixes such a trouble at that end, unless given; a pass has none.
        """
        if remedy is None:
            remedy = fix(rule, at) if verdict != "pass" else ""
        return cls(verdict, rule, sentence, remedy, source, numbers(rows), advisory)

    @property
    def text(self) -> str:
        """Sentence and remedy."""
        return f"{self.sentence} {self.remedy}".strip()


@dataclass
class Observed:
    """Everything captured or traced, for the rules."""

    capture: Capture
    conversations: list[CallTrace]
    streams: list[Stream]

    def __post_init__(self) -> None:
        entries = [entry for c in self.conversations for entry in c.entries]
        times = [entry.at for entry in entries] + [stream.last for stream in self.streams]
        self.ended = self.capture.ended or max(times, default=None)
        self.speaking = {entry.source[0] for entry in entries}
        self.speaking |= {stream.source[0] for stream in self.streams}
        """Hosts that were seen to send anything."""
        ways = [(entry.source[0], entry.destination[0]) for entry in entries]
        ways += [(stream.source[0], stream.destination[0]) for stream in self.streams]
        self._pairs = {frozenset(pair) for pair in self.capture.pairs.union(ways)}
        everywhere = frozenset[str]().union(*self._pairs).intersection(*self._pairs)
        self.vantage = next(iter(everywhere)) if len(everywhere) == 1 else ""
        """The host that each packet comes from or goes to: where the capture was taken."""
        self.circles = legs.in_circles(self.conversations)
        """Calls that go round between the same elements, each circle in order."""

    def after(self, row: TracedMessage) -> float:
        """Seconds that were still seen after a message."""
        return (self.ended - row.at).total_seconds() if self.ended else 0.0

    def sees(self, one: str, other: str) -> bool:
        """Whether packets between two hosts would be in the capture; yes where nobody can tell."""
        told = is_address(one) and is_address(other) and len(self.capture.pairs) < MAX_PAIRS
        return not told or self.vantage in (one, other) or frozenset((one, other)) in self._pairs

    def refused(self, source: Address, destination: Address) -> Refusal | None:
        """How a way from one host to an address was refused, None if it was not."""
        for (refused, port), how in self.capture.refusals.items():
            if port == destination and refused[0] == source[0]:
                return how
        return None


def is_address(host: str) -> bool:
    """Whether a host is an IP address that something can be sent to."""
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def seconds(value: float) -> str:
    """A duration as a person reads it."""
    if value < 0.00995:
        return f"{max(value, 0) * 1000:.1f} ms"
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 99.95 else f"{value:.0f} s"


def numbers(rows: Iterable[TracedMessage]) -> tuple[int, ...]:
    """The messages' numbers, each once, in order, bounded."""
    return tuple(sorted({row.number for row in rows})[:12])


def named(request: TracedMessage) -> str:
    """A request with its target: `INVITE sip:+1555@host`."""
    return plain(f"{request.method} {request.uri}", 100)
