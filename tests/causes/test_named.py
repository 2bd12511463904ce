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

_AT_CREATION = "met only while the object is made"
_OF_SEVERAL = "met only with several numbers on one assistant"

UNSEEN: dict[tuple[str, str], str] = {
    ("genesys", "genesys.identifier-taken"): _AT_CREATION,
    ("genesys", "genesys.srtp-off"): "met only on a trunk over TLS",
    ("genesys", "synthflow.not-enterprise"): _AT_CREATION,
    ("genesys", "synthflow.one-number"): _OF_SEVERAL,
    ("talkdesk", "synthflow.not-enterprise"): _AT_CREATION,
    ("talkdesk", "synthflow.one-number"): _OF_SEVERAL,
    ("talkdesk", "synthflow.other-realm"): "a Talkdesk trunk has no realm and answers any",
    ("talkdesk", "talkdesk.slip-fallback"): "tried only while no assistant has the number",
}
"""Faults that a healthy run which is only verified cannot show, and why."""

HIDDEN: dict[str, str] = {}
"""Pairs of which one fault hides the other, by the cause that is not named, and why."""


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
def test_of_two_faults_both_causes_are_among_the_first_three_unless_one_hides_the_other() -> None:
    missed = {}
    for guide, name in PAIRS:
        found = set().union(*first(guide, name, 3))
        causes_ = {faults()[one].cause for one in name.split("+")}
        assert causes_ & found, name
        if lost := causes_ - found:
            missed[name] = ", ".join(lost)
    assert missed == {name: why.partition(":")[0] for name, why in HIDDEN.items()}
