"""What takes long is told to whoever watches: what is waited for, how long at most, what is seen.

Whoever waits says so here; who shows it enters `watched`. Nobody does by default.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stamina import Attempt

Tell = Callable[[str], None]
"""Says what is seen so far of what takes long, such as which attempt of how many it is."""

Phase = Callable[[str, float], AbstractContextManager[Tell]]
"""Shows what is waited for, and how many seconds at most, until it is left."""


def _unwatched(what: str, most: float) -> AbstractContextManager[Tell]:
    return contextlib.nullcontext(lambda seen: None)


_phase: ContextVar[Phase] = ContextVar("phase", default=_unwatched)


def waiting(what: str, most: float) -> AbstractContextManager[Tell]:
    """While it is entered, `what` is waited for, `most` seconds at most (0: not known)."""
    return _phase.get()(what, most)


@contextlib.contextmanager
def watched(phase: Phase) -> Iterator[None]:
    """In here, `phase` shows what is waited for."""
    token = _phase.set(phase)
    try:
        yield
    finally:
        _phase.reset(token)


def tries(**how: Any) -> Iterator[Attempt]:
    """Each try of what is done until it succeeds, as `stamina.retry_context` has them.

    Loaded here, once something is asked: with it comes half of an event loop.
    """
    from stamina import retry_context

    return iter(retry_context(**how))
