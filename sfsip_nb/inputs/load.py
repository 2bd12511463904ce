"""Reads parameters: from a file, from ``--set``, from a notebook's names; one check for all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from sfsip_nb.inputs import apart, bounds, calls, samples
from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.checked import Checked
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import example_yaml, parameters_cell
from sfsip_nb.inputs.numbers import is_sample
from sfsip_nb.inputs.platform import platform
from sfsip_nb.inputs.problems import CELL, explain, literal_secrets, names, place_of
from sfsip_nb.inputs.schema import (
    GUIDES,
    Parameters,
    block_of,
    parameters_model,
    sample,
    sample_of,
    secret_keys,
)
from sfsip_nb.inputs.secrets import Secret, resolve
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
    "overlay",
    "parameters_cell",
    "parse_set",
]

_NUMBER = re.compile(r"\+[0-9]+")


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
    return guide, tree.data, _check(guide, tree)


def _beside(tree: Tree, folder: FilePath) -> None:
    """The path of a CSV file in a parameters file counts from that file's folder."""
    listed = tree.data.get("numbers")
    if isinstance(listed, str):
        tree.data["numbers"] = str(folder / listed.strip())


def from_namespace(guide: str, namespace: Mapping[str, Any]) -> Parameters:
    """The parameters in a notebook's `namespace` (its ``globals()``): the declared names only.

    Raises InputError as `load_file` does.
    """
    return check_namespace(guide, namespace).valid()


def check_namespace(guide: str, namespace: Mapping[str, Any]) -> Checked:
    """What `from_namespace` finds, problems included."""
    declared = names(parameters_model(guide))
    data = {name: namespace[name] for name in declared if name in namespace}
    return _check(guide, Tree(CELL, data))


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


def _check(guide: str, tree: Tree) -> Checked:
    model = parameters_model(guide)
    data = tree.data
    secrets: dict[str, Secret] = {}
    live = data.get("target") == "live"
    first = bounds.excess(data)
    if not first and data.get("target") not in ("testbed", "live"):
        # What else is asked for depends on it: nothing more can be said before it is known.
        first = ("target",), "must be testbed (this machine only) or live (a real customer)."
    if first:
        list(_unresolved(data, tree, model, live, secrets))  # to mask them all the same
        return Checked(tree.source, None, secrets, (_problem(first[0], tree, first[1]),))
    if not live:
        data = overlay(sample(model, guide), data, model)
    problems: list[InputError] = []
    parameters = None
    try:
        parameters = model.model_validate(data)
    except ValidationError as error:
        problems += explain(error, model, tree)
    wrong = {problem.key for problem in problems}
    problems += [
        error for error in _beyond(data, parameters, tree, model, secrets) if error.key not in wrong
    ]
    kept = frozenset(secret_keys(model))
    public = parameters if kept.issuperset(problem.key for problem in problems) else None
    sound = None if problems else parameters
    return Checked(tree.source, sound, secrets, tuple(problems), public, kept)


def overlay(below: dict[str, Any], above: Mapping[str, Any], model: type[Block]) -> dict[str, Any]:
    """`above` over `below`, group by group; a group with a sample of its own is replaced whole."""
    merged = below | dict(above)
    for name, field in model.model_fields.items():
        key, block = field.alias or name, block_of(field.annotation)
        if block and sample_of(field) is None and isinstance(above.get(key), Mapping):
            merged[key] = overlay(below[key], above[key], block)
    return merged


def _beyond(
    data: Mapping[str, Any],
    parameters: Parameters | None,
    tree: Tree,
    model: type[Parameters],
    secrets: dict[str, Secret],
) -> Iterable[InputError]:
    """What no single field tells: secrets that are not there, samples on live, contradictions.

    The secrets that are there go to `secrets`.
    """
    live = data.get("target") == "live"
    if live:
        yield from _samples_left(data, (), tree)
        testbed = data.get("testbed")
        if isinstance(testbed, Mapping) and testbed.get("faults"):
            yield _problem(
                ("testbed", "faults"), tree, "exist on the testbed only. Empty the list."
            )
    yield from literal_secrets(data.get("people"), ("people",), tree)
    yield from _unresolved(data, tree, model, live, secrets)
    yield from apart.confusable(secrets, _written(data, parameters))
    if parameters is not None:
        yield from _contradictions(parameters, tree)


def _written(data: Mapping[str, Any], parameters: Parameters | None) -> Mapping[str, Any]:
    """The parameters as a run writes them down, its name included; as given while one is wrong."""
    if parameters is None:
        return data
    return parameters.model_dump(mode="json", by_alias=True) | {"run": parameters.run_name}


def _unresolved(
    data: Mapping[str, Any],
    tree: Tree,
    model: type[Parameters],
    live: bool,
    secrets: dict[str, Secret],
) -> Iterable[InputError]:
    """What is wrong with the secrets' references; those that lead somewhere go to `secrets`."""
    for key in secret_keys(model):
        reference = functools.reduce(_inside, key.split("."), data)
        if isinstance(reference, str) and reference.strip():
            if live and reference.strip().startswith("testbed:"):
                continue  # told as a sample already
            try:
                secret = resolve(reference.strip(), key)
            except InputError as error:
                yield error
            else:
                secrets[key] = secret
                if key.endswith(".api_key") and not secret.reveal().isascii():
                    yield InputError(
                        key,
                        f"{key} ({reference.strip()}) gives a key with a character that keys"
                        " never contain,"
                        " such as a typographic quote or an accent. Copy it again.",
                    )


def _inside(group: Any, name: str) -> Any:
    return group.get(name) if isinstance(group, Mapping) else None


def _samples_left(value: Any, path: Path, tree: Tree) -> Iterable[InputError]:
    """The testbed customer's values in a live run's parameters."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if (*path, key) != ("testbed",):
                yield from _samples_left(item, (*path, str(key)), tree)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _samples_left(item, (*path, place), tree)
    elif isinstance(value, str) and (what := _sample(value.strip())):
        yield _problem(
            path, tree, f"is {what}, which a live run never uses. Enter the customer's own value."
        )


@functools.cache
def _sample_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in samples.identifying())


def _sample(text: str) -> str:
    if text.startswith("testbed:"):
        return "a reference to a secret of the testbed"
    if any(is_sample(number) for number in _NUMBER.findall(text)):
        return f"'{text[:60]}', with a number reserved for examples"
    if {text.casefold(), text.partition(":")[2].casefold()} & _sample_names():
        return f"'{text[:60]}', a value of the testbed customer"
    return ""


def _contradictions(parameters: Parameters, tree: Tree) -> Iterable[InputError]:
    sip, transfer = parameters.sip, parameters.synthflow.transfer
    for name in ("username", "password"):
        why = "sip.authentication is digest" if sip.authentication == "digest" else ""
        why = why or ("sip.register is true" if sip.register_ else "")
        if why and not getattr(sip, name):
            yield _problem(("sip", name), tree, f"is empty, but {why}. Fill it in.")
    if transfer.number in parameters.numbers:
        yield _problem(
            ("synthflow", "transfer", "number"),
            tree,
            f"is {transfer.number}, which the AI agent answers itself: a transfer would come back"
            " to it forever. Enter the number that reaches the live agents.",
        )
    yield from (
        _problem(("test_calls", *path), tree, sentence)
        for path, sentence in calls.contradictions(parameters)
    )
    guide = parameters.guide
    for name, sentence in platform(guide).contradictions(parameters.platform, parameters.numbers):
        yield _problem((guide, name), tree, sentence)


def _problem(path: Path, tree: Tree, sentence: str) -> InputError:
    return InputError(dotted(path), f"{place_of(path, tree)} {sentence}")
