"""A fault that somebody is to find out: picked at random, and told only after they have named it.

What it breaks is told by choices, the right one among them. All of it is kept in the world, so that
a testbed that starts again goes on with it.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

from sfsip_nb.inputs import platform
from sfsip_nb.inputs.platform import Fault

from .cards import CannotDo
from .faults import faults
from .world import Json, World

CHOICES = 5
_GROUPS = ("set-up", "calls")


def fitting(guide: str) -> list[Fault]:
    """The faults that the calls and call flows of a guide show for what they are."""
    sides = (guide, *set(platform.ends()) - set(platform.names()))
    return [
        fault
        for fault in faults().values()
        if fault.name.partition(".")[0] in sides
        and fault.cause
        and fault.group in _GROUPS
        and guide not in fault.unclear
    ]


def begin(world: World, guide: str, seed: int | None = None) -> Json:
    """Switch one on; what `told` then says. Raises CannotDo while one is on, or none fits."""
    if world.surprise:
        raise CannotDo("A surprise is on already. Name it, or switch it off.")
    drawn = random.Random(seed)
    known = fitting(guide) if guide in platform.names() else []
    if not known:
        raise CannotDo(f"There is no fault to surprise somebody with in the guide {guide}.")
    fault = drawn.choice(known)
    others = [other for other in known if other.cause != fault.cause]
    choices = [fault, *drawn.sample(others, min(CHOICES - 1, len(others)))]
    drawn.shuffle(choices)
    before = copy.deepcopy(world.systems)
    world.surprise = {"fault": fault.name, "choices": [each.name for each in choices], "said": ""}
    world.set_fault(fault.name)
    world.surprise["undo"] = list(_changed(before, world.systems))
    return told(world)


def told(world: World) -> Json:
    """Whether one is on, the choices, and, once it was named, what it is."""
    kept = world.surprise
    if not kept:
        return {"on": False}
    shown = {"on": True, "choices": [faults()[name].effect for name in kept["choices"]]}
    if not kept["said"]:
        return shown | {"named": False}
    fault = faults()[kept["fault"]]
    return shown | {
        "named": True,
        "said": kept["said"],
        "right": kept["said"] == fault.effect,
        "fault": fault.name,
        "effect": fault.effect,
        "cause": fault.cause,
    }


def name(world: World, said: str) -> Json:
    """Take what a person says that it is, once; what `told` then says."""
    kept = world.surprise
    if not kept:
        raise CannotDo("No surprise is on.")
    if said not in told(world)["choices"]:
        raise CannotDo("That is none of the choices.")
    kept["said"] = kept["said"] or said
    return told(world)


def end(world: World) -> Json:
    """Switch it off, and bring back what it broke and nobody has changed since."""
    kept, world.surprise = world.surprise, {}
    if kept:
        world.set_fault(kept["fault"], on=False)
        for system, collection, id_, was, broken in kept["undo"]:
            objects = world.systems[system][collection]
            if objects.get(id_) == broken:
                objects.pop(id_, None)
                objects |= {} if was is None else {id_: was}
    return told(world)


def hidden(world: World) -> str:
    """The name of the fault that is on and not to be told; empty if there is none."""
    kept = world.surprise
    return str(kept["fault"]) if kept and not kept["said"] else ""


def _changed(before: Json, after: Json) -> Iterator[list[object]]:
    """Each object that is another one now: system, collection, id, as it was, as it is."""
    for system, collections in after.items():
        for collection, objects in collections.items():
            old = before[system][collection]
            for id_ in {**old, **objects}:
                if old.get(id_) != objects.get(id_):
                    pair = [old.get(id_), copy.deepcopy(objects.get(id_))]
                    yield [system, collection, id_, *pair]
