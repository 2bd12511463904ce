"""Each fault of the testbed is named by its cause, from what a run saw of it.

What was seen was kept by a live sweep (`sweep.py`) and is reasoned over again here, so that a
change of the data or of the reasoning shows at once.
"""

from __future__ import annotations

import pytest

from sfsip_nb.testbed.faults import faults
from tests.causes.reasoned import causes
from tests.causes.sweep import HEALTHY, read

GUIDES = ("genesys", "talkdesk")
SINGLE = [(g, name) for g in GUIDES for name in read(g) if name != HEALTHY and "+" not in name]
PAIRS = [(g, name) for g in GUIDES for name in read(g) if "+" in name]

UNSEEN: dict[tuple[str, str], str] = {}
"""Faults that a healthy run which is only verified cannot show, and why."""

MISSED: dict[str, str] = {}
"""Pairs of which one cause is not among the first three, and why."""


def first(guide: str, name: str, most: int) -> list[set[str]]:
    """The causes named first, each with those that fit as well."""
    named = causes(guide, name).named[:most]
    return [{one.id, *(other.id for other in one.equals)} for one in named]


@pytest.mark.parametrize(("guide", "name"), SINGLE)
def test_the_first_cause_is_the_one_that_was_broken(guide: str, name: str) -> None:
    found = first(guide, name, 1)
    if (guide, name) in UNSEEN:
        assert found == []
    else:
        assert found, "no cause is named"
        assert faults()[name].cause in found[0]


@pytest.mark.parametrize("guide", GUIDES)
def test_a_healthy_run_has_no_cause(guide: str) -> None:
    found = causes(guide, HEALTHY)
    assert (found.named, found.unexplained) == ([], [])


@pytest.mark.parametrize("guide", GUIDES)
def test_every_fault_with_a_cause_was_swept(guide: str) -> None:
    other = {"genesys": "talkdesk.", "talkdesk": "genesys."}[guide]
    wanted = {f.name for f in faults().values() if f.cause and not f.name.startswith(other)}
    assert wanted == {name for g, name in SINGLE if g == guide}


@pytest.mark.skipif(not PAIRS, reason="no pairs were swept")
def test_of_two_faults_both_causes_are_among_the_first_three() -> None:
    missed = {}
    for guide, name in PAIRS:
        found = set().union(*first(guide, name, 3))
        if lost := {faults()[one].cause for one in name.split("+")} - found:
            missed[name] = sorted(lost)
    assert missed.keys() == MISSED.keys(), missed
    assert len(missed) <= len(PAIRS) // 20
