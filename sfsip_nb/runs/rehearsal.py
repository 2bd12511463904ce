"""A rehearsal from outside its notebooks: its inputs, and its testbed."""

from __future__ import annotations

from pathlib import Path

from sfsip_nb.engine.found import look
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.runs.environment import testbed_of
from sfsip_nb.testbed.running import RunningTestbed, TestbedError


def is_one(folder: Path) -> bool:
    """Whether a folder holds a rehearsal that was opened once."""
    try:
        inputs = look(folder).inputs
    except InputError:
        return False
    return bool(inputs) and inputs["values"].get("target") == "testbed"


def of(folder: Path) -> tuple[Parameters, RunningTestbed]:
    """The inputs with which a rehearsal was last opened, and its testbed, started if it has ended.

    Raises ``InputError`` for a folder that holds no rehearsal.
    """
    found = look(folder.resolve())
    match found.inputs:
        case {"guide": str(guide), "values": dict(values)}:
            parameters = from_namespace(guide, values)
        case _:
            raise InputError(str(folder), f"No run was opened in {folder} yet: open a notebook.")
    testbed = testbed_of(parameters, folder.resolve(), (), found.testbed)
    if testbed is None:
        raise InputError(
            str(folder), f"{folder} is a live customer's run. Only a rehearsal has a testbed."
        )
    return parameters, testbed


def is_asked(testbed: RunningTestbed | None) -> bool:
    """Whether a surprise is on that nobody has named; not where the testbed does not answer."""
    if testbed is None:
        return False
    try:
        told = testbed.control("GET", "/surprise")
    except TestbedError:
        return False
    return bool(told["on"]) and not told["named"]
