"""What has been read is not asked for again, until something is written there.

Only in `remembering`, and only of what is set up, never what is recorded of calls
(`transport.Api.call`). Not in `afresh`: what is waited for or about to be overwritten is always
asked for. What neither a run's writes nor its cards change (`lasting`: a site's name, a flow's id)
is known beyond both. Nothing is known for long: other people work on the platforms too.
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sfsip_nb.api.exchanges import Exchange, noted, recall

Question = tuple[str, str, str]
"""An origin, and the path and the query that are asked of it."""

RECENT, LASTING = 10.0, 60.0
"""Seconds after which an answer is asked for anew, and one that no write of a run changes."""


@dataclass
class _Known:
    """An answer, the exchange that brought it, when (monotonic), and whether something was written
    to its origin since."""

    answer: Any
    exchange: Exchange
    at: float
    written_since: bool = False


class Memory:
    """What has been read, by question."""

    def __init__(self) -> None:
        self._known: dict[Question, _Known] = {}

    def get(self, question: Question, lasting: bool) -> _Known | None:
        """What serves as the answer now, if anything does."""
        known = self._known.get(question)
        if known is None or time.monotonic() - known.at > (LASTING if lasting else RECENT):
            return None
        return known if lasting or not (known.written_since or _fresh.get()) else None

    def keep(self, question: Question, answer: Any, exchange: Exchange) -> _Known:
        """Remember an answer as of now."""
        known = self._known[question] = _Known(answer, exchange, time.monotonic())
        return known

    def written(self, origin: str | None = None) -> None:
        """Something was, or may be, changed at an origin (None: at all): only what lasts holds."""
        for question, known in self._known.items():
            known.written_since |= origin in (None, question[0])


_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)
_fresh: ContextVar[bool] = ContextVar("fresh", default=False)


@contextlib.contextmanager
def remembering(memory: Memory | None = None) -> Iterator[None]:
    """In here answers are remembered, in a memory that lives on, or in one that ends with this."""
    token = _memory.set(Memory() if memory is None else memory)
    try:
        yield
    finally:
        _memory.reset(token)


@contextlib.contextmanager
def afresh() -> Iterator[None]:
    """In here everything is asked for again."""
    token = _fresh.set(True)
    try:
        yield
    finally:
        _fresh.reset(token)


def answer(question: Question, ask: Callable[[], Any], lasting: bool = False) -> Any:
    """The answer that is remembered, else that of asking; what is returned is the caller's own."""
    memory = _memory.get()
    if memory is None:
        return ask()
    known = memory.get(question, lasting)
    if known is None:
        with noted() as heard:
            found = ask()
        known = memory.keep(question, found, heard[-1])
    else:
        recall(known.exchange)
    return copy.deepcopy(known.answer)


@contextlib.contextmanager
def writing(origin: str) -> Iterator[None]:
    """Around each write: what its origin has answered before holds neither during it, nor after."""
    memory = _memory.get() or Memory()
    memory.written(origin)
    try:
        yield
    finally:
        memory.written(origin)
