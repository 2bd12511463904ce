"""YAML read with the place and the wording of each value, so that messages can name them.

Values are those of YAML 1.1, as papermill reads them (``0044`` is octal, ``no`` is false); what
was written is kept beside them, because a telephone number is lost once it is an integer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from sfsip_nb.inputs import files, ranges
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import did_you_mean

Path = tuple[str | int, ...]

_LARGEST = 100 * ranges.MOST
"""Bytes of a parameters file: every number of a run with its assistant and label, and the rest."""

_TEXT = "tag:yaml.org,2002:str"
_LONGEST = 100
"""Characters of a number or a date: longer ones take YAML minutes to read."""


@dataclass(frozen=True)
class Mark:
    """Where a value stands ("line 12") and, if it is a plain scalar, how it is written."""

    where: str
    written: str = ""


@dataclass(frozen=True)
class Tree:
    """Values, and the mark of each under its path."""

    source: str
    data: dict[str, Any]
    marks: dict[Path, Mark] = field(default_factory=dict)


def read_text(path: FilePath) -> str:
    """The text of a parameters file. Raises InputError."""
    try:
        return files.read(path, _LARGEST).decode("utf-8-sig")
    except files.Unfit as unfit:
        raise InputError(
            str(path),
            f"{path} cannot be read: it {unfit}. Give the path of a parameters file, as sfsip new"
            " writes it.",
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), f"{path} is not UTF-8 text. Save it as plain text.") from None
    except OSError as error:
        known = sorted(file.name for file in path.parent.glob("*.y*ml"))
        hint = did_you_mean(path.name, known)
        raise InputError(
            str(path),
            f"{path} cannot be read: {error.strerror or type(error).__name__}.{hint} Give the path"
            " of a parameters file, or write a fresh one: sfsip new",
        ) from None


def read_mapping(text: str, source: str) -> Tree:
    """The mapping that `text` holds. Raises InputError, which names `source` and the line."""
    node = compose(text, source)
    marks: dict[Path, Mark] = {}
    return Tree(source, _value(node, (), source, marks), marks)


def compose(text: str, source: str) -> yaml.MappingNode:
    """The mapping that `text` holds, with the places of all in it. Raises as `read_mapping`."""
    node = _compose(text, source)
    if not isinstance(node, yaml.MappingNode):
        raise InputError(
            source,
            f"{source} holds no parameters: it must be a list of lines such as 'target: live'."
            " Start from a fresh one: sfsip new",
        )
    return node


def read_value(text: str, path: Path, source: str) -> tuple[Any, dict[Path, Mark]]:
    """The value that `text` holds, to stand at `path`, and the marks in it."""
    marks: dict[Path, Mark] = {}
    node = _compose(text, source)
    value = None if node is None else _value(node, path, source, marks)
    return value, {place: Mark(source, mark.written) for place, mark in marks.items()}


class _Loader(yaml.SafeLoader):
    """A safe loader without aliases, which parameters do not need and which can be made huge."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML has no types here
            raise yaml.MarkedYAMLError(
                problem="aliases are not supported; write the value out",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        # The line itself may hold a secret, and a problem in quotes repeats a part of it.
        problem = error.problem or ""
        if "\\t" in problem:
            problem = "there is a tab where YAML needs spaces"
        elif "'" in problem or '"' in problem:
            problem = "a bracket, a quote or a colon may be missing"
        raise InputError(
            source,
            f"{source} is not valid YAML{where}: {problem}. Compare the lines there with"
            " parameters/*.example.yaml: spaces before names, 'name: value', quotes in pairs.",
        ) from None
    except yaml.YAMLError:
        raise InputError(
            source,
            f"{source} is not valid YAML: it contains a character that text files do not have."
            " Save it as"
            " plain UTF-8 text.",
        ) from None
    except RecursionError:
        raise InputError(source, f"{source} is nested too deeply to be parameters.") from None


def _value(node: yaml.Node, path: Path, source: str, marks: dict[Path, Mark]) -> Any:
    line = f"line {node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        marks[path] = Mark(line)
        result: dict[str, Any] = {}
        for key_node, item in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            at = f"line {key_node.start_mark.line + 1}"
            if key in result:
                raise InputError(
                    dotted((*path, key)),
                    f"{dotted((*path, key))} appears twice in {source}, the second time at {at}."
                    " Keep one of them.",
                )
            result[key] = _value(item, (*path, key), source, marks)
            marks[(*path, key)] = Mark(at, marks[(*path, key)].written)
        return result
    if isinstance(node, yaml.SequenceNode):
        marks[path] = Mark(line)
        return [_value(item, (*path, i), source, marks) for i, item in enumerate(node.value)]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    if plain and len(node.value) > _LONGEST and node.tag != _TEXT:
        raise InputError(
            dotted(path),
            f"{dotted(path)} ({source}, {line}) is a number of {len(node.value):,} digits. Correct"
            " it, or put quotes around it if it is text.",
        )
    marks[path] = Mark(line, str(node.value) if plain else "")
    try:
        loader = yaml.SafeLoader("")
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise InputError(
            dotted(path),
            f"{dotted(path)} ({source}, {line}) is written in a way that YAML cannot read as a"
            " value, such as a day that does not exist. Put quotes around it.",
        ) from None


def dotted(path: Path) -> str:
    """A path as users see it: ``numbers[0]``, ``genesys.site``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
