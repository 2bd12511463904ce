"""The worlds of the telephony tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import World
from tests.telephony import talkdesk_world
from tests.telephony.telephony_world import provision


@pytest.fixture
def customer(tmp_path: Path) -> Iterator[World]:
    """The customer before anybody runs a guide."""
    made = World(tmp_path, time_scale=60)
    settle(made)
    yield made
    if made._saving:
        made._saving.cancel()


@pytest.fixture
def world(customer: World) -> World:
    """The customer after the steps of the Genesys guide; a test takes away what is missing."""
    provision(customer)
    return customer


@pytest.fixture
def account(customer: World) -> World:
    """The customer after the steps of the Talkdesk guide."""
    talkdesk_world.provision(customer)
    return customer
