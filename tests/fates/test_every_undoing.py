"""Every write of a rollback meets every fate: it says ✖, and the same command goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fates.cases import Story, told
from tests.fates.fates import FATES
from tests.fates.scenarios import SCENARIOS


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_rollback_outlives_the_fate_of_any_write(
    story: Callable[[str], Story], scenario: str, fate: str
) -> None:
    one = story(scenario)
    wrong = [
        told(f"rollback of {scenario}", fate, number, write, found)
        for number, write in enumerate(one.undoing, 1)
        if (found := one.undo({number: FATES[fate]}))
    ]
    assert not wrong, f"{len(wrong)} of {len(one.undoing)}:\n" + "\n".join(wrong)
