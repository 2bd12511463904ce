"""Interrupted by a person at any moment of any write: no number falls silent, all goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fates import judging
from tests.fates.cases import Story, told
from tests.fates.harness import Attempt, RolledBack
from tests.fates.killing import MOMENTS, Interrupter

_AT_MOST = 200
_SCENARIOS = ("genesys_routing", "adopted_did", "no_pool")
"""Those in which numbers ring, or come to ring."""


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", _SCENARIOS)
def test_an_apply_that_is_interrupted_leaves_no_number_silent_and_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)
    wrong = []
    for number in range(1, _AT_MOST):
        person = Interrupter(moment, number)

        def stop(person: Interrupter = person) -> Attempt:
            person.interrupt(one.run.attempt)
            return Attempt()  # in which nothing says that a number rings nowhere

        found = one.apply({}, stop)
        if not person.struck:
            break
        if found:
            wrong.append(told(scenario, f"interrupted {moment}", number, person.struck, found))
    assert number > len(one.writes)
    assert not wrong, f"{len(wrong)} of {number - 1}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", _SCENARIOS)
def test_a_rollback_that_is_interrupted_leaves_no_number_silent_and_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)
    wrong = []
    for number in range(1, _AT_MOST):
        person = Interrupter(moment, number)
        silent = set[str]()

        def stop(person: Interrupter = person, silent: set[str] = silent) -> RolledBack | None:
            person.interrupt(one.run.rollback)
            silent |= judging.ringing(one.before) - judging.ringing(one.state)
            return None

        found = one.undo({}, stop) + [f"{number} rings nowhere" for number in sorted(silent)]
        if not person.struck:
            break
        if found:
            what = f"rollback of {scenario}"
            wrong.append(told(what, f"interrupted {moment}", number, person.struck, found))
    assert number > 1
    assert not wrong, f"{len(wrong)} of {number - 1}:\n" + "\n".join(wrong)
