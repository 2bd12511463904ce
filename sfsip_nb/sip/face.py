"""A package's face: the names that it offers, each loaded when it is first asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """The package's `__getattr__` (PEP 562): each name, and the module in the package that has it.

    Without one, the name is a module of the package itself.
    """

    def found(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if not (module := names[name]):
            return import_module(f"{package}.{name}")
        # As `from module import name` does, so that what a module has may be a module too.
        return getattr(__import__(f"{package}.{module}", fromlist=[name]), name)

    return found
