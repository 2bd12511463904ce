"""The project's own files, read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = PYPROJECT["project"]

EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def _of_extra(name: str) -> list[Requirement]:
    """What an extra takes; an extra that names others of the project takes what these do."""
    found: list[Requirement] = []
    for wanted in map(Requirement, EXTRAS[name]):
        others = wanted.extras if wanted.name == PROJECT["name"] else ()
        found += [r for other in sorted(others) for r in _of_extra(other)] if others else [wanted]
    return found


_ALL = [*map(Requirement, PROJECT["dependencies"]), *_of_extra("all")]
DEPENDENCIES = {canonicalize_name(r.name): r for r in _ALL}
"""What `sfsip-nb[all]` takes, by name."""

EVERYTHING = [
    *map(Requirement, PYPROJECT["build-system"]["requires"]),
    *DEPENDENCIES.values(),
    *_of_extra("test"),
]

PYTHONS = [
    found[1]
    for line in PROJECT["classifiers"]
    if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line))
]


@dataclass(frozen=True)
class Pin:
    """One entry of the lock."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]


_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\")
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})(?: \\)?")


def lock() -> tuple[list[Pin], list[str]]:
    """The lock's entries, and the lines that are neither entry nor hash nor comment."""
    pins: list[Pin] = []
    strange: list[str] = []
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        text = line.strip()
        if entry := _PIN.fullmatch(line):
            marker = Marker(entry["marker"]) if entry["marker"] else None
            name = canonicalize_name(entry["name"])
            pins.append(Pin(name, Version(entry["version"]), marker, ()))
        elif pins and (found := _HASH.fullmatch(text)):
            last = pins.pop()
            pins.append(Pin(last.name, last.version, last.marker, (*last.hashes, found[1])))
        elif text and not text.startswith("#"):
            strange.append(line)
    return pins, strange


def load_yaml(path: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((ROOT / path).read_text())
