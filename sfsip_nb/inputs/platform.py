"""What a contact center is to everything below its guide, and the list of those that are known.

A platform's package describes itself in one object, `PLATFORM`. The built-in ones are named in
``sfsip_nb.platforms.NAMES``; an installed package adds one with an entry point of the group
``sfsip.platforms``, whose value is the package's name. Each is imported when it is first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Literal

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.impairment import Impairment, Toward

if TYPE_CHECKING:
    from sfsip_nb.inputs.blocks import Block

Systems = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""The customer's objects on the testbed: by platform (or Synthflow), collection and id."""

Group = Literal["set-up", "calls", "account", "conditions"]

_HOME, _GROUP = "sfsip_nb.platforms", "sfsip.platforms"
_OTHER_END = "synthflow"


def _nothing(group: Any, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    return iter(())


@dataclass(frozen=True)
class Fault:
    """What a stand-in can break on purpose, and what that should be recognized as.

    The first part of its name is the platform's; `row` is the title of the troubleshooting row in
    the vendor's document.
    """

    name: str
    effect: str
    row: str = ""
    cause: str = ""
    """The id of the cause; empty for a condition, under which a run is held up but nothing is
    wrong with what is set up."""
    breaks: Callable[[Systems], None] | None = None
    """Changes the stored objects as somebody's hand would, the same however often it is done.

    Called when the fault is switched on, and after each write while it is on: as if somebody
    changed it right afterwards. Switching it off leaves what is broken."""
    account: bool = False
    """It lies in what the account or its key may do."""
    unclear: tuple[str, ...] = ()
    """The guides whose calls and call flows alone (sections 04 and 05) do not show it, or not as
    something else than another cause: no surprise for somebody to find out there."""

    line: tuple[Toward, Impairment] | None = None
    """What it does to audio on the trunk, and toward which side of a call."""
    leaves: str = ""
    """Of a condition: what a run under it says all the same."""

    @property
    def group(self) -> Group:
        """Where it lies: in what is set up, in the calls, in the account, or in nothing of them."""
        if not self.cause:
            return "conditions"
        if self.breaks:
            return "set-up"
        return "account" if self.account else "calls"


@dataclass(frozen=True)
class Platform:
    """A contact center: what it is called, what is asked about it, and its sample customer.

    `package` holds its guide (``guide.GUIDE``), its stand-in on the testbed (``standin.STAND_IN``),
    the faults of that (``faults.FAULTS``), its ``lines.yaml`` and its ``facts.yaml``.
    """

    name: str
    """Of its guide, and of its group of parameters."""
    title: str
    package: str
    block: type[Block]
    """The group of parameters; it has a ``trunk_name``."""
    about: str
    """Help text of that group."""
    decides: str
    """The parameters that decide to which host its secrets go, in words."""
    administrator_steps: tuple[str, ...]
    """The steps that the simulated administrator does on the testbed."""
    transfer_number: str
    """The sample customer's number that reaches the live agents."""
    secrets: Mapping[str, str]
    """The sample customer's secrets by name, each at least 16 characters, with quotes and &<>\\."""
    identifying: frozenset[str]
    """Values that only the sample customer has: a live run refuses each of them."""
    contradictions: Callable[[Any, Sequence[str]], Iterator[tuple[str, str]]] = _nothing
    """From the group and the numbers that the AI answers: a field of the group, what is wrong."""

    @property
    def administrator(self) -> str:
        """Who carries out its cards, in words."""
        return f"{self.title}'s administrator"


@functools.cache
def _packages() -> dict[str, str]:
    """The package of each platform by its name, the built-in ones first."""
    built_in = {name: f"{_HOME}.{name}" for name in import_module(_HOME).NAMES}
    return {point.name: point.value for point in entry_points(group=_GROUP)} | built_in


def names() -> tuple[str, ...]:
    """The names of all platforms, without importing any."""
    built_in = tuple(import_module(_HOME).NAMES)
    return built_in + tuple(sorted(set(_packages()) - set(built_in)))


def ends() -> tuple[str, ...]:
    """What stands at either end of a trunk: every platform, and Synthflow."""
    return (*names(), _OTHER_END)


def part(name: str, attribute: str, module: str = "") -> Any:
    """An attribute of a module of the package of `name`, one of `ends`; of the package by default.

    Raises KeyError for an unknown name, and InputError for a package that does not load.
    """
    package = f"{_HOME}.{name}" if name == _OTHER_END else _packages()[name]
    try:
        return getattr(import_module(f"{package}.{module}" if module else package), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            name,
            f"The platform {name} cannot be loaded: its package {package} is not as it should be"
            f" ({error}). Install a version that fits this one of sfsip, or uninstall the package.",
        ) from error


@functools.cache
def platform(name: str) -> Platform:
    """The platform called `name`; raises as `part` does."""
    found = part(name, "PLATFORM")
    assert isinstance(found, Platform)
    return found


def platforms() -> list[Platform]:
    """Every platform."""
    return [platform(name) for name in names()]
