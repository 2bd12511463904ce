"""The simulated administrator: does on the platforms' screens what a card says, and nothing else.

So do the rehearsal's telephones what a person tells them.

Each step answers with what the person saw. Where it changed something, ``before`` holds the values
with which the same step brings back what was there.
"""

from __future__ import annotations

from sfsip_nb.inputs import samples

from .cards import CannotDo, Step, Values, text
from .standin import stand_ins
from .world import Json, World

__all__ = ["CannotDo", "screen", "step"]


def _call(world: World, values: Values) -> Json:
    """A call from a telephone is not simulated: whoever answers the card dials."""
    return {}


def _dial(world: World, values: Values) -> Json:
    """Call a number from the telephone outside; returns while it is under way."""
    to, caller = text(values, "to"), str(values.get("from") or samples.CALLER)
    if world.handsets.calling:
        raise CannotDo(f"The phone is {world.handsets.outside}. Wait until it is free.")
    world.dials["phone"]({"to": to, "from": caller, "transfer": bool(values.get("transfer"))})
    return {"from": caller, "to": to}


def _answer(world: World, values: Values) -> Json:
    """Pick up the agent's telephone that rings."""
    if not world.handsets.answer():
        raise CannotDo("No agent's phone is ringing.")
    return _look(world, values)


def _look(world: World, values: Values) -> Json:
    """See what the telephones are doing."""
    hand = world.handsets
    return {"outside": hand.outside, "busy": hand.calling, "rings": hand.rings}


def _own_number(world: World, values: Values) -> Json:
    """See the number of the telephone outside."""
    return {"caller": samples.CALLER}


_PHONE: dict[str, Step] = {
    "verify.inbound": _call,
    "verify.transfer": _call,
    "dial": _dial,
    "answer": _answer,
    "look": _look,
}


def screen(system: str, name: str) -> Step | None:
    """What a person reads on a screen of `system` for the step `name`; None if nothing."""
    if system == "phone":
        return _own_number
    own = stand_ins().get(system)
    return own.steps[name] if own and name in own.screens else None


def step(system: str, name: str) -> Step | None:
    """What the administrator of `system` does for the step `name`; None if nothing."""
    if system == "phone":
        return _PHONE.get(name)
    own = stand_ins().get(system)
    return own.steps.get(name) if own else None
