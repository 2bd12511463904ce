"""A call that a platform places dials and bills: it is asked for once, whatever became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.api import exchanges
from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.exchanges import Exchange
from sfsip_nb.engine import placing
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.placing import RequestedCall
from sfsip_nb.platforms.shared import interrupted

STEP, NUMBER, PAYER = "verify.inbound", "+15551230001", "the assistant Caller"


class Platform:
    """Places calls; ``fails`` is what is met by whoever asks, ``has`` the calls that it has."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.has: dict[str, str] = {}
        self.fails: Callable[[], None] = lambda: None

    def send(self, mark: str) -> str:
        self.asked.append(mark)
        self.fails()
        self.has[mark] = f"call-{len(self.asked)}"
        return self.has[mark]

    def find(self, call: RequestedCall) -> str:
        return self.has.get(call.mark, "")


def answers(status: int) -> Callable[[], None]:
    """The platform's API answers so; with 0 nothing comes."""

    def fail() -> None:
        exchanges.note(Exchange("", "Synthflow", "POST", "/calls", status, 1, writes=True))
        raise ApiError("Synthflow", "POST", "/calls", status, Problem("code", "message"))

    return fail


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def ctx(tmp_path: Path) -> Any:
    rules = SimpleNamespace(
        allowed=True,
        destinations=[NUMBER],
        max=9,
        per_minute=60,
        ai_caller="Caller",
        caller=SimpleNamespace(uri="", account="", transport="udp"),
        caller_number="",
        approved=SimpleNamespace(by="", until=None),
    )
    journal = Journal(tmp_path / "journal.sqlite3")
    attempt = journal.begin("apply", "replay", AttemptFacts())
    parameters = SimpleNamespace(test_calls=rules, by_hand=SimpleNamespace(calls=False))
    surroundings = SimpleNamespace(time_scale=1000)
    yield SimpleNamespace(
        live=False,
        parameters=parameters,
        journal=journal,
        attempt=attempt,
        surroundings=surroundings,
    )
    journal.close()


def placed(ctx: Any, platform: Platform) -> RequestedCall:
    return placing.place(ctx, STEP, NUMBER, PAYER, platform.send, platform.find)


def test_an_attempt_places_a_call_once_and_judges_it_as_often_as_it_likes(
    ctx: Any, platform: Platform
) -> None:
    first = placed(ctx, platform)
    assert (first.fate, first.call_id) == ("placed", "call-1")
    assert placed(ctx, platform) == first
    assert [call.mark for call in ctx.journal.dialled(ctx.attempt)] == platform.asked
    ctx.attempt = ctx.journal.begin("verify", "replay", AttemptFacts())
    assert placed(ctx, platform).call_id == "call-2"


@pytest.mark.parametrize("status", [0, 408, 500, 502])
def test_a_lost_answer_leaves_it_unknown_and_no_second_call_is_placed(
    ctx: Any, platform: Platform, status: int
) -> None:
    platform.fails = answers(status)
    assert placed(ctx, platform).fate == "unknown"
    platform.fails = lambda: None
    assert placed(ctx, platform).fate == "unknown"
    assert len(platform.asked) == 1


def test_a_call_whose_answer_was_lost_is_found_by_its_mark(ctx: Any, platform: Platform) -> None:
    platform.fails = answers(0)
    assert placed(ctx, platform).fate == "unknown"
    platform.has[platform.asked[0]] = "late"
    found = placed(ctx, platform)
    assert (found.fate, found.call_id) == ("placed", "late")
    assert len(platform.asked) == 1


def test_a_run_that_was_killed_meanwhile_places_no_second_call(
    ctx: Any, platform: Platform
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    platform.fails = killed
    with pytest.raises(KeyboardInterrupt):
        placed(ctx, platform)
    platform.fails = lambda: None
    assert placed(ctx, platform).fate == "unknown"
    assert len(platform.asked) == 1


def test_a_refused_call_was_not_placed_and_may_be_asked_for_again(
    ctx: Any, platform: Platform
) -> None:
    platform.fails = answers(400)
    assert placed(ctx, platform).fate == "refused"
    platform.fails = lambda: None
    assert placed(ctx, platform).fate == "placed"
    assert len(platform.asked) == 2


def test_where_a_person_answers_for_calls_none_is_asked_for_before_their_yes(
    ctx: Any, platform: Platform
) -> None:
    ctx.parameters.by_hand.calls = True
    with pytest.raises(NotAllowed, match=r"Nobody has approved this attempt's test calls"):
        placed(ctx, platform)
    assert platform.asked == []
    ctx.parameters.test_calls.approved = SimpleNamespace(by="Ann", until=date.max)
    assert placed(ctx, platform).fate == "placed"
    [call] = ctx.journal.dialled(ctx.attempt)
    assert (call.account, call.approved_by) == (PAYER, f"Ann, until {date.max}")


def test_what_a_platform_was_asked_for_is_no_call_that_was_cut_short_here(
    ctx: Any, platform: Platform
) -> None:
    placed(ctx, platform)
    assert [row.mark for row in ctx.journal.unfinished(STEP)] == platform.asked
    assert interrupted.left(ctx, STEP, NUMBER) == []


def test_nothing_is_asked_for_that_may_not_be_dialed(ctx: Any, platform: Platform) -> None:
    ctx.parameters.test_calls.allowed = False
    with pytest.raises(NotAllowed, match=r"test_calls\.allowed"):
        placed(ctx, platform)
    assert platform.asked == []
