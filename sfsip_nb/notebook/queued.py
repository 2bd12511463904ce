"""Cells that were sent together with one that stopped, as Run All does: they are held, and say so.

JupyterLab sends all cells of a Run All at once. Were the stop an error, the kernel would drop the
rest of them without a word, and the reason would stand screens above empty cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.load import CELL
from sfsip_nb.runs import person

_TOGETHER = timedelta(seconds=0.2)
"""Most between a cell of one Run All and the next, by the clock of who sent them."""


@dataclass(frozen=True)
class Sent:
    """A cell as JupyterLab sent it: its id in the notebook, and when."""

    cell: str
    at: datetime


@dataclass(frozen=True)
class Stop:
    """Where the run stopped, and why; `last` is the cell that was held last."""

    sent: Sent
    error: SfsipError
    last: Sent

    def holds(self, sent: Sent) -> bool:
        """Whether a cell was sent together with the one that stopped, and is another one."""
        return sent.cell != self.sent.cell and sent.at - self.last.at < _TOGETHER

    @property
    def why(self) -> str:
        """The reason; without one where the inputs are it, which are told as they stand now."""
        is_of_inputs = isinstance(self.error, InputError) and self.error.key == CELL
        return "" if is_of_inputs else str(self.error).partition("\n")[0]


def sent() -> Sent | None:
    """The running cell; None where nobody is there, or whoever is sends one cell at a time."""
    asked = person.request()
    about: Any = asked.get("metadata", {})
    cell = about.get("cellId", "") if isinstance(about, Mapping) else ""
    at: Any = asked.get("header", {}).get("date")
    # VS Code names a cell by its address, and waits for each before it sends the next.
    if not cell or ":" in cell or not isinstance(at, datetime) or not person.is_there():
        return None
    return Sent(cell, at)
