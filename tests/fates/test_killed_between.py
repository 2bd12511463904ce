"""Killed at any moment of any write, the same command goes on, and so does a rollback."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.fates.cases import Story, told
from tests.fates.harness import Attempt, RolledBack
from tests.fates.killing import MOMENTS, Killer
from tests.fates.scenarios import SCENARIOS

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # The threads of the stand-ins and of the proxy stay in the parent.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]

_AT_MOST = 200


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_apply_that_was_killed_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)
    wrong = []
    for number in range(1, _AT_MOST):
        killer = Killer(moment, number)

        def die(killer: Killer = killer) -> Attempt | None:
            killer.kill(one.run.attempt, one.folder)
            return None

        found = one.apply({}, die)
        if not killer.struck:
            break
        if found:
            wrong.append(told(scenario, f"killed {moment}", number, killer.struck, found))
    assert number > len(one.writes)
    assert not wrong, f"{len(wrong)} of {number - 1}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_rollback_that_was_killed_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)
    wrong = []
    for number in range(1, _AT_MOST):
        killer = Killer(moment, number)

        def die(killer: Killer = killer) -> RolledBack | None:
            killer.kill(one.run.rollback, one.folder)
            return None

        found = one.undo({}, die)
        if not killer.struck:
            break
        if found:
            wrong.append(
                told(f"rollback of {scenario}", f"killed {moment}", number, killer.struck, found)
            )
    assert number > 1
    assert not wrong, f"{len(wrong)} of {number - 1}:\n" + "\n".join(wrong)
