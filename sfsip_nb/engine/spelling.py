"""Names that were typed otherwise than the platform spells them, as the rest of a run has them.

The journal keeps each with what was typed; it holds for as long as that stands in the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, TypeVar

from sfsip_nb.engine.journal import Journal

T = TypeVar("T")

_KEPT = "spelled"


def keep(journal: Journal, key: str, typed: str, name: str) -> None:
    """Note how the platform spells the input under a dotted key."""
    journal.change(_KEPT, lambda kept: kept | {key: [typed, name]}, {})


def corrected(inputs: T, journal: Journal) -> T:
    """The inputs, parameters or a mapping, with each such name as the platform spells it."""
    for key, (typed, name) in journal.get(_KEPT, {}).items():
        if value(inputs, key) == typed:
            inputs = _put(inputs, key.split("."), name)
    return inputs


def value(inputs: Any, key: str) -> Any:
    """The input under a dotted key; None where there is none."""
    return reduce(_inner, key.split("."), inputs)


def _inner(inputs: Any, name: str) -> Any:
    return inputs.get(name) if isinstance(inputs, Mapping) else getattr(inputs, name, None)


def _put(inputs: Any, path: list[str], name: str) -> Any:
    head, *rest = path
    new = _put(_inner(inputs, head), rest, name) if rest else name
    if isinstance(inputs, Mapping):
        return {**inputs, head: new}
    fields = {field: _inner(inputs, field) for field in type(inputs).model_fields}
    return type(inputs).model_construct(**fields | {head: new})  # a copy would keep what was cached
