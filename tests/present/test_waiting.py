"""A wait as a person sees it: what is waited for, how long, and what is seen so far."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from sfsip_nb.notebook import waiting
from sfsip_nb.present.tables import Shown


def test_a_wait_tells_what_is_seen_so_far_and_ends_as_a_plain_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = threading.Event()
    shown: list[Shown] = []

    class Output:
        def update(self, made: Shown) -> None:
            shown.append(made)
            if "&lt;b&gt;" in made.html:
                told.set()

    def display(made: Shown, **_: Any) -> Output:
        shown.append(made)
        return Output()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(waiting, "_UNSEEN", 0.01)
    monkeypatch.setattr(waiting, "_TICK", 0.01)
    with waiting.Clock("run.step()") as clock, clock.phase("call +1555 now", 180) as tell:
        tell("Synthflow: <b>nothing</b> yet")
        assert told.wait(20)
    running = next(made for made in shown if "&lt;b&gt;" in made.html)
    assert re.search(r"call \+1555 now: \d:\d\d of at most 3:00 · Synthflow", running.text)
    assert "<b>" not in running.html
    assert "took" in shown[-1].text
    assert "Synthflow" not in shown[-1].text
