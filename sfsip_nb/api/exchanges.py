"""What was asked of the platforms and what they answered, noted for whoever listens.

It is evidence of what a step read, and by it, not by what was raised, the fate of a write is
judged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from sfsip_nb.api.errors import UNPROVEN


@dataclass(frozen=True)
class Exchange:
    """One request that was sent, without query, headers and body, and its answer.

    ``at`` is in UTC, ``status`` 0 where no answer came, ``ms`` how long it took. ``correlation`` is
    the id to quote to the platform's support. ``writes`` says that it may have changed something,
    ``personal`` that the answer tells of people's calls. ``answer`` is the object as read, None for
    what holds a token; of a refusal its code and message. ``recalled`` says that it was sent for
    an earlier step, and went for this one's answer too (`memory`).
    """

    at: str
    platform: str
    method: str
    path: str
    status: int
    ms: int
    correlation: str = ""
    writes: bool = False
    personal: bool = False
    answer: Any = None
    recalled: bool = False


class ExchangeListener(Protocol):
    """Something that exchanges are told to, such as a list."""

    def append(self, exchange: Exchange, /) -> None: ...

    def __contains__(self, exchange: Exchange, /) -> bool: ...


Heard = TypeVar("Heard", bound=ExchangeListener)

_listeners: ContextVar[tuple[ExchangeListener, ...]] = ContextVar("listeners", default=())


@contextlib.contextmanager
def noted() -> Iterator[list[Exchange]]:
    """Note every exchange in here, by whichever client, in the order in which they ended."""
    heard: list[Exchange] = []
    with told_to(heard):
        yield heard


@contextlib.contextmanager
def told_to(heard: Heard) -> Iterator[Heard]:
    """Tell `heard` of every exchange in here, as `noted` notes them."""
    token = _listeners.set((*_listeners.get(), heard))
    try:
        yield heard
    finally:
        _listeners.reset(token)


def note(exchange: Exchange) -> None:
    """Tell all that listen."""
    for heard in _listeners.get():
        heard.append(exchange)


def recall(exchange: Exchange) -> None:
    """Tell those that did not hear of it when it was sent: by it they go too."""
    recalled = replace(exchange, recalled=True)
    for heard in _listeners.get():
        if exchange not in heard and recalled not in heard:
            heard.append(recalled)


def refused(exchanges: Iterable[Exchange]) -> bool:
    """Whether it is proved that no write was carried out.

    None was sent, or the first and only sending was refused with a 4xx. 408 and 425 prove nothing
    (RFC 9110 §15.5.9, RFC 8470 §5.2), nor does any refusal of a request sent again: it may be the
    first sending that stands in the way.
    """
    statuses = [exchange.status for exchange in exchanges if exchange.writes]
    if not statuses:
        return True
    [status] = statuses if len(statuses) == 1 else [0]
    return 400 <= status < 500 and status not in UNPROVEN
