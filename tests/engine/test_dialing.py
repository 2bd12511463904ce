"""Two notebooks of one attempt place calls at the same time: count and rate hold for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.engine import dialing, journal, placing
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.placing import RequestedCall

STEP, NUMBER = "verify.inbound", "+15551230001"


class Notebooks:
    """Contexts of one attempt that has placed a call, in which one more call a minute may be
    placed. ``slept`` has the seconds of each wait, which ends at once; ``meanwhile`` is done in the
    next one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        self.rules = SimpleNamespace(
            allowed=True,
            destinations=[NUMBER],
            max=9,
            per_minute=1,
            approved=SimpleNamespace(by="", until=None),
        )
        self.slept: list[float] = []
        self.meanwhile: list[Callable[[], Any]] = []
        monkeypatch.setattr(dialing.time, "sleep", self._sleep)
        self.first, self.second = self._another(), self._another()
        self.first.journal.begin("verify", "interactive", AttemptFacts())
        self.permit(self.first)

    def _another(self) -> Any:
        opened = self._opened.enter_context(closing(Journal(self._folder / "journal.sqlite3")))
        parameters = SimpleNamespace(test_calls=self.rules, by_hand=SimpleNamespace(calls=False))
        return SimpleNamespace(
            live=False,
            parameters=parameters,
            journal=opened,
            attempt=1,
            surroundings=SimpleNamespace(time_scale=1),
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        while self.meanwhile:
            self.meanwhile.pop()()

    def permit(self, ctx: Any) -> str:
        return dialing.permit(ctx, STEP, NUMBER)

    @property
    def dialled(self) -> list[str]:
        return [call.mark for call in self.first.journal.dialled(1)]


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebooks]:
    with ExitStack() as opened:
        yield Notebooks(tmp_path, monkeypatch, opened)


def test_the_last_allowed_call_is_placed_by_one_of_them(notebooks: Notebooks) -> None:
    notebooks.rules.max = 2
    notebooks.meanwhile = [lambda: notebooks.permit(notebooks.second)]
    with pytest.raises(dialing.NotAllowed, match=r"has placed its 2 test calls"):
        notebooks.permit(notebooks.first)
    assert len(notebooks.dialled) == 2


def test_each_waits_for_the_others_call_too(notebooks: Notebooks) -> None:
    notebooks.meanwhile = [lambda: notebooks.permit(notebooks.second)]
    notebooks.permit(notebooks.first)
    assert len(notebooks.dialled) == 3
    assert len(notebooks.slept) == 3, "the first one once more"
    assert notebooks.slept[2] > 30


def test_a_yes_that_is_withdrawn_during_the_wait_holds_no_more(notebooks: Notebooks) -> None:
    notebooks.first.live = True
    approved = notebooks.rules.approved = SimpleNamespace(by="Ann", until=date.max)
    notebooks.meanwhile = [lambda: vars(approved).update(until=None)]
    with pytest.raises(dialing.NotAllowed, match=r"Nobody has approved"):
        notebooks.permit(notebooks.first)
    assert len(notebooks.dialled) == 1


def test_a_clock_that_was_set_back_holds_up_a_call_for_a_minute(
    notebooks: Notebooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "now", ahead.isoformat)
        notebooks.permit(notebooks.first)
    notebooks.slept.clear()
    notebooks.permit(notebooks.first)
    assert notebooks.slept == [60]


def test_a_call_that_both_ask_a_platform_for_is_placed_once(notebooks: Notebooks) -> None:
    asked: list[str] = []

    def send(mark: str) -> str:
        asked.append(mark)
        return "call"

    def place(ctx: Any) -> RequestedCall:
        return placing.place(ctx, STEP, NUMBER, "an assistant", send, lambda call: "")

    notebooks.meanwhile = [lambda: place(notebooks.second)]
    made = place(notebooks.first)
    assert (made.mark, made.fate) == (asked[0], "placed")
    assert notebooks.dialled[1:] == asked
