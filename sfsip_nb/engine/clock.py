"""The time, as the journal and the record write it, and waiting for something to come."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from sfsip_nb.api.memory import afresh
from sfsip_nb.api.waits import tries, waiting

T = TypeVar("T")


class _NotYet(Exception):
    """What is waited for is not there yet."""


def now() -> str:
    """The present moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def until(ask: Callable[[], T], enough: Callable[[T], bool], patience: float, what: str) -> T:
    """The first answer that is enough, or the last one when patience (seconds) ends.

    `what` is waited for, in words.
    """
    latest: list[T] = []
    with suppress(_NotYet), waiting(what, patience):
        for attempt in tries(
            on=_NotYet,
            attempts=None if patience else 1,
            timeout=patience or None,
            wait_initial=0.1,
            wait_max=1.0,
        ):
            with attempt, afresh():
                latest = [ask()]
                if not enough(latest[0]):
                    raise _NotYet
    return latest[0]
