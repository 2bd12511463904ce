"""What two notebooks of a run keep under one name at the same time stands in its journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import baseline, difference, placing, spelling
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.joining import CallMatch
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Desired, Seen
from sfsip_nb.engine.placing import RequestedCall
from sfsip_nb.engine.verdicts import Vantage
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.platforms.shared import checks, watch
from sfsip_nb.platforms.shared.join import Sides
from tests.engine.world import engine, run_all


@pytest.fixture
def both(tmp_path: Path) -> tuple[Context, Context]:
    """Two notebooks of one run; neither waits for the other's write."""
    found = (engine(tmp_path).ctx, engine(tmp_path).ctx)
    for ctx in found:
        ctx.journal.database._connection.execute("PRAGMA busy_timeout = 0")
    return found


def at_once(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context], act: Callable[[Context], Any]
) -> None:
    """The second acts as soon as it may, once the first has read a value."""
    first, second = both
    get, waits = Journal.get, [second]

    def read(journal: Journal, *args: Any) -> Any:
        value = get(journal, *args)
        if journal is first.journal and waits:
            waits.clear()
            try:
                act(second)
            except SfsipError:  # it is locked
                waits.append(second)
        return value

    monkeypatch.setattr(Journal, "get", read)
    act(first)
    for ctx in waits:
        act(ctx)


def number_of(ctx: Context, both: tuple[Context, Context]) -> str:
    return f"+1555123000{both.index(ctx)}"


def test_requests_are_counted(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]
) -> None:
    at_once(monkeypatch, both, lambda ctx: ctx.journal.count_requests(1, {"Synthflow": 1}))
    assert both[0].journal.requests(1) == {"Synthflow": 2}


def test_spellings_are_kept(monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]) -> None:
    def act(ctx: Context) -> None:
        spelling.keep(ctx.journal, number_of(ctx, both), "typed", "Spelled")

    at_once(monkeypatch, both, act)
    typed = {number_of(ctx, both): "typed" for ctx in both}
    assert spelling.corrected(typed, both[0].journal) == dict.fromkeys(typed, "Spelled")


def test_calls_that_a_platform_placed_are_kept(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]
) -> None:
    def act(ctx: Context) -> None:
        call = RequestedCall(1, "verify.inbound", "", number_of(ctx, both), "2026-11-30T08:00:00Z")
        placing._keep(ctx, call)

    at_once(monkeypatch, both, act)
    assert placing.marks(both[0]) == {number_of(ctx, both) for ctx in both}


def test_assistants_ids_are_kept(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]
) -> None:
    kept = {id(ctx): checks._KeptIds(ctx.journal, "us", "w1") for ctx in both}

    def act(ctx: Context) -> None:
        kept[id(ctx)][number_of(ctx, both)] = "model"

    at_once(monkeypatch, both, act)
    assert checks._KeptIds(both[0].journal, "us", "w1") == {
        number_of(ctx, both): "model" for ctx in both
    }


def test_what_was_there_before_the_first_write_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, both: tuple[Context, Context]
) -> None:
    run_all(engine(tmp_path))

    def act(ctx: Context) -> None:
        baseline.keep(ctx, {f"toy.thing:{number_of(ctx, both)}": Seen("id", {})})

    at_once(monkeypatch, both, act)
    assert all(baseline.was_there(both[0], "toy.thing", number_of(ctx, both)) for ctx in both)


def test_fingerprints_have_one_salt(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]
) -> None:
    want = Desired("toy.thing", "b", {"secret": both[0].secrets["sip.password"]}, "It is wanted.")
    made = list[dict[str, str]]()
    at_once(
        monkeypatch, both, lambda ctx: made.append(difference.fingerprints(ctx, want, seen=None))
    )
    assert made[0] == made[1]


def test_what_was_judged_and_joined_while_calls_were_watched_for_is_kept(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Context, Context]
) -> None:
    """Each of them watches for minutes: the second one's call comes during the first one's."""
    waits, at = [both[1]], datetime(2026, 11, 30, tzinfo=UTC)

    def find(ctx: Context) -> Sides:
        platform = watch.WatchedPlatform("Genesys Cloud", lambda since, until: [])
        step = number_of(ctx, both)
        return watch.find(ctx, platform, watch.Sought(step, step, step, at))

    def watched(ctx: Context, *args: Any) -> Callable[..., CallMatch]:
        def match(*args: Any) -> CallMatch:
            if waits:
                find(waits.pop())
            name = number_of(ctx, both)
            seen = SeenCall(Vantage.PLATFORM, name, at, "", "")
            return CallMatch(seen, seen, by=f"X-{name}")

        return match

    monkeypatch.setattr(watch, "_watch", watched)
    monkeypatch.setattr(watch, "synthflow_calls", lambda *args: None)
    find(both[0])
    names = [number_of(ctx, both) for ctx in both]
    assert both[0].journal.get(watch.JUDGED) == {name: [name] for name in names}
    assert both[0].journal.get(watch._JOINED_BY) == [f"x-{name}" for name in names]


def test_a_change_is_kept_whole_or_not_at_all(both: tuple[Context, Context]) -> None:
    first, second = (ctx.journal for ctx in both)

    def fails(kept: list[int]) -> list[int]:
        first.put("other", kept)
        raise ZeroDivisionError

    assert first.change("kept", lambda kept: [*kept, 1], []) == [1]
    with pytest.raises(ZeroDivisionError):
        first.change("kept", fails)
    assert second.change("kept", lambda kept: [*kept, 2]) == [1, 2]
    assert second.get("other") is None
