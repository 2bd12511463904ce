"""The simulated administrator: does on the platforms' screens what a card says, and nothing else.

Each step answers with what the person saw. Where it changed something, ``before`` holds the values
with which the same step brings back what was there.
"""

from __future__ import annotations

from .cards import CannotDo, Step, Values
from .standin import stand_ins
from .world import Json, World

__all__ = ["CannotDo", "step"]


def _call(world: World, values: Values) -> Json:
    """A call from a telephone is not simulated: whoever answers the card dials."""
    return {}


_PHONE: dict[str, Step] = {"verify.inbound": _call, "verify.transfer": _call}


def step(system: str, name: str) -> Step | None:
    """What the administrator of `system` does for the step `name`; None if nothing."""
    if system == "phone":
        return _PHONE.get(name)
    own = stand_ins().get(system)
    return own.steps.get(name) if own else None
