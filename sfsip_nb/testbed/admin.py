"""The simulated administrator: does on the vendors' screens what a card says, and nothing else.

Each step answers with what the person saw. Where it changed something, ``before`` holds the values
with which the same step brings back what was there.
"""

from __future__ import annotations

from . import genesys, talkdesk
from .cards import CannotDo, Step, Values
from .world import Json, World

__all__ = ["STEPS", "CannotDo"]


def _plan(world: World, values: Values) -> Json:
    """Read the plan that the Synthflow workspace is on."""
    return {"plan": next(iter(world.synthflow["workspaces"].values()))["plan"]}


def _call(world: World, values: Values) -> Json:
    """A call from a telephone is not simulated: whoever answers the card dials."""
    return {}


STEPS: dict[str, dict[str, Step]] = {
    "genesys": {**genesys.administrator.STEPS, "access.synthflow": _plan},
    "talkdesk": {**talkdesk.administrator.STEPS, "access.synthflow": _plan},
    "synthflow": {"access.synthflow": _plan},
    "phone": {"verify.inbound": _call, "verify.transfer": _call},
}
"""By system and step. ``verify.outbound`` of Genesys waits for the call: `control` serves it."""
