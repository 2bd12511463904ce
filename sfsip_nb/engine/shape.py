"""What everything in the record is: a frozen model that reads and writes JSON as record.json does.

The names in Python are those of this package everywhere; where record.json has another one, it is
the field's alias. Fields stand in the order in which record.json writes them.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    WithJsonSchema,
    model_validator,
)

from sfsip_nb.inputs import texts

# The patterns bind who writes a record; a reader takes what it finds, for a secret that was taken
# out of a text must not make the whole record unreadable.
Instant = Annotated[
    str,
    WithJsonSchema(
        {
            "description": "A moment in UTC, ISO 8601.",
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
        }
    ),
]
Sha256 = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]


def wellformed(data: Any) -> Any:
    """The same data, halves of surrogate pairs replaced: some readers of JSON refuse them."""
    return texts.through(data, _has_no_pair, _paired, ascii_only=True)


def _has_no_pair(text: str) -> bool:
    """Whether an ASCII text of JSON escapes no half of a pair, which whole pairs consist of too."""
    return "\\ud" not in text


def _paired(value: Any) -> Any:
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_inside: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether what is validated lies inside other data, which was looked through as a whole."""


class Shape(BaseModel):
    """Something that the record holds. Keys of a later version are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _wellformed(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if _inside.get():
            return handler(data)
        token = _inside.set(True)
        try:
            return handler(wellformed(data))
        finally:
            _inside.reset(token)

    def as_json(self) -> dict[str, Any]:
        """As record.json has it: the keys that were given, under their names there."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
