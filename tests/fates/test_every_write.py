"""Every write of an apply meets every fate: the same command goes on, and rollback restores."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fates.cases import Story, told
from tests.fates.fates import FATES
from tests.fates.harness import Place
from tests.fates.scenarios import GENESYS_PARTS, SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_without_trouble_a_run_is_carried_out_and_taken_back(
    story: Callable[[str], Story], scenario: str
) -> None:
    clean = story(scenario)
    assert len(clean.writes) >= 3
    assert len(clean.undoing) >= 3
    assert clean.apply({}) == []
    assert clean.undo({}) == []


def test_no_write_of_the_genesys_guide_is_left_out(
    place: Place, story: Callable[[str], Story], tmp_path: Path
) -> None:
    scenario = SCENARIOS[GENESYS_PARTS[0]]
    whole = Story(place, scenario, tmp_path, scenario.whole)
    parts = [story(name) for name in GENESYS_PARTS]
    assert _kinds(whole.writes) == _kinds([w for part in parts for w in part.writes])
    assert _kinds(whole.undoing) == _kinds([w for part in parts for w in part.undoing])


def _kinds(writes: list[str]) -> list[str]:
    return sorted(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", write) for write in writes)


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_apply_outlives_the_fate_of_any_write(
    story: Callable[[str], Story], scenario: str, fate: str
) -> None:
    one = story(scenario)
    wrong = [
        told(scenario, fate, number, write, found)
        for number, write in enumerate(one.writes, 1)
        if (found := one.apply({number: FATES[fate]}))
    ]
    assert not wrong, f"{len(wrong)} of {len(one.writes)}:\n" + "\n".join(wrong)
