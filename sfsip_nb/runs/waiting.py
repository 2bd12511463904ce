"""What takes long, while it lasts: a clock that tells whoever shows it, a notebook or a log."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Any

from sfsip_nb.api.waits import Tell, watched

KIND = "application/vnd.sfsip.wait+json"
"""The MIME type under which a replay's kernel tells it, for the replay alone."""

_UNSEEN, _TICK = 1.0, 1.0
"""Seconds before anything is told, and between two times."""

_GAP, _AGAIN = 3.0, 10.0
"""Seconds between two lines of a log, and between two on the same wait."""


@dataclass(frozen=True)
class Wait:
    """What is going on, for how many seconds; and what of it is waited for, the same of that.

    `most` is how long that may take, 0 where it is not known; `seen` is what is known of it so far.
    """

    doing: str
    seconds: float
    what: str = ""
    since: float = 0.0
    most: float = 0.0
    seen: str = ""

    def __str__(self) -> str:
        told = [f"{self.doing}: {clock(self.seconds)}"] if self.doing else []
        if self.what:
            most = f" of at most {clock(self.most)}" if self.most else ""
            told.append(f"{self.what}: {clock(self.since)}{most}")
        return " · ".join([*told, *filter(None, [self.seen])])

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        rounded = {name: round(getattr(self, name), 1) for name in ("seconds", "since", "most")}
        return asdict(self) | rounded


Show = Callable[[Wait], None]


class Clock:
    """While it is entered, `show` is told each second what is waited for, and how long.

    `doing` says what is going on; empty, only waits are told. A thread of its own keeps it going,
    whatever the wait is made of. What is over within a second shows nothing.
    """

    def __init__(self, doing: str, show: Show) -> None:
        self._doing, self._show, self._began = doing, show, time.monotonic()
        self._phases: list[tuple[float, Wait]] = []
        self._over, self._watched = threading.Event(), ExitStack()
        # A copy, so that what the thread shows belongs to the cell that waits.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._tick,), daemon=True)

    @property
    def lasted(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    @contextmanager
    def phase(self, what: str, most: float) -> Iterator[Tell]:
        """Name what is waited for now, and how many seconds it may take (`waits.Phase`)."""
        place = len(self._phases)
        self._phases.append((time.monotonic(), Wait(self._doing, 0.0, what, most=most)))

        def tell(seen: str) -> None:
            began, wait = self._phases[place]
            self._phases[place] = began, replace(wait, seen=seen)

        try:
            yield tell
        finally:
            del self._phases[place:]

    def __enter__(self) -> Clock:
        self._watched.enter_context(watched(self.phase))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watched.close()
        self._over.set()
        self._thread.join(_TICK)

    def _tick(self) -> None:
        wait = _UNSEEN
        while not self._over.wait(wait):
            wait = _TICK
            now = self._now()
            if now.doing or now.since >= _UNSEEN:
                with suppress(OSError):  # who read it has gone: who works finds out by itself
                    self._show(now)

    def _now(self) -> Wait:
        """The innermost wait that takes long by now, else the outermost."""
        now, phases = time.monotonic(), [*self._phases]
        long = [phase for phase in phases if now - phase[0] >= _UNSEEN]
        for began, wait in long[-1:] or phases[:1]:
            return replace(wait, seconds=self.lasted, since=now - began)
        return Wait(self._doing, self.lasted)


def seldom(show: Show) -> Show:
    """Tells a log: a line in some seconds at most, and of one and the same wait not often."""
    last = -_AGAIN
    told = ("", "")

    def tell(wait: Wait) -> None:
        nonlocal last, told
        what = wait.doing, wait.what if wait.since >= _UNSEEN else ""
        now = time.monotonic()
        if now - last >= (_AGAIN if what == told else _GAP):
            last, told = now, what
            show(wait)

    return tell


def clock(seconds: float) -> str:
    """`0:07`, `2:00`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
