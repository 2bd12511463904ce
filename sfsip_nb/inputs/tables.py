"""The tables that packages carry as YAML files."""

from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: eight times as fast, and every process reads some."""


def read(package: str, name: str) -> Any:
    """What stands in a file of a package."""
    return parse(files(package).joinpath(name).read_text(encoding="utf-8"))


def parse(text: str) -> Any:
    """What a text of YAML says."""
    return yaml.load(text, _LOADER)
