"""One call as both sides recorded it: whether it is the same one, and what may be judged of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
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
    """

    name: str
    number: str
    platform: SeenCall | None
    synthflow: SeenCall | None
    caller: str
    placed: ObservedCall | None = None
    unread: Mapping[str, ApiError] = field(default_factory=dict)
    since: datetime | None = None

    @property
    def theirs(self) -> str:
        """From whom Synthflow's call is, where nothing says that it is the one that was sought."""
        there, here = self.platform, self.synthflow
        if here is None or self.placed or not self.caller or (there and calls.same(there, here)):
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
    if not (there or here or sides.placed or sides.unread):
        who = f" from {sides.caller}" if sides.caller else ""
        return [
            not_made(
                step,
                f"neither {name} nor Synthflow has a call{who} of that time",
                "Answer the card below again, run this cell and dial while it watches. If you "
                "did call: is that the number you called from? Records can also be late; if so,"
                " run "
                "this cell again.",
            )
        ]
    closed = sides.whole.platform is not None or bool(sides.placed and name in sides.unread)
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
    missing = closed and not here and SYNTHFLOW not in sides.unread
    found = [
        check(
            f"{step}/platform",
            "The platform recorded the call",
            "a record at that time, with that number",
            _seen(there, name in sides.unread),
            True if sides.whole.platform else None,
            reason=half
            if there
            else f"Records of {name} can be late: {again} If it stays so, the call came from "
            f"another number, or did not come by way of {name}.",
        ),
        check(
            f"{step}/synthflow",
            "Synthflow recorded the call",
            "a record at that time, with that number",
            _seen(here, SYNTHFLOW in sides.unread),
            True if sides.whole.synthflow else False if missing else None,
            Vantage.SYNTHFLOW,
            reason=missed,
        ),
    ]
    if there and here:
        apart = abs((there.started - here.started).total_seconds())
        found.append(
            check(
                f"{step}/joined",
                "Both records are the same call",
                "started at most 20 s apart",
                f"{apart:.1f} s apart",
                calls.same(there, here) or None,
                reason="Another call came in between, or a record is late: run this cell again.",
            )
        )
    return found


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


def _seen(call: SeenCall | None, unread: bool) -> str:
    if call is None:
        return "the records cannot be read" if unread else "no such call"
    return f"{call.id}, {_at(call)}" + ("" if call.over else ", in progress")


def _at(call: SeenCall) -> str:
    return call.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
