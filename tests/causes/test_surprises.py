"""A surprise can be found out: of what the calls and call flows show, its cause comes first."""

from __future__ import annotations

import pytest

from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming
from sfsip_nb.testbed import surprise
from tests.causes.reasoned import inputs, seen
from tests.causes.sweep import HEALTHY

ANEW = ("04-call-flows", "05-verification")
"""What a person runs once something is broken; the rest they saw while all was well."""

CASES = [(guide, fault) for guide in ALL for fault in surprise.fitting(guide)]


@pytest.mark.parametrize(
    ("guide", "fault"), CASES, ids=[f"{guide}-{fault.name}" for guide, fault in CASES]
)
def test_its_cause_comes_first_and_nothing_fits_equally_well(guide: str, fault: object) -> None:
    assert isinstance(fault, surprise.Fault)
    steps = {step.id for step in ALL[guide].steps if step.section in ANEW}

    def is_anew(check: str) -> bool:
        return check.partition("/")[0] in steps

    before = [check for check in seen(guide, HEALTHY) if not is_anew(check.id)]
    now = [check for check in seen(guide, fault.name) if is_anew(check.id)]
    first, *_ = naming.diagnose(ALL[guide], inputs(guide), [*before, *now]).named
    assert (first.id, list(first.equals)) == (fault.cause, [])


def test_there_is_enough_to_choose_from_and_a_guide_without_faults_has_none() -> None:
    for guide in ("genesys", "talkdesk"):
        found = surprise.fitting(guide)
        assert len({fault.cause for fault in found}) > 4 * surprise.CHOICES
        assert {fault.group for fault in found} == {"set-up", "calls"}
        assert all(fault.name.partition(".")[0] in (guide, "synthflow") for fault in found)
