"""The time, as the journal and the record write it, and waiting for something to come."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import stamina

T = TypeVar("T")


class _NotYet(Exception):
    """What is waited for is not there yet."""


def now() -> str:
    """The present moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def until(ask: Callable[[], T], enough: Callable[[T], bool], patience: float) -> T:
    """The first answer that is enough, or the last one when patience (seconds) ends."""
    latest: list[T] = []
    try:
        for attempt in stamina.retry_context(
            on=_NotYet, attempts=None, timeout=patience, wait_initial=0.1, wait_max=1.0
        ):
            with attempt:
                latest = [ask()]
                if not enough(latest[0]):
                    raise _NotYet
    except _NotYet:
        pass
    return latest[0]
