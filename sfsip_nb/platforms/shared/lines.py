"""The vendors' documents, line by line, and what carries each line in the product."""

from __future__ import annotations

import functools

from sfsip_nb.engine.model import Line
from sfsip_nb.inputs import tables
from sfsip_nb.inputs.platform import platform


@functools.cache
def _read(guide: str) -> tuple[Line, ...]:
    return tuple(
        Line(part["heading"], line["kind"], line["text"], line["carried_by"])
        for part in tables.read(platform(guide).package, "lines.yaml")
        for line in part["lines"]
    )


def read(guide: str) -> list[Line]:
    """Every line of one document, in its order."""
    return list(_read(guide))
