"""What takes long, shown while it lasts: one output that counts up and ends as a plain line."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from sfsip_nb.engine.context import Tell
from sfsip_nb.present.tables import Shown, waited

_UNSEEN, _TICK = 2.0, 1.0
"""Seconds before anything is shown, and between two updates."""


class Clock:
    """While it is entered, a person sees what is waited for and how long; then, how long it took.

    A thread of its own keeps it going, whatever the wait is made of. What is over before it can
    be read shows nothing.
    """

    def __init__(self, what: str) -> None:
        self._what, self._began = what, time.monotonic()
        self._phase: tuple[str, float, float, str] | None = None
        self._over = threading.Event()
        self._shown: Any = None
        # A copy, so that what the thread shows belongs to the cell that waits.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._tick,), daemon=True)

    @contextmanager
    def phase(self, what: str, most: float) -> Iterator[Tell]:
        """Name what is waited for now, and how many seconds it may take (`context.Phase`)."""
        since = time.monotonic()

        def tell(seen: str) -> None:
            self._phase = what, since, most, seen

        tell("")
        try:
            yield tell
        finally:
            self._phase = None

    def __enter__(self) -> Clock:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(_TICK)
        if self._shown is not None:
            ended = "stopped after" if kind else "took"
            self._shown.update(waited(f"{self._what} {ended} {_clock(self._lasted)}"))

    @property
    def _lasted(self) -> float:
        return time.monotonic() - self._began

    def _tick(self) -> None:
        from IPython.display import display

        wait = _UNSEEN
        while not self._over.wait(wait):
            wait = _TICK
            if self._shown is None:
                self._shown = display(self._now(), display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._shown.update(self._now())

    def _now(self) -> Shown:
        told = f"{self._what}: {_clock(self._lasted)}"
        if phase := self._phase:
            what, since, most, seen = phase
            told += f" · {what}: {_clock(time.monotonic() - since)} of at most {_clock(most)}"
            told += f" · {seen}" if seen else ""
        return waited(told, "Kernel → Interrupt stops it; nothing is lost.")


def _clock(seconds: float) -> str:
    """`0:07`, `2:00`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
