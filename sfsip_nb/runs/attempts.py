"""An attempt begun, or a person's gone on with, and the facts that its record states."""

from __future__ import annotations

import functools
import getpass
import platform
from importlib.metadata import version
from typing import Any

from sfsip_nb._version import __version__
from sfsip_nb.engine.journal import AttemptFacts, AttemptRow, Journal
from sfsip_nb.engine.rows import OperatorRow, TestbedRow
from sfsip_nb.inputs.schema import Parameters, secret_keys
from sfsip_nb.testbed import life

# What the record names beside our own version.
_PACKAGES = ("jupyterlab", "papermill", "httpx", "sipmessage")


def plain(parameters: Parameters) -> dict[str, Any]:
    """The parameters as the journal keeps them: JSON-like, secrets as references."""
    return parameters.model_dump(mode="json", by_alias=True)


def begin(
    journal: Journal, kind: str, parameters: Parameters, testbed: life.RunningTestbed | None
) -> int:
    """The number of the attempt: a new one, or for `interactive` the open one if it goes on."""
    mode = "rollback" if kind == "rollback" else parameters.effective_mode
    facts = AttemptFacts(
        customer=parameters.customer,
        run=parameters.run_name,
        target=parameters.target,
        versions=_versions(),
        inputs=_inputs(parameters),
        waivers=plain(parameters)["waive"],
        testbed=TestbedRow(
            time_scale=testbed.info.get("time_scale"),
            seed=testbed.info.get("seed", parameters.testbed.seed),
            faults=_faults_on(testbed),
        )
        if testbed
        else None,
        operator=OperatorRow(user=_user(), host=platform.node()),
    )
    last = journal.attempts()[-1:]
    if kind == "interactive" and last and _goes_on(last[0], mode, facts):
        journal.restate(last[0].id, mode, facts)
        return last[0].id
    return journal.begin(mode, kind, facts)


def _goes_on(row: AttemptRow, mode: str, facts: AttemptFacts) -> bool:
    """Whether a person's attempt goes on: with its plan approved it does, in mode apply.

    Other faults are another attempt: a record says which were on while it was made.
    """
    return (
        row.kind == "interactive"
        and row.ended is None
        and (row.mode, mode) in (("plan", "apply"), (mode, mode))
        and _faults(row.facts) == _faults(facts)
    )


def _faults_on(testbed: life.RunningTestbed) -> list[str]:
    """What is broken on purpose; the name of a surprise only once somebody has named it."""
    surprise = testbed.control("GET", "/surprise")
    on = {f["name"] for f in testbed.control("GET", "/faults") if f["on"]}
    if surprise["on"]:
        on -= {found := surprise.get("fault", "")}
        on |= {f"{_SURPRISE} ({found})" if found else _SURPRISE}
    return sorted(on)


_SURPRISE = "surprise"


def _faults(facts: AttemptFacts) -> list[str] | None:
    """What was broken on purpose: a surprise that is told now is still the same."""
    names = facts.testbed.faults if facts.testbed else None
    return names and [_SURPRISE if n.startswith(_SURPRISE) else n for n in names]


def _inputs(parameters: Parameters) -> dict[str, Any]:
    """The inputs as the record shows them: a secret is only ever set or not set."""
    values = plain(parameters)
    for key in secret_keys(type(parameters)):
        *groups, name = key.split(".")
        block = functools.reduce(dict.__getitem__, groups, values)
        block[name] = "set" if block[name] else "not set"
    return values


def _user() -> str:
    """The login name; empty where the machine has none for this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _versions() -> dict[str, str]:
    found = {"sfsip": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in _PACKAGES}
