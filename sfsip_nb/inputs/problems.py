"""The schema's complaints as paragraphs for people: what is wrong, where, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.bounds import too_long
from sfsip_nb.inputs.errors import ExposedSecret, InputError, PlaintextSecret
from sfsip_nb.inputs.fields import did_you_mean, nearest
from sfsip_nb.inputs.schema import block_of
from sfsip_nb.inputs.secrets import HOW, is_reference
from sfsip_nb.inputs.yamltree import Mark, Path, Tree, dotted

CELL = "the parameters cell"
"""What messages call the inputs of a notebook."""

_SECRET_NAME = re.compile(r"(?i)pass(word|phrase|wd)?$|pwd|secret|token|api_?key|credential")


def explain(error: ValidationError, model: type[Block], tree: Tree) -> list[InputError]:
    """One InputError for each thing that is wrong with `tree`."""
    return [_explain(detail, model, tree) for detail in error.errors(include_url=False)]


def literal_secrets(value: Any, path: Path, tree: Tree) -> Iterable[InputError]:
    """Values that stand under a secret's name in free text (people's values), not as references."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            inner = (*path, str(key))
            if _SECRET_NAME.search(str(key)) and item and not is_reference(str(item)):
                yield _plaintext(inner, tree)
            else:
                yield from literal_secrets(item, inner, tree)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from literal_secrets(item, (*path, place), tree)


def _explain(detail: ErrorDetails, model: type[Block], tree: Tree) -> InputError:
    path: Path = tuple(detail["loc"])
    if _holds_plaintext(detail, path, model):
        return _plaintext(path, tree)
    return InputError(
        dotted(path), f"{place_of(path, tree)} {_sentence(detail, path, model, tree)}"
    )


def place_of(path: Path, tree: Tree) -> str:
    """The dotted name of `path`, and where it stands, or where its group stands."""
    for known in range(len(path), -1, -1):
        mark = tree.marks.get(path[:known])
        if mark is not None:
            where = mark.where if mark.where.startswith("--") else f"{tree.source}, {mark.where}"
            return f"{dotted(path)} ({where})"
    return f"{dotted(path)} ({tree.source})"


def _sentence(detail: ErrorDetails, path: Path, model: type[Block], tree: Tree) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    owner, field = _lookup(model, path)
    helped = f" It is: {field.description}." if field is not None and field.description else ""
    if kind == "extra_forbidden":
        return f"is not a known name.{_suggestion(str(path[-1]), owner, model)}"
    if kind == "missing":
        return f"is missing.{helped} Add it."
    if kind == "empty" or detail["input"] in (None, ""):
        how = f"{HOW}." if _secret(path, field) else "Fill it in, in quotes."
        return f"has no value.{helped} {how}"
    if kind == "string_too_long":
        return too_long(len(detail["input"]), int(context["max_length"]))
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"]))
    if kind == "literal_error":
        return _choices(str(detail["input"]), str(context["expected"]))
    if kind == "string_type":
        return _not_text(detail["input"], tree.marks.get(path))
    if kind in ("model_type", "dict_type"):
        return f"must be a group of names and values.{helped}"
    if kind == "list_type":
        return f"must be a list, in square brackets or one entry a line after a hyphen.{helped}"
    if kind == "too_long":
        return f"has more than {context['max_length']:,} entries.{helped} Shorten it."
    if kind == "too_short":
        return f"is an empty list.{helped} Name at least one."
    return f"cannot be used: {detail['msg'][:1].lower()}{detail['msg'][1:]}.{helped}"


def _holds_plaintext(detail: ErrorDetails, path: Path, model: type[Block]) -> bool:
    """Whether something else stands where a secret's reference belongs."""
    kind, found = detail["type"], detail["input"]
    if kind in ("extra_forbidden", "missing", "empty") or found in (None, ""):
        return False
    if kind == "string_too_long" and is_reference(found):
        return False
    return _secret(path, _lookup(model, path)[1])


def _plaintext(path: Path, tree: Tree) -> InputError:
    said = (
        f"{place_of(path, tree)} holds a plaintext secret, or something that is not a reference"
        " (it is not repeated here)."
    )
    if tree.source != CELL:
        return PlaintextSecret(dotted(path), f"{said} {HOW}.")
    exposed = "If it is a secret, delete this output notebook and change the secret."
    return ExposedSecret(dotted(path), f"{said} {exposed} {HOW}.")


def _secret(path: Path, field: FieldInfo | None) -> bool:
    extra = field.json_schema_extra if field is not None else None
    named = bool(path) and _SECRET_NAME.search(str(path[-1])) is not None
    return named or (isinstance(extra, dict) and bool(extra.get("secret")))


def _lookup(model: type[Block], path: Path) -> tuple[type[Block] | None, FieldInfo | None]:
    """The group that `path` ends in, and its field there, as far as they are known."""
    owner: type[Block] | None = model
    field: FieldInfo | None = None
    parts = list(path)
    while parts and owner is not None:
        part = parts.pop(0)
        field = next((f for n, f in owner.model_fields.items() if part in (n, f.alias)), None)
        if field is None or not parts:
            return owner, field
        if get_origin(field.annotation) in (dict, list):
            parts.pop(0)  # the entry's name or number
            if not parts:
                return owner, field
            owner = block_of(get_args(field.annotation)[-1])
        else:
            owner = block_of(field.annotation)
    return owner, field


def names(model: type[Block]) -> list[str]:
    """The names that files use for the fields of `model`."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _suggestion(name: str, owner: type[Block] | None, model: type[Block]) -> str:
    if owner is None:
        return " Remove it."
    if nearest(name, names(owner)):
        return did_you_mean(name, names(owner))
    for group, field in model.model_fields.items():
        block = block_of(field.annotation)
        if block is not None and block is not owner and name in names(block):
            return f" Did you mean {group}.{name}?"
    return f" Known here: {', '.join(names(owner))}."


def _choices(found: str, expected: str) -> str:
    known = re.findall(r"'([^']*)'", expected)
    shown = ", ".join(choice or "empty" for choice in known)
    return f"is '{found[:40]}'. Use one of: {shown}.{did_you_mean(found, filter(None, known))}"


def _not_text(value: Any, mark: Mark | None) -> str:
    written = mark.written if mark is not None and mark.written else str(value)
    written = written if written.isprintable() and len(written) <= 40 else "…"
    quoted = f'Put it in quotes: "{written}".'
    if isinstance(value, bool):
        return (
            f"must be text, but {written} without quotes means {'yes' if value else 'no'}. {quoted}"
        )
    if isinstance(value, int):
        if written.lstrip("+-").startswith("0") and str(value) != written.lstrip("+-"):
            return (
                f"must be text, but {written} without quotes is an octal number, {value}. {quoted}"
                " A telephone number begins with + and its country code."
            )
        lost = ", and the + is lost" if written.startswith("+") else ""
        return f"must be text, but {written} without quotes is the number {value}{lost}. {quoted}"
    if isinstance(value, float):
        return f"must be text, but {written} without quotes is the number {value}. {quoted}"
    if isinstance(value, date):
        return f"must be text, but {written} without quotes is a date. {quoted}"
    return f"must be text, not a {'list' if isinstance(value, list) else 'group'}."
