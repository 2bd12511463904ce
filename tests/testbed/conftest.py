"""Fixtures of the testbed's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed.testbed_bench import Bench, Host


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
