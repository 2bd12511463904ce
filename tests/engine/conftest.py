"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.world import OPENED


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
