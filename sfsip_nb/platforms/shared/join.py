"""One call as both sides recorded it: whether it is the same one, and what may be judged of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.joining import CallMatch
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.testcall import ObservedCall

SYNTHFLOW = "Synthflow"


@dataclass(frozen=True)
class Sides:
    """One call as both sides recorded it, and as we saw it if we placed it.

    ``name`` is the contact center's; ``number`` is the one of the AI that was called, ``caller``
    the number that the call came from, if known; ``since`` is when it was looked for from.
    ``unread`` are the sides, by name, whose records may not be read, and what they answered.
    ``match`` is by what the records were found, and what could not be told apart.
    """

    name: str
    number: str
    platform: SeenCall | None
    synthflow: SeenCall | None
    caller: str
    placed: ObservedCall | None = None
    unread: Mapping[str, ApiError] = field(default_factory=dict)
    since: datetime | None = None
    match: CallMatch = field(default_factory=CallMatch)

    @property
    def joined(self) -> bool:
        """Whether both records are there and can be of the same call."""
        return replace(self.match, there=self.platform, here=self.synthflow).joined

    def rivals(self, vantage: Vantage) -> tuple[SeenCall, ...]:
        """One side's calls that nothing tells apart."""
        return tuple(call for call in self.match.rivals if call.vantage is vantage)

    @property
    def theirs(self) -> str:
        """From whom Synthflow's call is, where nothing says that it is the one that was sought."""
        here = self.synthflow
        if here is None or self.placed or not self.caller or self.joined or self.match.own:
            return ""
        from_ = calls.digits(here.caller)
        return "" if from_ == calls.digits(self.caller) else from_ or "an unknown number"

    @property
    def whole(self) -> Sides:
        """What can be judged: nobody else's call, and no half record of one that is not over."""
        there, here = (c if c and c.over else None for c in (self.platform, self.synthflow))
        return replace(self, platform=there, synthflow=None if self.theirs else here)


def joined(step: str, sides: Sides, remedy: str = "") -> list[Check]:
    """Whether both sides know the call, and whether it is the same one.

    Only what is there proves anything: a contact center's records can be minutes late. Synthflow
    lists a call from its first ring on, so once the contact center's record is closed, or the call
    is over that we placed where there is no record to read, a call that is not on that list did not
    arrive.
    """
    there, here, name = sides.platform, sides.synthflow, sides.name
    several_there, several_here = map(sides.rivals, (Vantage.PLATFORM, Vantage.SYNTHFLOW))
    if not (there or here or sides.placed or sides.unread or sides.match.rivals):
        who = f" from {sides.caller}" if sides.caller else ""
        return [
            not_made(
                step,
                f"neither {name} nor Synthflow has a call{who} at that time",
                "Answer the card below again, run this cell and dial while it watches. If you "
                "did call: is that the number you called from? Records can also be late; if so,"
                " run "
                "this cell again.",
            )
        ]
    over = all(call.over for call in several_there) if several_there else sides.whole.platform
    closed = bool(over or (sides.placed and name in sides.unread))
    again = "run this cell again in a few minutes."
    half = f"In progress there: hang up. If that was long ago, its record is late: {again}"
    if sides.theirs:
        missed = f"It came from {sides.theirs}. If that was you, correct the number below the card."
    elif here:
        missed = half
    elif closed:
        missed = remedy or "The call never reached the agent: see what the platform recorded."
    else:
        missed = f"Whether the call ended before shows in the record of {name}: {again}"
    missing = closed and not (here or several_here) and SYNTHFLOW not in sides.unread
    found = [
        check(
            f"{step}/platform",
            "The platform recorded the call",
            "a record at that time, with that number",
            _seen(there, several_there, name in sides.unread),
            True if sides.whole.platform else None,
            reason=AT_ONCE
            if several_there
            else half
            if there
            else f"Records of {name} can be late: {again} If it stays so, the call came from "
            f"another number, or did not come by way of {name}.",
        ),
        check(
            f"{step}/synthflow",
            "Synthflow recorded the call",
            "a record at that time, with that number",
            _seen(here, several_here, SYNTHFLOW in sides.unread),
            True if sides.whole.synthflow else False if missing else None,
            Vantage.SYNTHFLOW,
            reason=AT_ONCE if several_here else missed,
        ),
    ]
    return [*found, *same_call(step, sides)]


_MOST = 6
"""How many calls that cannot be told apart are named."""

_APART = f"{calls.APART.total_seconds():.0f} s"

AT_ONCE = (
    "Several calls with the same numbers came at once, and no ID in either record tells them apart."
    " Call again when nobody else is calling."
)


def same_call(
    step: str,
    sides: Sides,
    title: str = "Both records are the same call",
    advisory: bool = False,
) -> list[Check]:
    """Whether what both sides have is one call, and by what: an id, or numbers and time."""
    there, here, match = sides.platform, sides.synthflow, sides.match
    if match.rivals:
        seen = fits(match.rivals)
    elif there and here:
        seen = ", ".join(_by(there, here, match))
    else:
        return []
    return [
        check(
            f"{step}/joined",
            title,
            f"an id that both have, else the same numbers and at most {_APART} apart",
            seen,
            (sides.joined and not match.rivals) or None,
            advisory=advisory,
            reason=AT_ONCE
            if match.rivals
            else "Another call came in between, or a record is late: run this cell again.",
        )
    ]


def _by(there: SeenCall, here: SeenCall, match: CallMatch) -> Iterator[str]:
    """By what two records were joined, and how well their times agree."""
    yield f"by {match.by} {there.keys[match.by]}" if match.by else "by number, direction and time"
    if match.own:
        yield f"Synthflow's by {match.own} {here.keys.get(match.own, '')}".strip()
    apart = abs((there.started - here.started).total_seconds())
    yield f"{apart:.1f} s apart" + ("" if match.by else f" (at most {_APART})")
    if there.lasted is not None and here.lasted is not None:
        lasted = [call.lasted.total_seconds() for call in (there, here) if call.lasted]
        yield " and ".join(f"{seconds:.0f} s" for seconds in lasted) + " long"


def not_made(step: str, why: str, todo: str) -> Check:
    """Nothing to judge yet: why, and what a person does about it."""
    return Check(
        id=f"{step}/call",
        title="A test call",
        expected="a call to judge",
        seen=why,
        verdict=Verdict.WAITING,
        vantage=Vantage.HERE,
        reason=todo,
    )


def _seen(call: SeenCall | None, several: Sequence[SeenCall], unread: bool) -> str:
    if several:
        return fits(several)
    if call is None:
        return "the records cannot be read" if unread else "no such call"
    return _told(call)


def fits(found: Sequence[SeenCall]) -> str:
    """That several calls fit, and which: the first ones, of many."""
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"{len(found)} calls fit: {'; '.join(map(_told, found[:_MOST]))}{more}"


def _told(call: SeenCall) -> str:
    return f"{call.id}, {_at(call)}" + ("" if call.over else ", in progress")


def _at(call: SeenCall) -> str:
    return call.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
