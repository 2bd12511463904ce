"""What was answered, in one line, and what the diagnosis of the messages makes of it."""

from collections.abc import Callable, Iterable

from ..evidence import diagnose
from ..evidence.finding import Finding
from ..shown import plain
from ..trace import TraceEntry

_SPEAKING = ("X-Twilio-Error", "Warning", "Reason", "X-Reason", "X-Asterisk-HangupCause")
"""Headers in which a peer says why, the most telling first."""


def said(code: int, phrase: str, header: Callable[[str], str]) -> str:
    """Code, phrase and whatever the peer says of its reasons, from its headers."""
    reasons = (f"{name}: {plain(header(name))}" for name in _SPEAKING if header(name))
    return "; ".join([f"{code} {plain(phrase)}".strip(), *reasons])


def found(trace: Iterable[TraceEntry]) -> Finding | None:
    """What decides against the messages of one call or request; None if nothing does."""
    first = next(iter(diagnose.findings(trace)), None)
    return None if first is None or first.advisory or first.verdict == "pass" else first
