"""A parameters file opened to be filled in: its values as a notebook's parameters cell has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfsip_nb.inputs.draft import FIXED, complete, input_of, leaves
from sfsip_nb.inputs.errors import InputError, PlaintextSecret
from sfsip_nb.inputs.load import check_file
from sfsip_nb.inputs.schema import GUIDES, parameters_model
from sfsip_nb.inputs.yamltree import read_mapping, read_text


def from_file(path: Path) -> tuple[str, dict[str, Any]]:
    """The guide and all inputs of a parameters file, as a notebook's parameters cell takes them.

    Wrong and missing ones are for the form to mend. Raises InputError for what no form mends: an
    unknown name, what decides which run it is, a secret in plain text.
    """
    guide, values, checked = check_file(path)
    inputs = dict(leaves(parameters_model(guide)))
    beyond = [
        problem
        for problem in checked.problems
        if isinstance(problem, PlaintextSecret)
        or problem.key in FIXED
        or (not input_of(problem.key, inputs) and _holds(values, problem.key))
    ]
    if beyond:
        raise InputError.together(beyond, str(path))
    if isinstance(values.get("numbers"), str):
        values["numbers"] = [values["numbers"]]
    return guide, {key: _plain(value) for key, value in complete(guide, values).items()}


def whose(path: Path) -> str:
    """Customer and target of a parameters file; empty where it has none. Looks at nothing else.

    Raises InputError for what is no YAML.
    """
    match read_mapping(read_text(path), str(path)).data:
        case {"customer": str(customer), "target": "live" | "testbed" as target} as data:
            return f"{customer}, {target}" if customer and any(g in data for g in GUIDES) else ""
    return ""


def _holds(values: Any, key: str) -> bool:
    """Whether something stands under a dotted key."""
    name, _, rest = key.partition(".")
    if not isinstance(values, Mapping) or name not in values:
        return False
    return not rest or _holds(values[name], rest)


def _plain(value: Any) -> Any:
    """A value of YAML as a cell's source can have it: days and the like as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
