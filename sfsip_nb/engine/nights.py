"""A night of a fleet, as fleet.json and the ledger hold it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from sfsip_nb.engine.comparison import NOT_RUN, ComparisonRow
from sfsip_nb.engine.shape import Instant, Sha256, Shape
from sfsip_nb.inputs.errors import InputError

FILE = "fleet.json"

FINISHED = (0, 1, 3)
"""Exit codes of a replay that came to its end: what it found is another matter."""

NIGHTS = 14
"""Nights whose replies are kept for comparison."""

_WORST_FIRST = (4, 2, 1, 3, 0)


class CustomerRow(Shape):
    """What came of one customer in a night."""

    run: str = Field(description="Name of the run; of the file where its inputs are wrong.")
    file: str = Field(default="", description="Path of the parameters file.")
    customer: str
    guide: str = ""
    target: str = ""
    mode: str = ""
    attempt: int = Field(default=0, description="Number of the attempt; 0 where none was begun.")
    outcome: str = Field(
        default=NOT_RUN, description="The record's verdict, `partial`, `plan`, or `not run`."
    )
    exit_code: int = Field(description="As `sfsip replay` would have ended.")
    reason: str = Field(default="", description="Why it is not a pass.")
    started: Instant
    ended: Instant
    record: str = Field(default="", description="Path of record.html from the folder of the night.")
    inputs: Sha256 = Field(default="", description="Sum of inputs, notebooks and version.")
    since: str = Field(default="", description="The night that it is compared with; empty: none.")
    before: str = Field(default="", description="Its outcome in that night.")
    reason_before: str = Field(
        default="", description="Its reason in that night, where this replay did not finish."
    )
    compared: ComparisonRow | None = Field(
        default=None, description="What differs from that night's record."
    )
    replies_ms: list[int] = Field(
        default=[],
        description="How soon the AI agent replied in each night's test calls: the median, in ms,"
        " oldest first, this night's last.",
    )

    @property
    def is_finished(self) -> bool:
        """Whether the replay came to its end, whatever it found."""
        return self.exit_code in FINISHED


class NightRow(Shape):
    """A night: each customer's row, in the order of the fleet's file."""

    version: Literal[1] = Field(default=1, validation_alias="schema", serialization_alias="schema")
    fleet: str
    night: str
    mode: str
    started: Instant
    ended: Instant
    exit_code: int = Field(description="The worst of the customers'.")
    versions: dict[str, str]
    customers: list[CustomerRow]
    gone: list[str] = Field(
        default=[],
        description="Runs of the last night that the fleet no longer names, nor their files.",
    )


def read(path: Path) -> NightRow:
    """The night in a fleet.json. Raises InputError for a file that holds none."""
    try:
        return NightRow.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise InputError(
            str(path),
            f"{path} is no night of a fleet that this version can read ({type(error).__name__})."
            " sfsip fleet rewrites it when it continues that night.",
        ) from None


def worst_exit(codes: Iterable[int]) -> int:
    """The exit code of several replays (README, "Exit codes")."""
    found = set(codes)
    return next(code for code in _WORST_FIRST if code in found | {0})
