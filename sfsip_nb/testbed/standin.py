"""What the testbed has of each platform: its API, its screens' administrator, and its telephony.

The package of a platform, and Synthflow's, holds a `StandIn`; nothing here knows which there are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from sfsip_nb.inputs import platform

from .cards import Step
from .world import Json, World

if TYPE_CHECKING:
    from .telephony.certificates import Certificates
    from .telephony.element import SipElement
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
    secret_fields: frozenset[str]
    """Names of what in its objects is secret."""
    elements: Callable[[World, Net, Certificates], Mapping[str, SipElement]]
    """Its SIP servers by name, with what is behind them; a contact center's has its own name."""
    screens: frozenset[str] = frozenset()
    """The steps for which the administrator only reads what stands on a screen."""


@functools.cache
def stand_ins() -> Mapping[str, StandIn]:
    """The stand-ins of all platforms and of Synthflow, by name."""
    return {name: platform.part(name, "STAND_IN", "standin") for name in platform.ends()}


def settle(world: World) -> None:
    """Fill an empty world with the testbed customer before anybody runs a guide.

    It is in use: a carrier trunk brings telephone calls in, a support line answers them, and of
    every kind of object that a guide creates there is one made by hand, which a run must leave
    alone.
    """
    for own in stand_ins().values():
        own.settle(world)
