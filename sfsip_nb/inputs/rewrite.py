"""Inputs written into the text of a parameters file: in their places, the rest as it stands.

PyYAML knows where each value begins and ends, so that comments, order and spacing stay. What is
made is read again and compared before anybody gets it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import flow
from sfsip_nb.inputs.yamltree import compose, read_mapping

Pair = tuple[yaml.Node, yaml.Node]


def rewritten(text: str, values: Mapping[str, Any], source: str) -> str:
    """`text` with each of `values` (by dotted key) in its place, or at the end of its group.

    Raises InputError for a text that is no parameters file, and where a value cannot be put in.
    """
    wanted = copy.deepcopy(read_mapping(text, source).data)
    for key, value in values.items():
        if _value(wanted, key.split(".")) == value:
            continue
        _assign(wanted, key.split("."), value)
        text = _put(text, key.split("."), value, source)
        if _read(text, source) != wanted:
            raise InputError(
                key,
                f"{key} cannot be changed in {source} without touching something else there. Write"
                f" it by hand: {flow(value)}",
            )
    return text


def _read(text: str, source: str) -> Any:
    try:
        return read_mapping(text, source).data
    except InputError:
        return None


def _value(data: Any, path: Sequence[str]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _assign(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *groups, name = path
    for group in groups:
        if not isinstance(data.get(group), dict):
            data[group] = {}
        data = data[group]
    data[name] = value


def _put(text: str, path: Sequence[str], value: Any, source: str) -> str:
    group, rest = compose(text, source), list(path)
    while True:
        name = rest.pop(0)
        pair = next((p for p in group.value if p[0].value == name), None)
        if pair is None:
            return _added(text, group, name, _nested(rest, value))
        if not rest or not isinstance(pair[1], yaml.MappingNode):
            return _replaced(text, pair, _nested(rest, value))
        group = pair[1]


def _nested(path: Sequence[str], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _replaced(text: str, pair: Pair, value: Any) -> str:
    """With another value behind a key; a list with a line for each entry keeps that form."""
    key, old = pair
    start = text.index(":", key.end_mark.index) + 1
    by_lines = isinstance(old, yaml.SequenceNode) and not old.flow_style and isinstance(value, list)
    if by_lines and value:
        indent = " " * old.start_mark.column
        new = "".join(f"\n{indent}- {flow(entry)}" for entry in value)
    else:
        new = f" {flow(value)}"
    return text[:start] + new + text[max(start, _end(text, old)) :]


def _added(text: str, group: yaml.MappingNode, name: str, value: Any) -> str:
    """With one more key at the end of a group."""
    new = f"{name}: {flow(value)}"
    if group.flow_style:
        end = group.end_mark.index - 1
        return text[:end] + (", " if group.value else "") + new + text[end:]
    end = _end(text, group)
    end = end + len(text[end:].partition("\n")[0])  # behind a comment on the last line
    return f"{text[:end]}\n{' ' * group.start_mark.column}{new}{text[end:]}"


def _end(text: str, node: yaml.Node) -> int:
    """Where a value ends: a group or a list in lines ends with what is last in it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end = int(node.end_mark.index)
    return len(text[:end].rstrip()) if getattr(node, "style", None) in ("|", ">") else end
