"""What a value plainly means that was written otherwise than the parameters have it.

A form and `sfsip new` take what is meant, and show it ("→ +16502530011"). A parameters file has one
spelling of each value: there the loader refuses another one, and names what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

_OTHER_NAMES = {
    "usa": "us",
    "unitedstates": "us",
    "unitedstatesofamerica": "us",
    "europe": "eu",
    "europeanunion": "eu",
    "canada": "ca",
}


@dataclass(frozen=True)
class Normalizer:
    """Beside a field's checks: gives what a text plainly means, or the text where it is not plain.

    For a list it is given each of the entries.
    """

    by: Callable[[str], str]


@dataclass(frozen=True)
class OneOf:
    """Beside a text field's checks: all values that it takes."""

    known: Callable[[], Iterable[str]]


def meant(field: FieldInfo, value: Any) -> Any:
    """What was typed for a field, as the parameters have it, where it is plain what that is."""
    if isinstance(value, list):
        return [meant(field, entry) for entry in value]
    if not isinstance(value, str):
        return value
    if get_origin(field.annotation) is Literal:
        return choice(value, map(str, get_args(field.annotation)))
    for beside in field.metadata:
        if isinstance(beside, Normalizer):
            value = beside.by(value)
    return value


def choice(text: str, known: Iterable[str]) -> str:
    """The one of `known` that differs in capitals, spaces or signs only, or is a country's name."""
    by_letters = {_letters(name): name for name in known}
    said = _letters(text)
    return by_letters.get(said) or by_letters.get(_OTHER_NAMES.get(said, ""), text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
