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


def wrong_after(
    moment: str, what: str, once: Callable[[Interrupter], list[str]]
) -> tuple[int, list[str]]:
    """How many moments there were to interrupt, and what was wrong after each, told."""
    wrong = []
    for number in range(1, _AT_MOST):
        person = Interrupter(moment, number)
        found = once(person)
        if not person.struck:
            return number - 1, wrong
        if found:
            wrong.append(told(what, f"interrupted {moment}", number, person.struck, found))
    raise AssertionError(f"{what} does not end")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", _SCENARIOS)
def test_an_apply_that_is_interrupted_leaves_no_number_silent_and_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)

    def once(person: Interrupter) -> list[str]:
        def stop() -> Attempt:
            person.interrupt(one.run.attempt)
            return Attempt()  # in which nothing says that a number rings nowhere

        return one.apply({}, stop)

    moments, wrong = wrong_after(moment, scenario, once)
    assert moments >= len(one.writes)
    assert not wrong, f"{len(wrong)} of {moments}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scenario", _SCENARIOS)
def test_a_rollback_that_is_interrupted_leaves_no_number_silent_and_goes_on(
    story: Callable[[str], Story], scenario: str, moment: str
) -> None:
    one = story(scenario)

    def once(person: Interrupter) -> list[str]:
        silent = set[str]()

        def stop() -> RolledBack | None:
            person.interrupt(one.run.rollback)
            silent.update(judging.ringing(one.before) - judging.ringing(one.state))
            return None

        return one.undo({}, stop) + [f"{number} rings nowhere" for number in sorted(silent)]

    moments, wrong = wrong_after(moment, f"rollback of {scenario}", once)
    assert moments
    assert not wrong, f"{len(wrong)} of {moments}:\n" + "\n".join(wrong)
