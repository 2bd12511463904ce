"""Both sides are watched while somebody calls: what is waited for, how long, and what is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from sfsip_nb.api.waits import Tell
from sfsip_nb.engine.calls import SeenCall, fitting
from sfsip_nb.engine.joining import Wanted
from sfsip_nb.engine.verdicts import Vantage
from sfsip_nb.engine.watch import Stage, Watch

EIGHT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
DIAL, CALL, RECORD = Stage("dial now", 180), Stage("until it is over", 600), Stage("its record", 90)

Script = dict[float, list[SeenCall]]
"""What a side has from a second on."""

Pair = tuple[SeenCall | None, SeenCall | None]


def call(id: str, at: float = 0, over: bool = True) -> SeenCall:
    started = EIGHT + timedelta(seconds=at)
    return SeenCall(Vantage.PLATFORM, id, started, "tel:+15550100123", "+15551230001", over=over)


@dataclass
class Play:
    """A watch on a clock of its own, and what a person was told."""

    now: float = 0.0
    unseen: bool = False
    told: list[str] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def phase(self, what: str, seconds: float) -> Iterator[Tell]:
        self.told.append(f"{what}, at most {seconds:g} s")
        yield self.told.append

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def watch(self, platform: Script, synthflow: Script) -> Pair:
        names = ("Genesys Cloud", "Synthflow")
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        stages, how = (DIAL, CALL, RECORD), (self.phase, clock, self.sleep)
        made = Watch(names, *stages, 2.0, 2.0, *how, unseen=self.unseen)
        seen = made(lambda: self._noted(platform), lambda: self._of(synthflow), Wanted())
        return seen.there, seen.here

    def _noted(self, platform: Script) -> list[SeenCall]:
        self.asked.append(self.now)
        return self._of(platform)

    def _of(self, script: Script) -> list[SeenCall]:
        return script[max(since for since in script if since <= self.now)]

    @property
    def stages(self) -> list[str]:
        return [line.partition(",")[0] for line in self.told if "at most" in line]


@pytest.fixture
def play() -> Play:
    return Play()


def test_a_call_that_both_sides_have_whole_ends_the_watch(play: Play) -> None:
    there, here = call("g"), call("s", 1)
    assert play.watch({0: [], 40: [there]}, {0: [], 50: [here]}) == (there, here)
    assert play.now == pytest.approx(50, abs=2)


def test_a_call_in_progress_is_waited_for_and_its_late_record_too(play: Play) -> None:
    there, here = call("g", 30), call("s", 31)
    on = call("s", 31, over=False)
    # It lasts longer than there was time to dial.
    assert play.watch({0: [], 260: [there]}, {0: [], 32: [on], 200: [here]}) == (there, here)
    assert play.stages == ["dial now", "until it is over", "its record"]
    assert play.now == pytest.approx(260, abs=2)


def test_where_nobody_sees_it_the_platform_is_not_asked_while_the_call_goes_on(play: Play) -> None:
    there, here, on = call("g", 10), call("s", 11), call("s", 11, over=False)
    play.unseen = True
    assert play.watch({0: [], 40: [there]}, {0: [], 12: [on], 60: [here]}) == (there, here)
    assert [at for at in play.asked if 12 <= at < 60] == []
    assert {at for at in play.asked if at >= 60} == {60}


def test_a_call_of_which_synthflow_never_sees_the_end_is_asked_for_at_the_end(play: Play) -> None:
    there, on = call("g", 10), call("s", 11, over=False)
    play.unseen = True
    assert play.watch({0: [], 40: [there]}, {0: [], 12: [on]}) == (there, on)


def test_where_nobody_calls_the_watch_ends_in_its_time(play: Play) -> None:
    assert play.watch({0: []}, {0: []}) == (None, None)
    assert play.now == DIAL.seconds
    assert play.stages == ["dial now"]


def test_a_record_that_stays_away_is_waited_for_from_the_end_of_the_call(play: Play) -> None:
    here = call("s", 100)
    assert play.watch({0: []}, {0: [], 100: [call("s", 100, over=False)], 170: [here]}) == (
        None,
        here,
    )
    assert play.now == pytest.approx(170 + RECORD.seconds, abs=2)


def test_an_earlier_call_leaves_the_whole_time_to_dial(play: Play) -> None:
    stray = call("stray", -300)
    there, here = call("g", 170), call("s", 171)
    seen = play.watch({0: [], 176: [there]}, {0: [stray], 174: [here, stray]})
    assert seen == (there, here)


def test_two_calls_far_apart_are_not_taken_for_one(play: Play) -> None:
    there, here = call("g", -300), call("s", 10)
    assert play.watch({0: [there]}, {0: [], 12: [here]}) == (there, here)
    assert play.now >= DIAL.seconds, "the other record of each may still come"


def test_of_several_calls_the_one_of_the_same_time_is_taken(play: Play) -> None:
    there, here, later = call("g"), call("s", 1), call("somebody else's", 90)
    assert play.watch({0: [there]}, {0: [later, here]}) == (there, here)


@pytest.mark.parametrize(
    "synthflow",
    [
        {0.0: [call("s", over=False)]},
        {float(at): [call(f"s{at}", at, over=at % 60 == 0)] for at in range(0, 3000, 30)},
    ],
    ids=["never over", "one after the other"],
)
def test_the_watch_ends_whatever_the_number_does(play: Play, synthflow: Script) -> None:
    there, here = play.watch({0: []}, synthflow)
    assert there is None
    assert here is not None
    assert play.now <= DIAL.seconds + CALL.seconds + RECORD.seconds


def test_what_each_side_has_so_far_is_told(play: Play) -> None:
    on, over = call("s", 131, over=False), call("s", 131)
    hidden = SeenCall(Vantage.PLATFORM, "g", EIGHT + timedelta(seconds=131), "<b>", "+15551230001")
    play.watch({0: [], 140: [hidden]}, {0: [], 132: [on], 150: [over]})
    assert play.told[:2] == [
        "dial now, at most 180 s",
        "Genesys Cloud: nothing yet · Synthflow: nothing yet",
    ]
    going = "Synthflow: a call from +15550100123 since 08:02:11 UTC, in progress"
    assert f"Genesys Cloud: nothing yet · {going}" in play.told
    unknown = "Genesys Cloud: a call from an unknown number since 08:02:11 UTC, over"
    assert f"{unknown} · {going}" in play.told


def test_an_interrupt_ends_the_watch_at_once(play: Play) -> None:
    def interrupted() -> list[SeenCall]:
        raise KeyboardInterrupt

    watch = Watch(("a", "b"), DIAL, CALL, RECORD, 2.0, 2.0, play.phase, lambda: 0.0, play.sleep)
    with pytest.raises(KeyboardInterrupt):
        watch(list, interrupted, Wanted())


def test_a_call_fits_by_its_number_and_its_time_and_once_judged_no_more() -> None:
    seen = [call("old", -60), call("early", -10), call("first", 5), call("last", 90)]

    def fit(called: str, *judged: str) -> list[str]:
        found = fitting(lambda since, until: seen, called, EIGHT, None, judged)
        return [one.id for one in found]

    assert fit("+15551230001") == ["last", "first", "early"]
    assert fit("sip:+15551230001@carrier.example") == ["last", "first", "early"]
    assert fit("+15551230001", "last") == ["first", "early"]
    assert fit("+15551230002") == []


def test_a_side_is_not_asked_about_the_future() -> None:
    asked: list[datetime] = []

    def source(since: datetime, until: datetime) -> list[SeenCall]:
        asked.append(until)
        return []

    now = datetime.now(UTC)
    fitting(source, "+15551230001", now, now + timedelta(hours=1))
    fitting(source, "+15551230001", EIGHT, EIGHT + timedelta(hours=1))
    assert asked[0] < now + timedelta(minutes=5)
    assert asked[1] < EIGHT + timedelta(minutes=65) < now
