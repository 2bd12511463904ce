"""How large inputs may be: refused here before anything walks through them or repeats them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.fields import NAME, PROSE
from sfsip_nb.inputs.yamltree import Path

DEEPEST = 12
"""Most groups and lists inside each other."""

MOST = 10 * ranges.MOST
"""Most values in all."""


def excess(data: Mapping[str, Any]) -> tuple[Path, str] | None:
    """The first value beyond any parameter's bounds: where it stands, and the end of a sentence."""
    for count, (path, value) in enumerate(_walk(data, ())):
        if count == MOST:
            return path[:1], f"brings the total above {MOST:,} values. Shorten it."
        if len(path) > DEEPEST:
            return path[:3], f"nests groups or lists more than {DEEPEST} deep. Flatten it."
        if isinstance(value, str) and len(value) > PROSE:
            return path, too_long(len(value), PROSE)
        if isinstance(value, int) and value.bit_length() > 64:
            return path, "is a number that is too large. Correct it."
        if isinstance(value, Mapping):
            names = (str(name) for name in value)
            if longest := max((len(name) for name in names if len(name) > NAME), default=0):
                return path, f"holds a name, which {too_long(longest, NAME)}"
    return None


def too_long(length: int, most: int) -> str:
    """What is said of a text that is longer than the `most` characters that its place takes."""
    return f"has {length:,} characters, but at most {most:,} are allowed. Shorten it."


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every value with its path, a group before what is in it; never far below `DEEPEST`."""
    yield path, value
    if len(path) > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _walk(item, (*path, str(name)[: NAME + 1]))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _walk(item, (*path, place))
