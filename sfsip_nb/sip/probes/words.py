"""What the diagnosis makes of the messages of a probe."""

from collections.abc import Iterable

from ..evidence import diagnose
from ..evidence.finding import Finding
from ..trace import TraceEntry


def found(trace: Iterable[TraceEntry]) -> Finding | None:
    """What decides against the messages of one call or request; None if nothing does."""
    first = next(iter(diagnose.findings(trace)), None)
    return None if first is None or first.advisory or first.verdict == "pass" else first
