"""Outputs that follow what happens, in whichever notebook: they are shown anew when it changed.

Each has a display id (Jupyter's messaging protocol, "update_display_data"), by which a later cell
reaches it, so that what is saved is what is so. Where a person is there, the kernel also looks,
while it is idle, whether a journal was written by another notebook or a command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import person

_EACH, _LONGEST = 1.0, 12 * 3600
"""Seconds between two looks, and how many looks at most: a working day, then only cells update."""

Make = Callable[[], Shown]


class Following:
    """The outputs of one notebook that follow, and what they follow: `journals` gives the files."""

    def __init__(self, journals: Callable[[], Iterable[Path]]) -> None:
        self._journals = journals
        self._outputs: dict[str, tuple[Make, Any, str]] = {}
        self._watch: asyncio.Task[None] | None = None

    def output(self, name: str, make: Make) -> Followed:
        """What `make` makes, shown anew whenever that is another; by a name in its notebook."""
        return Followed(self, name, make)

    def show(self, name: str, make: Make, first: Shown | None = None) -> None:
        """Display it, under an id of its own; `first` is what it is now, where that is known."""
        from IPython.display import display

        first = first or make()
        handle = display(first, display_id=True)
        if handle is not None:  # without a kernel nothing can follow
            self._outputs[name] = make, handle, first.html
        if self._watch is None and person.is_there():
            with contextlib.suppress(RuntimeError):  # no loop runs in a plain prompt
                self._watch = asyncio.get_running_loop().create_task(self._look())

    def follow(self) -> None:
        """Show anew what has changed."""
        for name, (make, handle, before) in list(self._outputs.items()):
            made = make()
            if made.html != before:
                handle.update(made)
                self._outputs[name] = make, handle, made.html

    def end(self) -> None:
        """Follow no more: the notebook's run was opened anew."""
        self._outputs.clear()
        if self._watch is not None:
            self._watch.cancel()

    async def _look(self) -> None:
        seen = self._stamps()
        for _ in range(_LONGEST):
            await asyncio.sleep(_EACH)
            if self._stamps() != seen:
                with contextlib.suppress(SfsipError):  # the next cell tells it
                    self.follow()
                seen = self._stamps()

    def _stamps(self) -> list[tuple[str, int, int]]:
        """SQLite writes beside its file first (WAL)."""
        found = []
        for journal in self._journals():
            for path in (journal, journal.with_name(f"{journal.name}-wal")):
                with contextlib.suppress(OSError):
                    about = path.stat()
                    found.append((path.name, about.st_mtime_ns, about.st_size))
        return found


class Followed(Shown):
    """Something shown that follows."""

    def __init__(self, following: Following, name: str, make: Make) -> None:
        self._following, self._name, self._make = following, name, make
        made = make()
        super().__init__(made.html, made.text, made.table)
        self.stamp = made.stamp

    def _ipython_display_(self) -> None:
        shown = Shown(self.html, self.text, self.table)
        shown.stamp = self.stamp
        self._following.show(self._name, self._make, shown)
