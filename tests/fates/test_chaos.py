"""Where many reads meet trouble, nothing is blamed on the customer: exit 0, 3 or 4, never 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.engine.verdicts import Basis, Verdict, exit_code
from sfsip_nb.runs.session import GUIDES
from tests.fates.harness import Attempt, Inputs, Place, Run

_SHARE = 0.15
_SEEDS = range(40)
_AT_MOST = 6
_SECTIONS = ("01", "02", "03", "04")


def api_only(guide: str) -> Inputs:
    """All steps that ask nobody but the APIs, with all their checks."""
    steps = [
        step.id
        for step in GUIDES[guide].steps
        if step.section.startswith(_SECTIONS) and not step.dials and step.id != "access.network"
    ]
    return Inputs(guide, steps=tuple(steps), checks=True)


INPUTS = {guide: api_only(guide) for guide in GUIDES}


def code_of(came: Attempt) -> int:
    """The exit code that such an attempt leads to."""
    return 4 if came.broke else exit_code(Verdict(v) for v in came.verdicts.values())


def attempts(run: Run, chaos: float, seed: int) -> Iterator[tuple[str, Attempt]]:
    """Plan, apply until that is done, verify."""
    run.place.begin(chaos=chaos, seed=seed)
    yield "plan", run.attempt("plan")
    for _ in range(_AT_MOST):
        applied = run.attempt()
        yield "apply", applied
        if not applied.broke and all(v in ("pass", "skipped") for v in _alone(applied).values()):
            yield "verify", run.attempt("verify")
            return


def _alone(came: Attempt) -> dict[str, str]:
    """The verdicts of what hangs on nothing but reads and writes."""
    by_people = {c.id.partition("/")[0] for c in came.checks if Basis.PERSON in c.basis}
    return {s: v for s, v in came.verdicts.items() if s not in by_people or v == "blocked"}


@pytest.mark.parametrize("guide", GUIDES)
def test_without_trouble_nothing_fails(place: Place, tmp_path: Path, guide: str) -> None:
    place.standins.restore(place.untouched)
    came = dict(attempts(Run(place, INPUTS[guide], tmp_path / "run"), 0.0, 0))
    assert set(came) == {"plan", "apply", "verify"}
    assert not [c for one in came.values() for c in one.failed]


@pytest.mark.parametrize("seed", _SEEDS)
def test_trouble_with_reads_is_never_the_customers_fault(
    place: Place, tmp_path: Path, seed: int
) -> None:
    guide = list(GUIDES)[seed % len(GUIDES)]
    place.standins.restore(place.untouched)
    run = Run(place, INPUTS[guide], tmp_path / "run")
    for mode, came in attempts(run, _SHARE, seed):
        told = [f"{c.id}: {c.seen}: {c.reason}" for c in came.failed]
        assert not told, (guide, mode)
        assert code_of(came) in (0, 3, 4), (guide, mode)
    assert place.proxy.troubled > 3
