"""Evidence of calls: one call found on every side, joined, so that it can be judged.

"Call this number now": say what to dial or dial it where that is allowed, then look for the
same call in the contact center's records and in Synthflow's, by number and by time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.engine.clock import until
from sfsip_nb.engine.verdicts import Vantage

# Two clocks and a transfer between them: the same call may start this much apart on two sides.
_APART = timedelta(seconds=20)

_USER = re.compile(r"(?s).*<(.*)>.*")
_SIGNS = re.compile(r"(?i)^(?:tel|sips?):|[@;].*$|[ ().-]")
_NUMBER = re.compile(r"\+?\d{5,}", re.ASCII)


@dataclass(frozen=True)
class SeenCall:
    """One side's record of one call. Numbers are digits with a leading plus.

    ``over`` is whether that side says that the call has ended; until then its record is half.
    """

    vantage: Vantage
    id: str
    started: datetime
    caller: str
    called: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    over: bool = True


Source = Callable[[datetime, datetime], list[SeenCall]]
"""Lists one side's calls that started between two moments."""


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


def fitting(
    source: Source,
    caller: str,
    called: str,
    since: datetime,
    until: datetime | None = None,
    exclude: Container[str] = (),
) -> list[SeenCall]:
    """One side's calls that fit, the newest first.

    ``caller`` may be empty where a side does not keep it; ``called`` always counts. ``exclude``
    holds the ids of calls that were judged before.
    """
    now = datetime.now(UTC)
    found = [
        call
        for call in source(since - _APART, min(until or now, now) + _APART)
        if call.id not in exclude
        and digits(call.called) == digits(called)
        and (not caller or digits(call.caller) == digits(caller))
        and call.started >= since - _APART
    ]
    return sorted(found, key=lambda call: call.started, reverse=True)


def find(
    source: Source, called: str, since: datetime, patience: float, exclude: Container[str] = ()
) -> SeenCall | None:
    """The newest call of one side that fits, waiting up to ``patience`` seconds for its record."""
    what = f"the record of a call to {called}"
    fit = until(lambda: fitting(source, "", called, since, exclude=exclude), bool, patience, what)
    return fit[0] if fit else None


def same(one: SeenCall, other: SeenCall) -> bool:
    """Whether two sides' records can be the same call: they started close together."""
    return abs(one.started - other.started) <= _APART
