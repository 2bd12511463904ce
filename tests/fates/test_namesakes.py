"""What others make under our name while a write of ours is in doubt stays theirs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from tests.fates import judging
from tests.fates.cases import Story
from tests.fates.fates import FATES

Fields = dict[str, Any]

# By the end of the path that makes it: collection, and how a person would have made it.
_BY_HAND: dict[str, tuple[str, str, Fields]] = {
    "/trunkbasesettings": ("genesys", "trunks", {"description": "By hand"}),
    "/outboundroutes": (
        "genesys",
        "outbound_routes",
        {"description": "By hand", "classificationTypes": ["Network"], "externalTrunkBases": []},
    ),
    "/architect/ivrs": ("genesys", "ivrs", {"description": "By hand", "dnis": [samples.SPARE_DID]}),
    "/didpools": ("genesys", "did_pools", {"description": "By hand"}),
    "/custom-numbers": (
        "synthflow",
        "numbers",
        {"sip_term_uri": "elsewhere.example", "friendly_name": "By hand"},
    ),
    "/v2/actions": ("synthflow", "actions", {"initiating_msg": "Made by hand."}),
}


def _made_by_hand(story: Story, write: str) -> tuple[str, str, str]:
    """Make by hand what that write would have made, otherwise; where it is."""
    system, collection, fields = next(made for end, made in _BY_HAND.items() if write.endswith(end))
    world = story.place.standins.world
    now = story.place.standins.snapshot()
    story.place.standins.restore(story.applied.world)
    planned = story.state[system][collection]
    story.place.standins.restore(now)
    there = {judging.name_of(o) for o in world.systems[system][collection].values()}
    thing = next(o for o in planned.values() if judging.name_of(o) not in there)
    id_ = "by-hand" if "id" in thing or "action_id" in thing else thing["slug"]
    known = {name: id_ for name in ("id", "action_id") if name in thing}
    world.systems[system][collection][id_] = thing | known | fields
    return system, collection, id_


_MADE = [
    ("genesys_trunk", "/trunkbasesettings"),
    ("genesys_trunk", "/outboundroutes"),
    ("genesys_routing", "/architect/ivrs"),
    ("genesys_synthflow", "/custom-numbers"),
    ("genesys_synthflow", "/v2/actions"),
    ("talkdesk", "/custom-numbers"),
    ("talkdesk", "/v2/actions"),
    ("no_pool", "/didpools"),
]


@pytest.mark.parametrize("fate", ["reset_before", "5xx_before", "refused_first"])
@pytest.mark.parametrize(("scenario", "end"), _MADE)
def test_a_namesake_of_others_is_neither_changed_nor_taken_away(
    story: Callable[[str], Story], scenario: str, end: str, fate: str
) -> None:
    one = story(scenario)
    number, write = next(
        (number, write)
        for number, write in enumerate(one.writes, 1)
        if write.startswith("POST ") and write.endswith(end)
    )
    one.go_back(one.planned)
    one.place.begin({number: FATES[fate]})
    one.run.attempt()
    system, collection, id_ = _made_by_hand(one, write)
    theirs = one.state[system][collection][id_]
    one.place.begin()
    second = one.run.attempt()
    if (scenario, end) != ("no_pool", "/didpools"):  # a pool that holds the number is welcome
        assert second.verdicts != one.verdicts
    assert judging.plain(one.state[system][collection][id_]) == judging.plain(theirs)
    assert judging.twice(one.state) == []
    one.run.rollback()
    before = copy.deepcopy(one.before)
    before[system][collection][id_] = theirs
    assert judging.differences(before, one.state) == []
