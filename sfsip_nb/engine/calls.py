"""Evidence of calls: one call found on every side, joined, so that it can be judged.

"Call this number now": say what to dial or dial it where that is allowed, then look for the
same call in the contact center's records and in Synthflow's, by number and by time.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.engine.clock import until
from sfsip_nb.engine.verdicts import Vantage

APART = timedelta(seconds=20)
"""Two clocks and a transfer between them: the same call may start this much apart on two sides."""

_USER = re.compile(r"(?s).*<(.*)>.*")
_SIGNS = re.compile(r"(?i)^(?:tel|sips?):|[@;].*$|[ ().-]")
_NUMBER = re.compile(r"\+?\d{5,}", re.ASCII)


@dataclass(frozen=True)
class SeenCall:
    """One side's record of one call. Numbers are digits with a leading plus.

    ``over`` is whether that side says that the call has ended; until then its record is half.
    ``ended`` and ``direction`` (inbound, outbound) are as that side has them, if it does. ``keys``
    are ids by name: a record of the other side with one of them is of the same call.
    """

    vantage: Vantage
    id: str
    started: datetime
    caller: str
    called: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    over: bool = True
    ended: datetime | None = None
    direction: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def lasted(self) -> timedelta | None:
        """From its beginning to its end, where both are known."""
        return self.ended - self.started if self.over and self.ended else None


Source = Callable[[datetime, datetime], list[SeenCall]]
"""Lists one side's calls that started between two moments."""


@functools.lru_cache(maxsize=1024)
def digits(number: str) -> str:
    """A number as both sides would write it: ``tel:+1555…``, ``sip:+1555…@host`` → ``+1555…``.

    An empty text for what is no number, such as the id of a user.
    """
    written = _SIGNS.sub("", _USER.sub(r"\1", number.strip()))
    return "+" + written.lstrip("+") if _NUMBER.fullmatch(written) else ""


def moment(value: Any) -> datetime:
    """A platform's time: ISO 8601 with or without a zone (UTC then), or epoch milliseconds."""
    if isinstance(value, (int, float)) or str(value).isdigit():
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment_or_none(value: Any) -> datetime | None:
    """The same for a time that a platform may leave out, or write in a way of its own."""
    try:
        return moment(value) if value else None
    except ValueError:
        return None


def fitting(
    source: Source,
    called: str,
    since: datetime,
    until: datetime | None = None,
    exclude: Container[str] = (),
) -> list[SeenCall]:
    """One side's calls to a number at that time, the newest first.

    ``exclude`` holds the ids of calls that were judged before.
    """
    now = datetime.now(UTC)
    found = [
        call
        for call in source(since - APART, min(until or now, now) + APART)
        if call.id not in exclude
        and digits(call.called) == digits(called)
        and call.started >= since - APART
    ]
    return sorted(found, key=lambda call: call.started, reverse=True)


def recorded(
    source: Source, called: str, since: datetime, patience: float, exclude: Container[str] = ()
) -> list[SeenCall]:
    """One side's calls that fit, the newest first; waits up to ``patience`` seconds for one."""
    what = f"the record of a call to {called}"
    return until(lambda: fitting(source, called, since, exclude=exclude), bool, patience, what)


def alike(one: str, other: str) -> bool:
    """Whether two ways to write a number mean the same one."""
    return digits(one) == digits(other)


def same(one: SeenCall, other: SeenCall) -> bool:
    """Whether two sides' records can be the same call: they started close together."""
    return abs(one.started - other.started) <= APART
