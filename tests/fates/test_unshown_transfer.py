"""Synthflow describes no setting of a transfer as returned: a run gets by without them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fates.cases import Story
from tests.fates.harness import Inputs, Place, Run
from tests.fates.proxy import Answer, Request
from tests.fates.scenarios import SCENARIOS

SYNTHFLOW = SCENARIOS["genesys_synthflow"]


@pytest.fixture
def reticent(place: Place) -> Iterator[Place]:
    """Stand-ins that show of an action only what the description has."""
    told = place.proxy._platform

    def described(request: Request) -> Answer:
        answer = told(request)
        if request.method != "GET" or "/v2/actions" not in request.path:
            return answer
        body = json.loads(answer.body)
        for action in body.get("response", {}).get("actions", []):
            action["parameters_hard_coded"] = {}
        return Answer(answer.status, json.dumps(body).encode(), answer.headers)

    place.proxy._platform = described
    yield place
    place.proxy._platform = told


def transfers(place: Place) -> list[dict[str, Any]]:
    actions = place.standins.world.systems["synthflow"]["actions"].values()
    return [action for action in actions if action["type"] == "LIVE_TRANSFER"]


def test_a_run_makes_one_transfer_knows_it_again_and_takes_it_back(
    reticent: Place, tmp_path: Path
) -> None:
    story = Story(reticent, SYNTHFLOW, tmp_path, SYNTHFLOW.inputs)
    assert story.apply({}) == []
    assert story.undo({}) == []


def test_another_run_does_not_make_a_second_one_but_asks(reticent: Place, tmp_path: Path) -> None:
    reticent.standins.restore(reticent.untouched)
    reticent.begin()
    Run(reticent, SYNTHFLOW.inputs, tmp_path / "first").attempt()
    transfer = Inputs(SYNTHFLOW.inputs.guide, SYNTHFLOW.inputs.sets, ("transfer.action",))
    second = Run(reticent, transfer, tmp_path / "second").attempt()
    assert len(transfers(reticent)) == 1
    assert second.verdicts["transfer.action"] == "waiting"
    assert any('add "synthflow.action:' in check.reason for check in second.checks)


def test_a_transfer_that_somebody_points_elsewhere_is_still_the_runs_own(
    place: Place, tmp_path: Path
) -> None:
    place.standins.restore(place.untouched)
    place.begin()
    run = Run(place, SYNTHFLOW.inputs, tmp_path)
    assert run.attempt().failed == []
    [transfer] = transfers(place)
    transfer["phone"] = "sip:+15550009999@elsewhere.example"
    [failed] = run.attempt("verify").failed
    assert (failed.id, failed.seen) == ("transfer.action/Transfers to", transfer["phone"])
