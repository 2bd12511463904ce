"""What everything in the record is: a frozen model that reads and writes JSON as record.json does.

The names in Python are those of this package everywhere; where record.json has another one, it is
the field's alias. Fields stand in the order in which record.json writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema, model_validator

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
    if isinstance(data, str):
        if data.isascii():
            return data
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, Mapping):
        return {wellformed(key): wellformed(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [wellformed(item) for item in data]
    return data


class Shape(BaseModel):
    """Something that the record holds. Keys of a later version are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True
    )

    @model_validator(mode="before")
    @classmethod
    def _wellformed(cls, data: Any) -> Any:
        return wellformed(data)

    def as_json(self) -> dict[str, Any]:
        """As record.json has it: the keys that were given, under their names there."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
