"""The guides of all platforms, each loaded when it is first looked at."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs import shipped
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.platform import names, platform


@functools.cache
def _guide(name: str) -> Guide:
    found = import_module(f"{platform(name).package}.guide").GUIDE
    assert isinstance(found, Guide)
    return found


class _Guides(Mapping[str, Guide]):
    def __getitem__(self, name: str) -> Guide:
        return _guide(name)

    def __iter__(self) -> Iterator[str]:
        return iter(names())

    def __len__(self) -> int:
        return len(names())


ALL: Mapping[str, Guide] = _Guides()
"""The guides by name."""


def notebooks(name: str, checkout: Path) -> Path:
    """The folder of a guide's notebooks: in the `checkout`'s, else ``notebooks`` of its package."""
    kept = checkout / name
    return kept if kept.is_dir() else Path(str(files(platform(name).package))) / "notebooks"


def shipped_notebooks(guide: Guide) -> list[Path]:
    """The notebooks that come with a guide, by section. Raises InputError where one is missing."""
    folder = notebooks(guide.name, shipped.NOTEBOOKS)
    paths = [folder / f"{section.notebook}.ipynb" for section in guide.sections]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise InputError(
            "notebooks",
            f"{folder} lacks {', '.join(missing)}, so the guide {guide.name} cannot be run. Bring"
            " the checkout's notebooks back, or install sfsip-nb again.",
        )
    return paths
