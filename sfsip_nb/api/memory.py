"""What a step has read it does not ask for again, until something is written there.

Only in `remembering`, and only of what is set up, never what is recorded of calls
(`transport.Api.call`). Not in `afresh`: what is waited for, read back or about to be overwritten is
always asked for.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

Question = tuple[str, str, str]
"""An origin, and the path and the query that are asked of it."""

_answers: ContextVar[dict[Question, Any] | None] = ContextVar("answers", default=None)
_fresh: ContextVar[bool] = ContextVar("fresh", default=False)


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """In here answers are remembered; those of before are not, nor are these afterwards."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


@contextlib.contextmanager
def afresh() -> Iterator[None]:
    """In here everything is asked for again."""
    token = _fresh.set(True)
    try:
        yield
    finally:
        _fresh.reset(token)


def answer(question: Question, ask: Callable[[], Any]) -> Any:
    """The answer that is remembered, else that of asking; what is returned is the caller's own."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if _fresh.get() or question not in answers:
        answers[question] = ask()
    return copy.deepcopy(answers[question])


@contextlib.contextmanager
def writing(origin: str) -> Iterator[None]:
    """Around each write: nothing that its origin has answered is remembered before, nor after."""
    _forget(origin)
    try:
        yield
    finally:
        _forget(origin)


def _forget(origin: str) -> None:
    answers = _answers.get() or {}
    for question in [known for known in answers if known[0] == origin]:
        del answers[question]
