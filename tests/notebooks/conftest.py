"""Fixtures of the notebooks' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_seal_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Testbeds that these tests start keep their keys out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
