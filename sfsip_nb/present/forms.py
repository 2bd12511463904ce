"""The form of the inputs: widgets where a person is there, its static twin always.

Values come first: the widgets start from the validated inputs, nothing blocks, and there is no
button. What a person types is noted; the next cell that runs reads it with `Form.changes()`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .tables import Shown, inputs_table

HEADLESS = "SFSIP_HEADLESS"
"""Set to 1 by a replay: no widget is made, only the static twin is shown."""


@dataclass(frozen=True)
class Field:
    """One input as a form asks for it. `kind`: text, number, switch, choice, lines or fixed."""

    key: str
    help: str
    value: Any
    kind: str
    secret: bool = False
    choices: tuple[Any, ...] = ()

    def row(self) -> dict[str, Any]:
        """As `inputs_table` wants it."""
        return {"key": self.key, "help": self.help, "value": self.value, "secret": self.secret}


def fields_of(values: BaseModel, prefix: str = "") -> Iterator[Field]:
    """Every input of a validated model, nested ones with dotted keys, in the schema's order.

    A secret is a field whose `json_schema_extra` says `secret`.
    """
    for name, info in type(values).model_fields.items():
        value, key = getattr(values, name), f"{prefix}{info.alias or name}"
        if isinstance(value, BaseModel):
            yield from fields_of(value, f"{key}.")
            continue
        extra = info.json_schema_extra
        secret = isinstance(extra, Mapping) and bool(extra.get("secret"))
        kind, choices = _kind(info)
        yield Field(key, info.description or "", value, kind, secret, choices)


def _kind(info: FieldInfo) -> tuple[str, tuple[Any, ...]]:
    annotation = info.annotation
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    if get_origin(annotation) is list and get_args(annotation) == (str,):
        return "lines", ()
    kinds = {bool: "switch", int: "number", str: "text"}
    return (kinds.get(annotation, "fixed") if isinstance(annotation, type) else "fixed"), ()


class Form:
    """Inputs to look at and, where a person is there, to change.

    Display it by returning it from a cell. Structures that no single control holds (people,
    waivers) are shown and stay as the parameters have them.
    """

    def __init__(self, fields: Iterable[Field], title: str = "Inputs") -> None:
        self.fields = tuple(fields)
        self.title = title
        self._typed: dict[str, Any] = {}

    def static(self) -> Shown:
        """The inputs as a table, secrets as set or not set."""
        rows = [
            field.row() | {"value": self._typed.get(field.key, field.value)}
            for field in self.fields
        ]
        return inputs_table(rows, self.title)

    def changes(self) -> dict[str, Any]:
        """What a person typed, by dotted key; a secret is its text: hand it on, do not keep it."""
        return dict(self._typed)

    def note(self, key: str, value: Any) -> None:
        """Note a typed value; the value that already stood there is no change."""
        field = next(field for field in self.fields if field.key == key)
        if value == field.value or (field.secret and not value):
            self._typed.pop(key, None)
        else:
            self._typed[key] = value

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if os.environ.get(HEADLESS) != "1":
            from .widgets import box

            display(box(self))  # type: ignore[no-untyped-call]
        display(self.static())  # type: ignore[no-untyped-call]
