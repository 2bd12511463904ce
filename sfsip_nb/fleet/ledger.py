"""The fleet's ledger: a line of JSON for whatever happens, only ever added to.

Whoever was killed in the middle of a line leaves half a one, which is passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.inputs import private

NAME = "ledger.jsonl"


@dataclass
class Night:
    """What the ledger knows of a night: the newest row of each parameters file.

    By the file, for a run's name is not known where the file holds wrong inputs.
    """

    name: str
    began: str
    rows: dict[str, CustomerRow] = field(default_factory=dict)
    is_over: bool = False

    def finished(self, run: str, inputs: str) -> CustomerRow | None:
        """The row of a run that came to its end with these inputs, if it did."""
        row = self.by_run.get(run)
        return row if row and row.is_finished and row.inputs == inputs else None

    @property
    def by_run(self) -> dict[str, CustomerRow]:
        """The same rows, each under its run."""
        return {row.run: row for row in self.rows.values()}


class Ledger:
    """The ledger of one fleet. One command at a time writes it (`holding.alone`)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def night_begins(self, night: str, customers: int) -> None:
        """A night is begun, or gone on with."""
        self._add("night_began", night, customers=customers)

    def begins(self, night: str, run: str, worker: str) -> None:
        """A worker has taken a customer."""
        self._add("began", night, run=run, worker=worker)

    def ends(self, night: str, row: CustomerRow) -> None:
        """A customer's row is known."""
        self._add("ended", night, row=row.as_json())

    def night_ends(self, night: str, exit_code: int) -> None:
        """Every customer of the night has a row."""
        self._add("night_ended", night, exit_code=exit_code)

    def nights(self) -> list[Night]:
        """All nights, in the order in which they were first begun."""
        found: dict[str, Night] = {}
        for line in self.lines():
            night = found.setdefault(line["night"], Night(line["night"], line["at"]))
            match line["event"]:
                case "ended":
                    row = CustomerRow.model_validate(line["row"])
                    night.rows[row.file] = row
                case "night_began":
                    night.is_over = False
                case "night_ended":
                    night.is_over = True
        return list(found.values())

    def lines(self) -> Iterator[dict[str, Any]]:
        """Each whole line."""
        if self._path.is_file():
            for text in self._path.read_text(encoding="utf-8").splitlines():
                try:
                    yield json.loads(text)
                except ValueError:
                    continue

    def _add(self, event: str, night: str, **more: Any) -> None:
        line = json.dumps({"at": now(), "event": event, "night": night, **more})
        with private.opened(self._path, "ab+") as file:
            half = file.seek(0, os.SEEK_END) and _last_byte(file) != b"\n"
            file.write(b"\n" * bool(half) + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END)
    return bytes(file.read(1))


def before(nights: Iterable[Night], name: str) -> Iterator[Night]:
    """The nights before that one, newest first."""
    earlier: list[Night] = []
    for night in nights:
        if night.name == name:
            break
        earlier.insert(0, night)
    return iter(earlier)
