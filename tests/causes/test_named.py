"""Each fault of the testbed is named by its cause, from what a run saw of it.

What was seen was kept by a live sweep (`sweep.py`) and is reasoned over again here, so that a
change of the data or of the reasoning shows at once.
"""

from __future__ import annotations

import pytest

from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming, reach
from sfsip_nb.testbed.faults import faults
from tests.causes.reasoned import causes, inputs, seen
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

HIDDEN: dict[str, tuple[str, ...]] = {
    # no call reaches the agent by the number
    "agent.deaf": ("genesys.did-unassigned+synthflow.deaf-agent",),
    # both are about the same field, and the last one stands
    "genesys.call-route-other": ("genesys.did-unassigned+genesys.did-elsewhere",),
    # no call arrives that could show a caller
    "genesys.caller-hidden": ("genesys.no-route+genesys.anonymous-caller",),
    # met only while the trunk is made
    "genesys.identifier-taken": ("genesys.transfer-unrouted+genesys.identifier-taken",),
    # no call comes to the queue
    "genesys.no-agents": (
        "genesys.digest-uri+genesys.no-agents",
        "genesys.rtp-blackhole+genesys.no-agents",
    ),
    # no login is made, or its answer cannot be read
    "genesys.password": (
        "genesys.password+genesys.no-permission-analytics",
        "genesys.password+genesys.trunk-down",
        "genesys.password+synthflow.number-gone",
    ),
    # without a token no permission can be asked for
    "genesys.permission": ("genesys.bad-credentials+genesys.no-permission-call-routes",),
    # no call is answered, so that no media address is named
    "genesys.private-media": ("genesys.proxy-port+genesys.private-media",),
    # without analytics no leg is found to read
    "genesys.route-set": ("genesys.ignores-route-set+genesys.no-permission-analytics",),
    # met only with several numbers
    "synthflow.one-number": ("genesys.line-limit+synthflow.one-number",),
    # met only while a number is imported
    "synthflow.plan": ("synthflow.busy+synthflow.not-enterprise",),
    # no call is answered, so that no media address is named
    "synthflow.private-media": (
        "genesys.password+synthflow.private-media",
        "genesys.realm+synthflow.private-media",
        "synthflow.firewall+synthflow.private-media",
        "synthflow.private-media+synthflow.bad-key",
    ),
    # no call comes to a transfer, or none is answered
    "synthflow.route-set": (
        "genesys.codec+synthflow.ignores-route-set",
        "synthflow.detached+synthflow.ignores-route-set",
        "synthflow.proxy-set+synthflow.ignores-route-set",
    ),
}
"""By a cause that is not named: pairs in which the other fault hides it, and why."""


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
def test_whatever_differs_is_named_also_where_no_switch_makes_it(guide: str) -> None:
    """Each thing that a healthy run reads and compares, broken by itself."""
    paths = reach.paths(ALL[guide].flows, guide)
    healthy = seen(guide, HEALTHY)
    read_ = [c for c in healthy if c.weight == "required" and not any(path.of(c) for path in paths)]
    assert len(read_) > 30
    for broken in read_:
        fail = broken.model_copy(update={"verdict": Verdict.FAIL, "seen": "something else"})
        checks = [fail if check is broken else check for check in healthy]
        found = naming.diagnose(ALL[guide], inputs(guide), checks)
        assert found.unexplained == [], broken.id
        assert broken.id in {id for cause in found.named for id in cause.explains}, broken.id


@pytest.mark.parametrize("guide", GUIDES)
def test_every_fault_with_a_cause_was_swept(guide: str) -> None:
    other = {"genesys": "talkdesk.", "talkdesk": "genesys."}[guide]
    wanted = {f.name for f in faults().values() if f.cause and not f.name.startswith(other)}
    assert wanted == {name for g, name in SINGLE if g == guide}


@pytest.mark.skipif(not PAIRS, reason="no pairs were swept")
def test_of_two_faults_both_causes_are_among_the_first_three_unless_one_hides_the_other() -> None:
    missed: dict[str, list[str]] = {}
    for guide, name in PAIRS:
        found = set().union(*first(guide, name, 3))
        both = {faults()[one].cause for one in name.split("+")}
        assert both & found, name
        for lost in both - found:
            missed.setdefault(lost, []).append(name)
    assert missed == {lost: list(names) for lost, names in HIDDEN.items()}
