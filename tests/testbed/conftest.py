"""Fixtures of the testbed's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed.testbed_bench import Bench, Host


@pytest.fixture(scope="session", autouse=True)
def _own_seal_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def bench(host: Host, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(host, tmp_path)
    made.login()
    yield made
    made.close()
