"""Waiting for something to come: asked at least once, and no longer than there is patience."""

import pytest

from sfsip_nb.engine.clock import until


@pytest.mark.filterwarnings("error")
def test_without_patience_it_is_asked_once() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    assert until(ask, lambda seen: seen > 5, 0.0, "what never comes") == 1
    assert until(ask, lambda seen: seen > 3, 5.0, "what comes soon") == 4
