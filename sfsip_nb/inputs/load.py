"""Reads parameters: from a file, from ``--set``, from a notebook's names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from sfsip_nb.inputs.check import check
from sfsip_nb.inputs.checked import Checked
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import example_yaml, parameters_cell
from sfsip_nb.inputs.problems import CELL, names
from sfsip_nb.inputs.schema import (
    GUIDES,
    Parameters,
    parameters_model,
)
from sfsip_nb.inputs.yamltree import (
    Mark,
    Path,
    Tree,
    dotted,
    read_mapping,
    read_text,
    read_value,
)

__all__ = [
    "CELL",
    "check_file",
    "check_namespace",
    "example_yaml",
    "from_namespace",
    "load_file",
    "parameters_cell",
    "parse_set",
]


def load_file(path: str | FilePath, sets: Sequence[str] = ()) -> Parameters:
    """The parameters in the YAML file `path`, with each ``a.b=VALUE`` of `sets` put over it.

    The guide is that of the contact center whose group the file holds. Every secret is looked up
    once, so that a missing one is found now. Raises InputError, for several problems at once too.
    """
    return check_file(path, sets)[2].valid()


def check_file(
    path: str | FilePath, sets: Sequence[str] = ()
) -> tuple[str, dict[str, Any], Checked]:
    """The guide, the values, and what `load_file` finds, problems included.

    Raises InputError for what is no parameters file.
    """
    tree = read_mapping(read_text(FilePath(path)), str(path))
    _beside(tree, FilePath(path).resolve().parent)
    for assignment in sets:
        place, value, marks = parse_set(assignment)
        _assign(tree, place, value)
        tree.marks.update(marks)
    guide = _guide(tree)
    return guide, tree.data, check(guide, tree)


def _beside(tree: Tree, folder: FilePath) -> None:
    """The path of a CSV file in a parameters file counts from that file's folder."""
    listed = tree.data.get("numbers")
    if isinstance(listed, str):
        tree.data["numbers"] = str(folder / os.path.expanduser(listed.strip()))


def from_namespace(guide: str, namespace: Mapping[str, Any]) -> Parameters:
    """The parameters in a notebook's `namespace` (its ``globals()``): the declared names only.

    Raises InputError as `load_file` does.
    """
    return check_namespace(guide, namespace).valid()


def check_namespace(guide: str, namespace: Mapping[str, Any]) -> Checked:
    """What `from_namespace` finds, problems included."""
    declared = names(parameters_model(guide))
    data = {name: namespace[name] for name in declared if name in namespace}
    return check(guide, Tree(CELL, data))


def parse_set(assignment: str) -> tuple[Path, Any, dict[Path, Mark]]:
    """The path and the value of ``a.b=VALUE``, and where each value stands in VALUE (YAML).

    Raises InputError.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    if not equals or not re.fullmatch(r"[A-Za-z_][\w.:+-]*", key):
        raise InputError(
            "--set", "--set needs the form name=VALUE or group.name=VALUE, such as mode=plan."
        )
    parts: list[str] = key.split(".")
    if parts[0] == "people" and len(parts) > 2:  # step ids have a dot of their own
        parts[1:3] = [".".join(parts[1:3])]
    value, marks = read_value(text, tuple(parts), f"--set {key}")
    return tuple(parts), value, marks


def _assign(tree: Tree, path: Path, value: Any) -> None:
    group: Any = tree.data
    for part in path[:-1]:
        group = group.setdefault(part, {})
        if not isinstance(group, dict):
            raise InputError(
                dotted(path),
                f"--set {dotted(path)} goes into {part}, which is not a group of names in"
                f" {tree.source}. Set {part} as a whole, or correct the name.",
            )
    group[path[-1]] = value


def _guide(tree: Tree) -> str:
    found = [guide for guide in GUIDES if guide in tree.data]
    if len(found) == 1:
        return found[0]
    wrong = "more than one" if found else "none"
    raise InputError(
        tree.source,
        f"{tree.source} holds {wrong} of the groups {', '.join(GUIDES)}, but one file is for one"
        " guide. Keep the group of the contact center that you are connecting.",
    )
