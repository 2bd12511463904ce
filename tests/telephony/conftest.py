"""The world of the telephony tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.testbed.customer import settle
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import provision


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The customer after both guides' steps; a test takes away what should be missing."""
    made = World(tmp_path, time_scale=60)
    settle(made)
    provision(made)
    yield made
    if made._saving:
        made._saving.cancel()
