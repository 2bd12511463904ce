"""Every text in JSON-like data passed through something, at a cost that many rows can bear."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_FEW = 50

Each = Callable[[Any], Any]


def through(value: Any, plain: Callable[[str], bool], each: Each, ascii_only: bool = False) -> Any:
    """`value` with all that is no list or dict in it, keys too, as `each` makes it.

    `plain` says of a text of JSON that nothing in it would change: data that is short and plain is
    not gone through. Where nothing changes at all, `value` itself comes back.
    """
    if isinstance(value, str):
        return each(value)
    if _is_short(value):
        with suppress(TypeError, ValueError):  # no JSON: it is gone through
            if plain(json.dumps(value, ensure_ascii=ascii_only)):
                return value

    def inner(item: Any) -> Any:
        return through(item, plain, each, ascii_only)

    if isinstance(value, Mapping):
        made = {inner(key): inner(item) for key, item in value.items()}
        same = isinstance(value, dict) and made.keys() == value.keys()
        return value if same and all(made[key] is value[key] for key in made) else made
    if isinstance(value, list | tuple | set | frozenset):
        items = [inner(item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else type(value)(items)
    return each(value)


def _is_short(value: Any) -> bool:
    """Whether a list or dict is best looked through as one text: many rows make a long one."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return len(value) <= _FEW and not any(
        isinstance(item, list | tuple | dict) and len(item) > _FEW for item in value
    )
