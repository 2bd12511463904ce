"""The vendors' documents, line by line, and what carries each line in the product."""

from __future__ import annotations

import functools
from importlib.resources import files

import yaml

from sfsip_nb.engine.model import Line
from sfsip_nb.inputs.platform import platform


@functools.cache
def _read(guide: str) -> tuple[Line, ...]:
    text = files(platform(guide).package).joinpath("lines.yaml").read_text(encoding="utf-8")
    return tuple(
        Line(part["heading"], line["kind"], line["text"], line["carried_by"])
        for part in yaml.safe_load(text)
        for line in part["lines"]
    )


def read(guide: str) -> list[Line]:
    """Every line of one document, in its order."""
    return list(_read(guide))
