"""Records as pandas DataFrames, for filtering, joining and comparing runs.

pandas is imported when a frame is asked for, not before: it takes as long as a section's start.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsip_nb.engine import nights
from sfsip_nb.engine import record as records
from sfsip_nb.engine.nights import NightRow
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import EvidenceRow
from sfsip_nb.engine.verdicts import Basis
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.shared import captures
from sfsip_nb.present import dataframe
from sfsip_nb.sip.shown import where

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Frames:
    """Records, each with the folder of its evidence, as frames.

    `messages` and `quality` are read out of the evidence: without the folder they are empty.
    """

    records: Sequence[tuple[Record, Path]]
    nights: Sequence[NightRow] = ()

    @cached_property
    def attempts(self) -> DataFrame:
        """One row an attempt."""
        return self._frame("attempts", lambda record, _: [record])

    @cached_property
    def steps(self) -> DataFrame:
        """One row a step that ran."""
        return self._frame("steps", lambda record, _: record.steps)

    @cached_property
    def checks(self) -> DataFrame:
        """One row a check."""
        return self._frame("checks", lambda record, _: record.steps)

    @cached_property
    def plan(self) -> DataFrame:
        """One row a field that the plan would change."""
        return self._frame("changes", lambda record, _: record.plan.changes if record.plan else ())

    @cached_property
    def changes(self) -> DataFrame:
        """One row a field of an object that was changed."""
        return self._frame("changes", lambda record, _: record.changes)

    @cached_property
    def calls(self) -> DataFrame:
        """One row a call that was placed."""
        return self._frame("calls", lambda record, _: record.dialled)

    @cached_property
    def turns(self) -> DataFrame:
        """One row a turn of a caller, in the calls whose turns were measured."""
        return self._frame("turns", lambda record, _: record.dialled)

    @cached_property
    def messages(self) -> DataFrame:
        """One row a SIP message of the captures that were kept."""
        return self._frame("messages", _messages)

    @cached_property
    def quality(self) -> DataFrame:
        """One row a second and direction of an answered call."""
        return self._frame("quality", _quality)

    @cached_property
    def diagnosis(self) -> DataFrame:
        """One row a row of the guide's troubleshooting table, those with a named cause first."""
        return self._frame("diagnosis", lambda record, _: record.diagnosis)

    @cached_property
    def customers(self) -> DataFrame:
        """One row a customer and night of a fleet."""
        return dataframe.frame(
            dataframe.ROWS["customers"](self.nights),
            dataframe.RUN | dataframe.COLUMNS["customers"],
        )

    def _frame(self, table: str, of: Callable[[Record, Path], Iterable[Any]]) -> DataFrame:
        return dataframe.frame(
            (
                {**{name: getattr(record, name) for name in dataframe.RUN}, **row}
                for record, evidence in self.records
                for row in dataframe.ROWS[table](of(record, evidence))
            ),
            dataframe.RUN | dataframe.COLUMNS[table],
        )


def load(path: str | Path) -> Frames:
    """The records at a path: one record.json, a run's folder, or a folder of many runs.

    A fleet's folder, or one fleet.json, gives its nights, and the records that these name and that
    are still there. Raises InputError where there is none, and for one that cannot be read.
    """
    path = Path(path)
    found = [path] if path.is_file() else sorted([*path.rglob(_RECORD), *path.rglob(nights.FILE)])
    told = {file: nights.read(file) for file in found if file.name == nights.FILE}
    named = [
        (file.parent / row.record).resolve().with_name(_RECORD)
        for file, night in told.items()
        for row in night.customers
        if row.record
    ]
    there = [file.resolve() for file in found if file not in told]
    there += [file for file in named if file.is_file()]
    whole = (file for file in there if not any(part[0] == "." for part in file.parts[-3:]))
    kept = list(dict.fromkeys(whole))
    if not kept and not told:
        raise InputError(
            str(path),
            f"{path} holds no record.json. Name a record, a run's folder, a folder of runs or a"
            " fleet's; a run has a record once it was replayed, or once run.record() made one.",
        )
    return Frames(
        [(records.read(file), file.parent.parent.parent / "evidence") for file in kept],
        list(told.values()),
    )


_RECORD = "record.json"


def _messages(record: Record, folder: Path) -> Iterator[dataframe.Row]:
    from sfsip_nb.sip.evidence.calls import TracedMessage
    from sfsip_nb.sip.reading import read

    for kept, path in _evidence(record, folder, ".pcapng"):
        for number, entry in enumerate(captures.load(path).entries, start=1):
            message = read(entry.data).message
            row = message and TracedMessage(number, entry, message)
            yield {
                "step": kept.step,
                "evidence": kept.name,
                "at": entry.at,
                "call_id": entry.call_id,
                "source": where(entry.local),
                "destination": where(entry.remote),
                "transport": entry.transport,
                "method": row.method if row else "",
                "code": (row.code or None) if row else None,
                "phrase": row.phrase if row else "",
                "cseq": row.cseq[0] if row else None,
                "bytes": len(entry.data),
            }


def _quality(record: Record, folder: Path) -> Iterator[dataframe.Row]:
    for kept, path in _evidence(record, folder, ".json", "heard "):
        try:
            found = list(_seconds(json.loads(path.read_bytes())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                str(path),
                f"{path} holds no levels of a call ({type(error).__name__}). `sfsip record DIR"
                " --check` shows whether the file was changed since it was written.",
            ) from None
        for row in found:
            yield {"step": kept.step, "evidence": kept.name, **row}


def _seconds(levels: dataframe.Row) -> Iterator[dataframe.Row]:
    """Second by second what `platforms.shared.heard` kept of a call."""
    answered, floor = datetime.fromisoformat(levels["answered"]), levels["floor"]
    for lane in levels["lanes"]:
        values, whole = lane["values"], round(1 / lane["seconds"])
        for second, at in enumerate(range(0, len(values), whole)):
            part = values[at : at + whole]
            came = [value for value in part if value is not None]
            power = [10 ** (value / 10) for value in came]
            yield {
                "number": levels["call"],
                "direction": re.split("[:;]", lane["what"])[0],
                "vantage": lane["vantage"],
                "second": second,
                "at": answered + timedelta(seconds=lane["offset"] + second),
                "level_dbov": 10 * math.log10(sum(power) / len(power)) if came else None,
                "missing": 1 - len(came) / len(part),
                "silent": sum(value <= floor for value in came) / len(came) if came else None,
            }


def _evidence(
    record: Record, folder: Path, suffix: str, title: str = ""
) -> Iterator[tuple[EvidenceRow, Path]]:
    """What the attempt's steps have kept of a kind.

    A step may also name what another attempt's step has kept, as proof, and what a person attached
    to a card is theirs.
    """
    own = {(step.id, name) for step in record.steps for name in step.evidence}
    for kept in record.evidence:
        path = folder / Path(kept.name).name
        if kept.kind is Basis.FILE or (kept.step, kept.name) not in own:
            continue
        if path.suffix == suffix and kept.title.startswith(title) and path.is_file():
            yield kept, path
