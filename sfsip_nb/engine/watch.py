"""Watching both sides while somebody calls: until both have the call whole, or time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC

from sfsip_nb.api.waits import Phase, waiting
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.joining import CallMatch, Wanted, match
from sfsip_nb.engine.verdicts import Vantage

Look = Callable[[], list[SeenCall]]
"""One side's calls to the number as they stand now, the newest first."""


@dataclass(frozen=True)
class Stage:
    """What is waited for, in words, and for how many seconds."""

    what: str
    seconds: float


@dataclass(frozen=True)
class Watch:
    """How long a call may take to begin, to end, and to be on record on the other side too.

    ``names`` are the two sides'. ``pause`` is the seconds before the first look, which double from
    one look to the next as far as ``longest``; ``phase`` tells what is waited for. ``unseen`` says
    that nobody looks on: then the contact center is not asked while each call that Synthflow has
    still goes on, because its record could not end the watch.
    """

    names: tuple[str, str]
    begin: Stage
    end: Stage
    record: Stage
    pause: float
    longest: float
    phase: Phase = waiting
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    unseen: bool = False

    def __call__(self, platform: Look, synthflow: Look, wanted: Wanted) -> CallMatch:
        """The wanted call once both sides have it whole; when time is over, what each has by then.

        A call in progress is waited for. Each stage that is entered has its own time, and all of
        them together no more than the sum: a number that is called all day ends the watch too.
        """
        stages = (self.begin, self.end, self.record)
        began, stage, pause = self.clock(), None, self.pause
        seen, theirs = CallMatch(), list[SeenCall]()
        end = began + sum(each.seconds for each in stages)
        with ExitStack() as shown:
            while not _whole(seen):
                now, entered = self.clock(), self._stage(seen)
                if entered is not stage:
                    stage = entered
                    # A call that is over may be an earlier one: there is still time to dial.
                    left = began + self.begin.seconds - now if stage is self.record else 0.0
                    seconds = max(stage.seconds, left)
                    until = min(now + seconds, end)
                    shown.close()
                    tell = shown.enter_context(self.phase(stage.what, seconds))
                tell(_told(self.names, seen))
                if now >= until:
                    break
                self.sleep(min(pause, until - now))
                pause = min(pause * 2, self.longest)
                ours = synthflow()
                goes_on = bool(ours) and not any(call.over for call in ours)
                if not (self.unseen and goes_on) or self.clock() >= until:
                    theirs = platform()
                seen = match(theirs, ours, wanted)
        return seen

    def _stage(self, match: CallMatch) -> Stage:
        if not match.seen:
            return self.begin
        newest = max(match.seen, key=lambda call: call.started)
        over = any(call.over and calls.same(call, newest) for call in match.seen)
        return self.record if over else self.end


def _whole(match: CallMatch) -> bool:
    return match.joined and not match.rivals and all(call.over for call in match.seen)


def _told(names: tuple[str, str], match: CallMatch) -> str:
    """What each side has, as `Synthflow: a call from +15551230001 since 18:02:11 UTC, over`."""
    vantages = (Vantage.PLATFORM, Vantage.SYNTHFLOW)
    told = []
    for name, vantage, call in zip(names, vantages, (match.there, match.here), strict=True):
        alike = [rival for rival in match.rivals if rival.vantage is vantage]
        told.append(f"{name}: {_call(call) if not alike else f'{len(alike)} calls at once'}")
    return " · ".join(told)


def _call(call: SeenCall | None) -> str:
    if call is None:
        return "nothing yet"
    caller = calls.digits(call.caller) or "an unknown number"
    since = call.started.astimezone(UTC).strftime("%H:%M:%S")
    return f"a call from {caller} since {since} UTC, {'over' if call.over else 'in progress'}"
