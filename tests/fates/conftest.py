"""Fixtures of the tests of fates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.fates.cases import Story
from tests.fates.harness import Place, quick
from tests.fates.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Stand-ins behind a proxy, and no waits while they are there."""
    with quick(), Place() as made:
        yield made


@pytest.fixture(scope="module")
def story(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Story]:
    """The story of a scenario, its clean course told once."""
    told: dict[str, Story] = {}

    def of(name: str) -> Story:
        if name not in told:
            scenario = SCENARIOS[name]
            folder = tmp_path_factory.mktemp(name)
            told[name] = Story(place, scenario, folder, scenario.inputs)
        return told[name]

    return of
