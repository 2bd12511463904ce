"""A wait as a person sees it: what is waited for, how long, and what is seen so far."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from sfsip_nb.api.waits import waiting
from sfsip_nb.notebook.waiting import timed
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import places
from sfsip_nb.runs import waiting as clocks
from sfsip_nb.runs.waiting import KIND, Clock, Wait, seldom


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_UNSEEN", 0.01)
    monkeypatch.setattr(clocks, "_TICK", 0.01)


class Outputs:
    """What a cell shows; `told` is set once a text is in it."""

    def __init__(self, sought: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[Any] = []
        self.sought, self.told = sought, threading.Event()
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, made: Any, **_: Any) -> Outputs:
        self.update(made)
        return self

    def update(self, made: Any) -> None:
        self.shown.append(made)
        if self.sought in (made.html if isinstance(made, Shown) else str(made)):
            self.told.set()


@pytest.mark.parametrize("headless", [False, True])
def test_a_wait_tells_what_is_seen_so_far_and_ends_as_a_plain_line(
    monkeypatch: pytest.MonkeyPatch, headless: bool
) -> None:
    outputs = Outputs("&lt;b&gt;", monkeypatch)
    with timed("run.step()", headless), waiting("call +1555 now", 180) as tell:
        tell("Synthflow: <b>nothing</b> yet")
        assert outputs.told.wait(20)
    running = next(made for made in outputs.shown if "&lt;b&gt;" in made.html)
    assert re.search(r"call \+1555 now: \d:\d\d of at most 3:00 · Synthflow", running.text)
    assert "<b>" not in running.html
    assert ("Interrupt" in running.text) is not headless
    assert "took" in outputs.shown[-1].text
    assert "Synthflow" not in outputs.shown[-1].text


def test_a_wait_that_breaks_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = Outputs("run.step()", monkeypatch)

    def cell() -> None:
        with timed("run.step()", False):
            assert outputs.told.wait(20)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell()
    assert "stopped after" in outputs.shown[-1].text


def test_a_replays_kernel_tells_the_replay_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.ATTEMPT, "1")
    monkeypatch.setenv(places.RUN_DIR, "/nowhere")
    outputs = Outputs("attempt 2 of 5", monkeypatch)
    with timed("run.plan()", True), waiting("an answer", 150) as tell:
        tell("attempt 2 of 5")
        assert outputs.told.wait(20)
    told = next(made for made in outputs.shown if "attempt 2 of 5" in str(made))
    assert set(told) == {KIND}
    wait = Wait(**told[KIND])
    assert str(wait).startswith("run.plan(): 0:0")
    assert str(wait).endswith("of at most 2:30 · attempt 2 of 5")
    assert not any(isinstance(made, Shown) for made in outputs.shown)


def test_the_innermost_wait_that_takes_long_is_told() -> None:
    waits: list[Wait] = []
    inner, outer = threading.Event(), threading.Event()

    def show(wait: Wait) -> None:
        waits.append(wait)
        (inner if wait.what == "an answer" else outer).set()

    with Clock("", show), waiting("the call", 60):
        with waiting("an answer", 30):
            assert inner.wait(20)
        outer.clear()
        assert outer.wait(20)
    assert waits[-1].what == "the call"
    with waiting("nobody watches", 1) as tell:
        tell("nothing")


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    now = 100.0
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now)
    show = seldom(lambda wait: told.append(f"{now:g} {wait.what}"))
    for second in range(30):
        now = 100.0 + second
        show(Wait("", second, "one" if second < 12 else "two", since=1.0))
    assert told == ["100 one", "110 one", "113 two", "123 two"]
