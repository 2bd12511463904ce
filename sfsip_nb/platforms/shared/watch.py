"""One call found on both sides: watched for while a person dials, else looked up in the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.joining import Wanted
from sfsip_nb.engine.verdicts import Vantage
from sfsip_nb.engine.watch import Stage, Watch
from sfsip_nb.platforms.shared.checks import synthflow
from sfsip_nb.platforms.shared.join import SYNTHFLOW, Sides
from sfsip_nb.platforms.synthflow import callids
from sfsip_nb.platforms.synthflow.client import IN_PROGRESS, PREPARED
from sfsip_nb.platforms.synthflow.resources import listed_assistant

# A person's clock and "when" may be this far from the call.
AROUND = timedelta(minutes=15)

JUDGED = "calls.judged"
"""Under this the journal keeps, by who judged them, the ids of calls that are not new any more."""

_JOINED_BY = "calls.joined"
"""Under this the journal keeps the names of the ids that have joined two records."""

# Seconds, divided by the testbed's time scale: until the call is over, and until a record that is
# late is there.
_CALLING, _LATE = 600.0, 90.0

# Seconds that each takes on any testbed, until somebody has dialed first: people and sockets are no
# faster there.
_TO_DIAL, _TO_CALL, _TO_RECORD = 180.0, 60.0, 3.0

_PAUSE = 2.0  # seconds between two looks; divided likewise before the first ones
_SOON, _NO_SOONER = 0.2, 1.2  # at least, where a call is over, and where it has just been started


@dataclass(frozen=True)
class WatchedPlatform:
    """A contact center: its name, and its list of calls."""

    name: str
    source: calls.Source


@dataclass(frozen=True)
class Sought:
    """Which call to ``number`` is looked for, and on behalf of which answer it is judged.

    ``until`` is None for a call that was made just now: its beginning has no end yet. ``dialled``
    is whether it was made, as far as is known here. ``keys`` are the ids by which we marked it, and
    ``lasted`` is for how long it stood, if we placed it. ``direction`` is the contact center's.
    """

    step: str
    number: str
    by: str
    since: datetime
    until: datetime | None = None
    caller: str = ""
    dialled: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    lasted: timedelta | None = None
    direction: str = "inbound"

    @property
    def placed(self) -> bool:
        """Whether we placed it, so that its beginning is known."""
        return bool(self.keys)

    @property
    def unsettled(self) -> str:
        """Who judged what only Synthflow has: another answer of the same step may take it up."""
        return f"{self.step}, unsettled"


def answered(
    ctx: Context, step: str, number: str, caller: str, dialled: bool, direction: str
) -> Sought:
    """The call to a number of whoever answered the step's card, at about that time.

    Judged again, the same answer is the same call; another answer is another one.
    """
    answer = ctx.answer(step)
    assert answer is not None  # the engine checks nothing before the card is answered
    at = calls.moment(answer.done_at)
    by = f"{step}, {answer.done_at}"
    if dialled:
        return Sought(step, number, by, at, caller=caller, direction=direction)
    since, until = at - AROUND, at + AROUND
    return Sought(step, number, by, since, until, caller, dialled=False, direction=direction)


def find(ctx: Context, platform: WatchedPlatform, sought: Sought) -> Sides:
    """The call to the AI's number in the platform's records and in Synthflow's.

    A call that another step or answer judged is not this one, nor is one with another mark
    (a probe's). Where a person is there and the call may still be made, that is waited for. A side
    that refuses to show its records is left out: the other one may say enough.
    """
    number = sought.number
    judged: dict[str, list[str]] = ctx.journal.get(JUDGED, {})
    mine = (sought.by,) if sought.placed else (sought.by, sought.unsettled)
    known = {id for by, ids in judged.items() if by not in mine for id in ids}

    unread: dict[str, ApiError] = {}

    def look(side: str, source: calls.Source) -> list[SeenCall]:
        if side in unread:
            return []
        try:
            return calls.fitting(source, number, sought.since, sought.until, known)
        except ApiError as error:
            if error.transient:
                raise
            unread[side] = error
            return []

    own, proven = synthflow_calls(ctx, number), ctx.journal.get(_JOINED_BY, [])
    match = _watch(ctx, platform.name, number, sought)(
        lambda: look(platform.name, platform.source),
        lambda: look(SYNTHFLOW, own),
        Wanted(
            sought.caller,
            sought.keys,
            sought.since if sought.placed else None,
            sought.lasted,
            sought.direction,
            frozenset(proven),
        ),
    )
    by = sought.by if match.there or sought.placed else sought.unsettled
    found = [call.id for call in (match.there, match.here) if call]
    ctx.journal.change(
        JUDGED, lambda ids: ids | {by: [*dict.fromkeys([*ids.get(by, []), *found])]}, {}
    )
    if key := match.by.casefold():
        ctx.journal.change(_JOINED_BY, lambda keys: sorted({*keys, key}), [])
    return Sides(
        platform.name,
        number,
        match.there,
        match.here,
        sought.caller,
        None,
        unread,
        sought.since,
        match,
    )


def _watch(ctx: Context, name: str, number: str, sought: Sought) -> Watch:
    def seconds(most: float, least: float) -> float:
        return max(most / ctx.surroundings.time_scale, least)

    late = seconds(_LATE, _TO_RECORD)
    may_come = not sought.dialled and sought.until and datetime.now(UTC) < sought.until
    begin, call = Stage("the call in both sides' records", late), late
    if may_come and ctx.watched:
        of = f", from {calls.digits(sought.caller)}" if sought.caller else ""
        begin = Stage(f"call {number} now{of}", _TO_DIAL)
        call = seconds(_CALLING, _TO_CALL)
    return Watch(
        (name, SYNTHFLOW),
        begin,
        Stage("the call, until it is over", call),
        Stage("what the other side has of the call", late),
        seconds(_PAUSE, _NO_SOONER if sought.dialled and not sought.placed else _SOON),
        _PAUSE,
        unseen=not ctx.watched,
    )


def synthflow_calls(ctx: Context, number: str) -> calls.Source:
    """What came in for a number's assistant (the API ignores unknown filters)."""
    client = synthflow(ctx)

    def source(since: datetime, until: datetime) -> list[SeenCall]:
        assistant = listed_assistant(client, ctx.parameters.assistant_of(number))
        if assistant is None:
            return []
        rows = client.calls(assistant["model_id"], since, until + timedelta(seconds=1))
        return [seen(row) for row in rows if _came_in(row)]

    return source


def _came_in(row: Mapping[str, Any]) -> bool:
    """Whether it is a call to the AI agent: none that it makes, and none that was only prepared."""
    return row.get("type_of_call") != "outbound" and row["call_status"] != PREPARED


def seen(row: Mapping[str, Any]) -> SeenCall:
    """A row of Synthflow's call list."""
    return SeenCall(
        Vantage.SYNTHFLOW,
        str(row["call_id"]),
        calls.moment(row["start_time"]),
        str(row.get("phone_number_from") or row.get("lead_phone_number") or ""),
        str(row.get("phone_number_to") or row.get("agent_phone_number") or ""),
        row,
        over=row["call_status"] not in IN_PROGRESS,
        ended=calls.moment_or_none(row.get("telephony_end")),
        direction=str(row.get("type_of_call") or ""),
        keys=callids.keys(row),
    )
