"""One cluster of two workers for all tests of the fleet: it takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from distributed import Client

from sfsip_nb.fleet import run
from sfsip_nb.fleet.clusters import connected


@pytest.fixture(scope="session")
def workers() -> Iterator[Client]:
    """The real one: processes of this machine, over TLS."""
    with connected("", 2) as client:
        yield client


@pytest.fixture
def cluster(workers: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Every night of the test goes to it."""
    monkeypatch.setattr(run, "connected", lambda *_: nullcontext(workers))
    return workers
