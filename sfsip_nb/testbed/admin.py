"""The simulated administrator: does on the vendors' screens what a card says, and nothing else.

Each step answers with what the person saw. Where it changed something, ``before`` holds the values
with which the same step brings back what was there.
"""

from __future__ import annotations

from .cards import CannotDo, Step, Values
from .standin import stand_ins
from .world import Json, World

__all__ = ["CannotDo", "step"]


def _plan(world: World, values: Values) -> Json:
    """Read the plan that the Synthflow workspace is on."""
    return {"plan": next(iter(world.synthflow["workspaces"].values()))["plan"]}


def _call(world: World, values: Values) -> Json:
    """A call from a telephone is not simulated: whoever answers the card dials."""
    return {}


_OTHERS: dict[str, dict[str, Step]] = {
    "synthflow": {},
    "phone": {"verify.inbound": _call, "verify.transfer": _call},
}


def step(system: str, name: str) -> Step | None:
    """What the administrator of `system` does for the step `name`; None if nothing."""
    vendor = stand_ins().get(system)
    if name == "access.synthflow" and system != "phone":
        return _plan
    return (vendor.steps if vendor else _OTHERS.get(system, {})).get(name)
