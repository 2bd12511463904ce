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

Look = Callable[[], list[SeenCall]]
"""One side's calls that fit as they stand now, the newest first."""

Pair = tuple[SeenCall | None, SeenCall | None]
"""What the contact center and Synthflow have of one call."""


@dataclass(frozen=True)
class Stage:
    """What is waited for, in words, and for how many seconds."""

    what: str
    seconds: float


@dataclass(frozen=True)
class Watch:
    """How long a call may take to begin, to end, and to be on record on the other side too.

    ``names`` are the two sides'. ``pause`` is the seconds between two looks, ``phase`` tells what
    is waited for.
    """

    names: tuple[str, str]
    begin: Stage
    end: Stage
    record: Stage
    pause: float
    phase: Phase = waiting
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, platform: Look, synthflow: Look) -> Pair:
        """The newest call that both sides have whole; when time is over, what each has by then.

        A call in progress is waited for. Each stage that is entered has its own time, and all of
        them together no more than the sum: a number that is called all day ends the watch too.
        """
        stages = (self.begin, self.end, self.record)
        began, stage = self.clock(), None
        seen: Pair = (None, None)
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
                tell(" · ".join(map(_told, self.names, seen)))
                if now >= until:
                    break
                self.sleep(min(self.pause, until - now))
                seen = _looked(platform, synthflow)
        return seen

    def _stage(self, seen: Pair) -> Stage:
        found = [call for call in seen if call]
        if not found:
            return self.begin
        newest = max(found, key=lambda call: call.started)
        over = any(call.over and calls.same(call, newest) for call in found)
        return self.record if over else self.end


def _looked(platform: Look, synthflow: Look) -> Pair:
    """The newest call of the contact center, and Synthflow's of the same time, else its newest."""
    there, here = platform()[:1], synthflow()
    if there:
        here = sorted(here, key=lambda call: not calls.same(there[0], call))
    return there[0] if there else None, here[0] if here else None


def _whole(seen: Pair) -> bool:
    there, here = seen
    return bool(there and here and there.over and here.over and calls.same(there, here))


def _told(name: str, call: SeenCall | None) -> str:
    """`Synthflow: a call from +15551230001 since 18:02:11 UTC, in progress`."""
    if call is None:
        return f"{name}: nothing yet"
    caller = calls.digits(call.caller) or "an unknown number"
    since = call.started.astimezone(UTC).strftime("%H:%M:%S")
    return (
        f"{name}: a call from {caller} since {since} UTC, {'over' if call.over else 'in progress'}"
    )
