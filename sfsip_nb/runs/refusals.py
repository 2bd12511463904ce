"""What is refused before a run is opened. Each raises ``InputError``; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sfsip_nb.engine import plan
from sfsip_nb.engine.found import Found, refuse_foreign
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import did_you_mean
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor, Secret
from sfsip_nb.runs.folder import refuse_taken
from sfsip_nb.testbed.faults import faults


def replayable(parameters: Parameters, run_dir: Path, found: Found, approve: str) -> None:
    """The folder takes a replay's next attempt, and its plan can be read, and approved if asked."""
    refuse_foreign(run_dir)
    refuse_taken(run_dir, f"{found.last + 1:04d}-{parameters.effective_mode}")
    path = run_dir / plan.NAME
    if not approve:
        plan.read(path)
    elif approve.strip():
        plan.to_approve(path, parameters)
    else:
        raise InputError("--approve", "A person approves a plan: give a name.")


def known_faults(parameters: Parameters, names: Sequence[str]) -> None:
    """Each fault that is asked for is one of the testbed's, and the run is on one."""
    for name in names:
        if parameters.target == "live":
            raise InputError("--fault", f"{name} is a fault of the testbed: a live run has none.")
        if name not in faults():
            raise InputError(
                "testbed.faults",
                f"The testbed has no fault {name}.{did_you_mean(name, faults())} To list"
                " them all: sfsip testbed faults",
            )


def known_steps(guide: Guide, parameters: Parameters) -> None:
    """An answer or a waiver under a misspelled name would be left out without a word."""
    steps = [step.id for step in guide.steps]
    named = [(f"people.{name}", name) for name in parameters.people]
    named += [(f"waive: {w.check}", w.check.partition("/")[0]) for w in parameters.waive]
    for key, name in named:
        if name not in steps:
            raise InputError(
                key,
                f"{key} names no step of the guide {guide.name}.{did_you_mean(name, steps)} The"
                " record and sfsip record DIR show the steps' names.",
            )


def redactor(secrets: Mapping[str, Secret]) -> Redactor:
    """What masks these secrets, each of which is long enough for it."""
    knows = Redactor([])
    for key, secret in secrets.items():
        try:
            knows.add(secret.reveal())
        except ValueError:
            raise InputError(
                key,
                f"The secret of {key} has fewer than 6 characters, too few to keep it out of "
                "everything that is saved. Use a longer one.",
            ) from None
    return knows
