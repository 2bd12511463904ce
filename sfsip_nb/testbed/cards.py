"""What a card tells the simulated administrator, and what cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .world import Json, World

Values = Mapping[str, Any]
Step = Callable[[World, Values], Json]


class CannotDo(Exception):
    """The card asks for something that is not on the screen; the text says what."""


def text(values: Values, name: str) -> str:
    """A value that the card must give."""
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise CannotDo(f"The card gives no value for {name}.")
    return value
