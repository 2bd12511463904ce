"""The customers of a fleet: all that a worker is told of each, which holds no secret."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsip_nb._version import __version__
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet.given import Fleet
from sfsip_nb.inputs import files
from sfsip_nb.inputs.errors import InputError, PlaintextSecret
from sfsip_nb.inputs.load import check_file
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms import guides

_LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is summed."""


@dataclass(frozen=True)
class Customer:
    """One customer's replay, as it is sent to a worker: where its files are, not what is in them.

    The worker resolves the references to secrets in `file` itself.
    """

    file: str
    run: str
    customer: str
    guide: str
    target: str
    mode: str
    folder: str
    inputs: str
    """Sum of the parameters, the notebooks and the version: the worker's have to be the same."""
    limit: float
    """Seconds that it may take."""
    budget: str = ""
    """Name of the requests a minute that it shares with others; empty: no limit is known."""
    leases: int = 1
    """How many customers may draw on that budget at once."""
    per_minute: float = 0.0
    """Its own share of it."""
    since: str = ""
    """The night to compare it with, and that night's outcome and record."""
    before: str = ""
    record_before: str = ""
    replies_before: tuple[int, ...] = ()
    """How soon the agent replied in the nights before, in ms, oldest first."""

    def row(self, began: str, **more: Any) -> CustomerRow:
        """What came of it, with what is known of it already."""
        same = ("run", "file", "customer", "guide", "target", "mode", "inputs", "since", "before")
        facts = {name: getattr(self, name) for name in same}
        return CustomerRow(**facts | {"started": began, "ended": now()} | more)


@dataclass(frozen=True)
class Roll:
    """Who is replayed, and the rows of those that cannot be: their inputs are wrong."""

    customers: tuple[Customer, ...]
    refused: tuple[CustomerRow, ...]
    parameters: dict[str, Parameters]


def roll(fleet: Fleet) -> Roll:
    """Read every parameters file; no secret needs to be there.

    Raises InputError where the fleet as a whole cannot begin: a secret in plain text, or two files
    for one run.
    """
    customers: dict[str, Customer] = {}
    refused: list[CustomerRow] = []
    read: dict[str, Parameters] = {}
    for file in fleet.files:
        try:
            parameters = _parameters(file, fleet.mode)
        except InputError as error:
            if any(isinstance(problem, PlaintextSecret) for problem in error.problems):
                raise _plaintext(file, error) from None
            refused.append(unusable(file, fleet.mode, str(error)))
            continue
        name = parameters.run_name
        if name in customers:
            raise InputError(
                "parameters",
                f"{customers[name].file} and {file} are both for the run {name}, which has one"
                " folder. Give one of them another customer or another run.",
            )
        read[name] = parameters
        customers[name] = Customer(
            file=str(file),
            run=name,
            customer=parameters.customer,
            guide=parameters.guide,
            target=parameters.target,
            mode=fleet.mode,
            folder=str(fleet.runs / name),
            inputs=inputs_sum(file, fleet.mode, parameters.guide),
            limit=fleet.limit,
        )
    return Roll(tuple(customers.values()), tuple(refused), read)


def inputs_sum(file: Path, mode: str, guide: str) -> str:
    """SHA-256 of what a replay goes by: parameters, list of numbers, notebooks, mode, version."""
    sums = hashlib.sha256(f"{__version__}\n{mode}\n".encode())
    listed = check_file(file)[1].get("numbers")
    more = [Path(listed)] if isinstance(listed, str) else []
    for path in (file, *more, *guides.shipped_notebooks(guides.ALL[guide])):
        try:
            content = files.read(path, _LARGEST)
        except (OSError, files.Unfit):
            content = b""  # told by whoever reads it for what it holds
        sums.update(hashlib.sha256(content).digest())
    return sums.hexdigest()


def unusable(file: Path, mode: str, why: str) -> CustomerRow:
    """The row of a customer whose inputs are wrong."""
    at = now()
    return CustomerRow(
        run=file.name,
        file=str(file),
        customer=file.name,
        mode=mode,
        exit_code=2,
        reason=why,
        started=at,
        ended=at,
    )


def _parameters(file: Path, mode: str) -> Parameters:
    checked = check_file(file, [f"mode={mode}"])[2]
    literal = [p for p in checked.problems if isinstance(p, PlaintextSecret)]
    if literal:
        raise InputError.together(literal, str(file))
    return checked.without_secrets()


def _plaintext(file: Path, error: InputError) -> PlaintextSecret:
    keys: Sequence[str] = [problem.key for problem in error.problems]
    return PlaintextSecret(
        str(file),
        f"{file} holds a plaintext secret, or something that is not a reference, under"
        f" {', '.join(keys)} (it is not repeated here), so the fleet was not begun: its workers"
        " resolve references by themselves, and no secret is ever sent to them. Write env:NAME,"
        " file:PATH or keyring:SERVICE/NAME there, and change the secret.",
    )
