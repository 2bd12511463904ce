"""Traffic of the clients with the stand-ins, recorded once and judged by several tests."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import OFFLINE, PROJECT, Done, Run
from tests.conformance import descriptions, errands
from tests.conformance.descriptions import Descriptions, Row
from tests.fates.cases import Story
from tests.fates.harness import Place, quick
from tests.fates.proxy import ADMINISTER, Answer, Request
from tests.fates.scenarios import SCENARIOS


@pytest.fixture(scope="session")
def specs() -> Path:
    found = descriptions.folder()
    if found is None:
        pytest.skip("SFSIP_SPECS names no folder with the vendors' API descriptions")
    return found


@pytest.fixture(scope="session")
def described(specs: Path) -> Descriptions:
    return Descriptions(specs)


@pytest.fixture(scope="session")
def provisioned(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Plan, apply and rollback of each scenario of the fates, and what none of them asks for."""
    rows: list[Row] = []
    with quick(), Place() as place:
        answer = place.proxy._platform

        def recorded(request: Request) -> Answer:
            answered = answer(request)
            if not request.path.startswith(ADMINISTER):
                rows.append(_row(request, answered))
            return answered

        place.proxy._platform = recorded
        for name, scenario in SCENARIOS.items():
            Story(place, scenario, tmp_path_factory.mktemp(name), scenario.inputs)
        errands.genesys(place)
        errands.synthflow(place)
    return rows


def _row(request: Request, answer: Answer) -> Row:
    return {
        "method": request.method,
        "url": request.target,
        "request_type": request.headers.get("content-type"),
        "request_body": request.body.decode(),
        "status": answer.status,
        "response_type": answer.headers.get("content-type"),
        "response_body": answer.body.decode(errors="replace"),
    }


@pytest.fixture(scope="session")
def replayed(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Both guides as a user has them, calls and all: applied, verified, rolled back."""
    home = tmp_path_factory.mktemp("replayed")
    log = home / "traffic.jsonl"
    path = os.pathsep.join([str(specs / "hook"), str(PROJECT)])
    env = {"PYTHONPATH": path, "TRAFFIC_LOG": str(log)}

    def live(guide: str) -> list[Done]:
        run = Run(home / guide, env)
        file = PROJECT / "parameters" / f"{guide}.testbed.yaml"
        try:
            applied = run.replay(*OFFLINE, file=file)
            assert applied.code == 3, applied  # a part of the guide: verify places the calls
            return [
                run.replay("--mode", "verify", file=file),
                run.command("rollback", str(run.folder)),
            ]
        finally:
            life.stop(run.folder)

    with ThreadPoolExecutor() as threads:
        for done in chain.from_iterable(threads.map(live, ("genesys", "talkdesk"))):
            assert done.code == 0, done
    return list(descriptions.written(log))
