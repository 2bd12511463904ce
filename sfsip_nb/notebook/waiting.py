"""What takes long in a cell: one output that counts up and ends as a plain line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sfsip_nb.present.tables import waited
from sfsip_nb.runs import places
from sfsip_nb.runs.waiting import KIND, Clock, Wait, clock


@contextmanager
def timed(doing: str, headless: bool) -> Iterator[None]:
    """While a cell runs, it shows what is waited for and how long; then, how long it took.

    A replay's kernel tells the replay, and leaves nothing in the notebook.
    """
    output = _Output("" if headless else "Kernel → Interrupt stops it; nothing is lost.")
    ticking = Clock(doing, _tell_replay if places.is_replay() else output.show)
    ended = "stopped after"
    try:
        with ticking:
            yield
        ended = "took"
    finally:
        output.end(f"{doing} {ended} {clock(ticking.lasted)}")


class _Output:
    """One output of the cell, made when there is something to show."""

    def __init__(self, aside: str) -> None:
        self._aside = aside
        self._shown: Any = None

    def show(self, wait: Wait) -> None:
        from IPython.display import display

        made = waited(str(wait), self._aside)
        if self._shown is None:
            self._shown = display(made, display_id=True)
        else:
            self._shown.update(made)

    def end(self, told: str) -> None:
        if self._shown is not None:
            self._shown.update(waited(told))


def _tell_replay(wait: Wait) -> None:
    from IPython.display import display

    display({KIND: wait.as_json()}, raw=True)
