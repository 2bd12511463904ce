"""What the testbed has of each platform: its API, its screens' administrator, and its telephony.

A platform's `PLATFORM` names its `StandIn`; nothing else here knows which platforms there are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.routing import Route

from sfsip_nb.inputs.platform import names, platform

from .cards import Step
from .world import Json, World

if TYPE_CHECKING:
    from .telephony.center import ContactCenter
    from .telephony.certificates import Certificates
    from .telephony.net import Net


@dataclass(frozen=True)
class StandIn:
    """A platform's stand-in. Its objects are in ``world.systems`` under the platform's name."""

    settle: Callable[[World], None]
    """Fills an empty world with the sample customer's objects."""
    routes: Callable[[World], Iterable[Route]]
    """Its HTTP, on the testbed's one origin."""
    paths: Mapping[str, str]
    """Path of each API by its name, as in ``api``; ``{…}`` are parameters of its group."""
    credentials: Callable[[], Json]
    """The sample customer's."""
    steps: Mapping[str, Step]
    """What the administrator does on its screens, by step."""
    calls: Callable[[World], list[Json]]
    """What it recorded of calls, in its own shape."""
    center: Callable[[World, Net, Certificates], ContactCenter]
    """Its border element, with what is behind it."""


def stand_in(name: str) -> StandIn:
    """The stand-in of the platform called `name`. Raises KeyError for an unknown one."""
    module, _, attribute = platform(name).stand_in.partition(":")
    found = getattr(import_module(module), attribute)
    assert isinstance(found, StandIn)
    return found


@functools.cache
def stand_ins() -> Mapping[str, StandIn]:
    """The stand-ins by their platforms' names."""
    return {name: stand_in(name) for name in names()}
