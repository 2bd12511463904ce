"""The time, as the journal and the record write it, and waiting for something to come."""

import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
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


def until(
    ask: Callable[[], T],
    enough: Callable[[T], bool],
    patience: float,
    what: str,
    *,
    first: float = 0.0,
    known: bool = False,
) -> T:
    """The first answer that is enough, or the last one when patience (seconds) ends.

    `what` is waited for, in words. It is never there before `first` (seconds): so long nobody asks.
    `known` says that what is remembered will do, if it is enough.
    """
    latest: list[T] = []
    with suppress(_NotYet), waiting(what, patience):
        time.sleep(min(first, patience))
        for attempt in tries(
            on=_NotYet,
            attempts=None if patience else 1,
            timeout=patience or None,
            wait_initial=0.1,
            wait_max=1.0,
        ):
            with attempt, nullcontext() if known else afresh():
                known = False
                latest = [ask()]
                if not enough(latest[0]):
                    raise _NotYet
    return latest[0]
