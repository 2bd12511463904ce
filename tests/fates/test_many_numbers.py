"""Two hundred numbers: few objects, every number its own assistant, and all of it undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs import ranges, samples
from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.testbed.world import World
from tests.fates.harness import Attempt, Inputs, Place, Run

FIRST, SECOND = ranges.expand("+15551231000..149"), ranges.expand("+15551231150..199")
BILLING = samples.SYNTHFLOW_SECOND_ASSISTANT_NAME
SETS = (
    f'numbers=["+15551231000..149", {{number: "+15551231150..199", assistant: {BILLING}}}]',
    'test_calls.destinations=["+15551231000..199"]',
    "genesys.inbound_fqdn=synthflow-acme.byoc.usw2.pure.cloud",
)
WRITES = ("trunk.create", "trunk.site", "routing.inbound", "number.add", "assistant.attach")


class Provisioned:
    """A run with two hundred numbers: applied, verified, then rolled back."""

    def __init__(self, place: Place, folder: Path) -> None:
        begin(place)
        run = Run(place, Inputs("genesys", SETS, WRITES), folder)
        self.applied = run.attempt()
        self.sent = len(place.proxy.sent)
        self.world = plain(place.standins.world)
        self.verified = run.attempt("verify")
        self.undone = run.rollback()


def begin(place: Place) -> None:
    place.standins.restore(place.untouched)
    place.standins.world.set_fault(faults.ONE_NUMBER.name, False)
    place.begin()


def plain(world: World) -> dict[str, Any]:
    genesys, synthflow = world.systems["genesys"], world.systems["synthflow"]
    return {
        "plans": [
            plan["numbers"]
            for site in genesys["number_plans"].values()
            for plan in site["plans"]
            if plan["name"] == samples.TRUNK_NAME
        ],
        "pools": len(genesys["did_pools"]),
        "routes": {ivr["name"]: list(ivr["dnis"]) for ivr in genesys["ivrs"].values()},
        "imported": set(synthflow["numbers"]),
        "pool": {a["name"]: list(a["_phone_numbers"]) for a in synthflow["assistants"].values()},
    }


@pytest.fixture(scope="module")
def genesys(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    return Provisioned(place, tmp_path_factory.mktemp("many"))


def test_genesys_gets_few_objects(genesys: Provisioned) -> None:
    assert genesys.applied.broke == ""
    assert genesys.world["plans"] == [[{"start": FIRST[0], "end": SECOND[-1]}]]
    assert genesys.world["pools"] == 2, "both were there before"
    ours = {n: d for n, d in genesys.world["routes"].items() if n.startswith(samples.TRUNK_NAME)}
    assert [len(dnis) for dnis in ours.values()] == [50, 50, 50, 50]
    assert sorted(number for dnis in ours.values() for number in dnis) == [*FIRST, *SECOND]


def test_each_number_is_imported_and_on_its_own_assistant(genesys: Provisioned) -> None:
    assert {n.removeprefix("+") for n in (*FIRST, *SECOND)} <= genesys.world["imported"]
    assert genesys.world["pool"][samples.SYNTHFLOW_ASSISTANT_NAME] == FIRST
    assert genesys.world["pool"][BILLING] == SECOND


def test_each_number_has_checks_of_its_own(genesys: Provisioned) -> None:
    for attempt in (genesys.applied, genesys.verified):
        assert attempt.failed == []
        ids = [check.id for check in attempt.checks]
        assert len(ids) == len(set(ids))
        assert {c.number for c in attempt.checks if c.number} >= {*FIRST, *SECOND}


def test_verifying_looks_at_every_number(place: Place, tmp_path: Path) -> None:
    begin(place)
    run = Run(place, Inputs("genesys", ['numbers=["+15551231000..9"]'], ("number.add",)), tmp_path)
    assert run.attempt().failed == []
    for number in (FIRST[3], FIRST[7]):
        slug = number.removeprefix("+")
        place.standins.world.systems["synthflow"]["numbers"][slug]["sip_term_uri"] = "elsewhere"
    failed = run.attempt("verify").failed
    assert [check.number for check in failed] == [FIRST[3], FIRST[7]], "not the first one alone"


def test_the_number_of_requests_is_bounded(genesys: Provisioned) -> None:
    assert genesys.sent < 17 * 200


def test_a_rollback_takes_all_of_it_back(genesys: Provisioned) -> None:
    assert genesys.undone.ok, genesys.undone.named


def attach(place: Place, folder: Path, numbers: str) -> Attempt:
    steps = ("access.synthflow", "number.add", "assistant.attach")
    return Run(
        place, Inputs("genesys", [f"numbers={numbers}"], steps, checks=True), folder
    ).attempt()


def test_an_assistant_that_takes_one_number_only_says_what_would_take_them(
    place: Place, tmp_path: Path
) -> None:
    begin(place)
    place.standins.world.set_fault(faults.ONE_NUMBER.name)
    refused = attach(place, tmp_path / "a", '["+15551230001","+15551230002"]')
    assert refused.verdicts["assistant.attach"] == "fail"
    assert "pooling is not available for inbound agents" in refused.failed[0].seen
    [told] = [c for c in refused.checks if c.id == "access.synthflow/several"]
    assert "give each number its own assistant" in told.reason, "before anything was written"
    begin(place)
    place.standins.world.set_fault(faults.ONE_NUMBER.name)
    apart = f'["+15551230001",{{number: "+15551230002", assistant: {BILLING}}}]'
    assert attach(place, tmp_path / "b", apart).verdicts["assistant.attach"] == "pass"


def test_a_number_that_another_assistant_answers_is_told_before_anything_is_written(
    place: Place, tmp_path: Path
) -> None:
    begin(place)
    assert attach(place, tmp_path / "a", f'["{samples.DID}"]').failed == []
    taken = f'["{samples.SPARE_DID}",{{number: "{samples.DID}", assistant: {BILLING}}}]'
    [told] = [c for c in attach(place, tmp_path / "b", taken).failed if "held" in c.id]
    assert told.seen == f"{samples.DID} is on {samples.SYNTHFLOW_ASSISTANT_NAME}"
    assert BILLING in told.title
    world = place.standins.world.systems["synthflow"]["assistants"].values()
    assert [a["name"] for a in world if a["phone_number"] == samples.DID] == [
        samples.SYNTHFLOW_ASSISTANT_NAME
    ]


@pytest.mark.parametrize("present", ['["+15551230001"]', '["+15551230001..2"]'])
def test_a_run_grows_by_a_number_without_being_allowed_to_change_its_own(
    place: Place, tmp_path: Path, present: str
) -> None:
    begin(place)
    assert attach(place, tmp_path, present).failed == []
    grown = Inputs(
        "genesys",
        ['numbers=["+15551230001..3"]'],
        ("access.synthflow", "number.add", "assistant.attach"),
        checks=True,
    )
    run = Run(place, grown, tmp_path)
    assert set(run.attempt().verdicts.values()) == {"pass"}
    [own] = [
        a
        for a in place.standins.world.systems["synthflow"]["assistants"].values()
        if a["name"] == samples.SYNTHFLOW_ASSISTANT_NAME
    ]
    assert {own["phone_number"], *own["_phone_numbers"]} - {""} == {
        "+15551230001",
        "+15551230002",
        "+15551230003",
    }
    undone = run.rollback()
    assert undone.ok, undone.named
    assert not {own["phone_number"], *own["_phone_numbers"]} - {""}
