"""A surprise can be found out: of what the calls and call flows show, its cause comes first."""

from __future__ import annotations

import pytest

from sfsip_nb.engine.cause_rows import FixRow
from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming
from sfsip_nb.testbed import surprise
from sfsip_nb.testbed.faults import faults
from tests.causes.reasoned import inputs, seen
from tests.causes.sweep import HEALTHY, THIS_MACHINE, single

ANEW = ("04-call-flows", "05-verification")
"""What a person runs once something is broken; the rest they saw while all was well."""

CASES = [(guide, fault) for guide in ALL for fault in surprise.fitting(guide)]


UNCLEAR = [
    (guide, fault)
    for guide in ("genesys", "talkdesk")
    for fault in map(faults().__getitem__, single(guide)[1:])
    if guide in fault.unclear and fault.name not in THIS_MACHINE
]


def ids(cases: list[tuple[str, Fault]]) -> list[str]:
    return [f"{guide}-{fault.name}" for guide, fault in cases]


def told(guide: str, fault: Fault) -> list[tuple[str, list[FixRow]]]:
    """The first cause, and what fits equally well, by calls and call flows alone."""
    steps = {step.id for step in ALL[guide].steps if step.section in ANEW}

    def is_anew(check: str) -> bool:
        return check.partition("/")[0] in steps

    before = [check for check in seen(guide, HEALTHY) if not is_anew(check.id)]
    now = [check for check in seen(guide, fault.name) if is_anew(check.id)]
    named = naming.diagnose(ALL[guide], inputs(guide), [*before, *now]).named
    return [(first.id, first.equals) for first in named[:1]]


@pytest.mark.parametrize(("guide", "fault"), CASES, ids=ids(CASES))
def test_its_cause_comes_first_and_nothing_fits_equally_well(guide: str, fault: Fault) -> None:
    assert told(guide, fault) == [(fault.cause, [])]


@pytest.mark.parametrize(("guide", "fault"), UNCLEAR, ids=ids(UNCLEAR))
def test_what_is_left_out_is_left_out_with_reason(guide: str, fault: Fault) -> None:
    assert told(guide, fault) != [(fault.cause, [])], "it is clear: let it be a surprise"


def test_there_is_enough_to_choose_from_and_a_guide_without_faults_has_none() -> None:
    for guide in ("genesys", "talkdesk"):
        found = surprise.fitting(guide)
        assert len({fault.cause for fault in found}) > 4 * surprise.CHOICES
        assert {fault.group for fault in found} == {"set-up", "calls"}
        assert all(fault.name.partition(".")[0] in (guide, "synthflow") for fault in found)
