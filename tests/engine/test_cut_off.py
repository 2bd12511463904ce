"""A step that was begun and cut off stands for nothing; what it left is told, and put right."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import evidence, export, leftover
from sfsip_nb.engine.apply import put_right
from sfsip_nb.engine.broken import InternalError
from sfsip_nb.engine.changes import Change, Changes
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.held import is_held
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Fields, Refused, Seen, Stranded
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rollback import rollback
from sfsip_nb.engine.verdicts import STRANDED, exit_code
from tests.engine.test_killed import in_a_child
from tests.engine.world import STEPS, Platform, Things, engine

_RISK = "The number may ring nowhere until it is back on a call route."
_ADOPTED = {"adopt": ["toy.thing:a"]}
FACTS = AttemptFacts(customer="c", run="r")
ONE = STEPS[:1]

forks = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # The idle threads that earlier tests left behind are of no use to the child.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


def record(made: Engine, attempt: int = 0) -> Record:
    """What the run's journal says of an attempt now."""
    ctx = made.ctx
    with closing(Journal(ctx.run_dir / "journal.sqlite3")) as journal:
        return export.record(journal, attempt or journal.attempts()[-1].id, ctx.guide)


def set_by_hand(run_dir: Path, colour: str) -> None:
    """Somebody changes the object."""
    platform = Platform(run_dir / "platform.json")
    objects = platform.load()
    thing = objects.get("a", {"id": "a-9", "fields": {}, "marker": ""})
    platform.save(objects | {"a": thing | {"fields": {"colour": colour}}})


def die(*given: Any) -> None:
    os._exit(9)


def cut_off(run_dir: Path, monkeypatch: pytest.MonkeyPatch, method: str, again: bool) -> None:
    """A process that ends in the middle of a request; before, the step has passed if `again`."""

    def work() -> None:
        made = engine(run_dir, steps=STEPS[:2])
        if again:
            assert made.run("one").verdict == "pass"
            set_by_hand(run_dir, "green")
            made.plan(fresh=True)
        monkeypatch.setattr(Things, method, die)
        made.run("one")

    assert os.waitstatus_to_exitcode(in_a_child(work)) == 9


class TestKilled:
    pytestmark = forks

    @pytest.mark.parametrize(("method", "again"), [("create", False), ("update", True)])
    @pytest.mark.parametrize("closed", [False, True])
    def test_what_it_was_before_is_not_told_as_true_now(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        method: str,
        again: bool,
        closed: bool,
    ) -> None:
        cut_off(tmp_path, monkeypatch, method, again)
        later = engine(tmp_path, steps=STEPS[:2])
        if closed:
            later.ctx.journal.end(1)
        told = record(later, attempt=1)
        [one] = told.steps
        assert (one.verdict, one.checks, one.ended) == ("inconclusive", [], None)
        assert "cut off" in one.reason
        assert "Run it again" in one.reason
        assert told.verdict == "inconclusive"
        assert exit_code([told.verdict]) == 3
        [alert] = told.alerts
        assert alert.startswith(f"Whether the {method} of toy.thing “a” was carried out is unknown")
        assert later.ctx.journal.last_judged() == 1
        assert later.run("two").reason == "First: one (inconclusive)."

    @pytest.mark.parametrize(("method", "again"), [("create", False), ("update", True)])
    def test_run_again_it_passes_and_nothing_is_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, again: bool
    ) -> None:
        cut_off(tmp_path, monkeypatch, method, again)
        later = engine(tmp_path, steps=STEPS[:2])
        assert later.run("one").verdict == "pass"
        assert later.run("two").verdict == "pass"
        told = record(later)
        assert (told.verdict, told.alerts) == ("pass", [])
        assert record(later, attempt=1).alerts == []

    def test_another_process_tells_one_that_runs_from_one_that_was_killed(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "journal.sqlite3"
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            journal = Journal(path)
            journal.step_begins(journal.begin("verify", "interactive", FACTS), "one")
            os.write(writing, b"!")
            signal.pause()
        os.read(reading, 1)
        with closing(Journal(path)) as journal:
            assert (journal.steps(), journal.running) == ({}, {"one"})
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            assert (journal.verdict("one"), journal.running) == ("inconclusive", set())
        os.close(reading)
        os.close(writing)

    def test_killed_between_two_halves_it_is_told_until_one_follows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_two_halves(monkeypatch, lambda: die())
        set_by_hand(tmp_path, "old route")
        status = in_a_child(lambda: engine(tmp_path, steps=ONE, **_ADOPTED).run("one"))
        assert os.waitstatus_to_exitcode(status) == 9
        later = engine(tmp_path, steps=ONE, **_ADOPTED)
        half = f"toy.thing “a” was left half changed. {_RISK} Put it back by hand at once (colour:"
        assert any(alert.startswith(f"{half} old route)") for alert in record(later).alerts)
        monkeypatch.undo()
        assert later.run("one").verdict == "pass"
        assert record(later).alerts == []


def test_one_that_runs_now_is_what_it_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine(tmp_path, steps=ONE)
    made.run("one")
    set_by_hand(tmp_path, "green")
    made.plan(fresh=True)
    seen: list[Record] = []
    update = Things.update

    def look(self: Things, key: str, found: Seen, fields: Fields) -> None:
        seen.append(record(made))
        seen.append(export.record(made.ctx.journal, 1, made.ctx.guide))
        update(self, key, found, fields)

    monkeypatch.setattr(Things, "update", look)
    assert made.run("one").verdict == "pass"
    assert [(told.verdict, told.alerts) for told in seen] == [("pass", [])] * 2


def test_a_first_step_that_runs_now_has_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine(tmp_path, steps=ONE)
    seen: list[Any] = []
    create = Things.create

    def look(self: Things, key: str, fields: Fields, marker: str) -> str:
        seen.extend([record(made).steps, made.ctx.journal.last_judged()])
        return create(self, key, fields, marker)

    monkeypatch.setattr(Things, "create", look)
    made.run("one")
    assert seen == [[], None]


@pytest.mark.parametrize("broken", [KeyboardInterrupt, RuntimeError])
def test_what_breaks_off_while_the_evidence_is_kept_leaves_no_old_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: type[BaseException]
) -> None:
    made = engine(tmp_path, steps=ONE)
    assert made.run("one").verdict == "pass"

    def breaks(*given: Any) -> Any:
        raise broken

    monkeypatch.setattr(evidence, "resting", breaks)
    with pytest.raises((broken, InternalError)):
        made.run("one")
    assert made.ctx.journal.verdict("one") == "inconclusive"


def test_an_interrupt_while_the_evidence_is_kept_loses_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = engine(tmp_path, steps=ONE)
    made.run("one")
    set_by_hand(tmp_path, "green")

    def interrupted(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(evidence, "resting", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.run("one")
    assert made.ctx.journal.verdict("one") == "fail"


# -- an interrupt between two halves -----------------------------------------------------------


def in_two_halves(
    monkeypatch: pytest.MonkeyPatch,
    second: Callable[[], object],
    back: Callable[[], object] = lambda: None,
) -> None:
    """The object changes by two requests; at the second one, and at going back, this happens."""
    update = Things.update

    def sent(self: Things, key: str, seen: Seen, fields: Fields) -> None:
        if fields["colour"] == "red":
            second()
        elif fields["colour"]:
            back()
        update(self, key, seen, fields)

    monkeypatch.setattr(Things, "update", sent)
    monkeypatch.setattr(Things, "at_risk", _RISK)
    monkeypatch.setattr(Things, "stages", lambda self, seen, fields: [{"colour": ""}, fields])


def raising(*errors: BaseException) -> Callable[[], object]:
    """Raises them in turn, then nothing."""
    left = list(errors)

    def raises() -> None:
        if left:
            raise left.pop(0)

    return raises


def colour(run_dir: Path) -> str:
    return str(Platform(run_dir / "platform.json").load()["a"]["fields"]["colour"])


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked for is there at once, or not at all."""
    monkeypatch.setattr("sfsip_nb.engine.effects.PATIENCE", 0.0)


@pytest.mark.usefixtures("patient")
def test_an_interrupt_between_two_halves_puts_the_first_one_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_two_halves(monkeypatch, raising(KeyboardInterrupt()))
    set_by_hand(tmp_path, "old route")
    made = engine(tmp_path, steps=ONE, **_ADOPTED)
    with pytest.raises(KeyboardInterrupt) as stopped:
        made.run("one")
    assert stopped.value.__cause__ is None
    assert colour(tmp_path) == "old route"
    assert record(made).alerts == []
    assert [step.verdict for step in record(made).steps] == ["inconclusive"]


@pytest.mark.usefixtures("patient")
def test_an_interrupted_half_that_was_carried_out_is_not_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_two_halves(monkeypatch, lambda: None)
    update = Things.update

    def lost(self: Things, key: str, seen: Seen, fields: Fields) -> None:
        update(self, key, seen, fields)
        if fields["colour"] == "red":
            raise KeyboardInterrupt

    monkeypatch.setattr(Things, "update", lost)
    set_by_hand(tmp_path, "old route")
    made = engine(tmp_path, steps=ONE, **_ADOPTED)
    with pytest.raises(KeyboardInterrupt):
        made.run("one")
    assert colour(tmp_path) == "red"
    assert record(made).alerts == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("first", [KeyboardInterrupt, Refused])
@pytest.mark.parametrize("second", [KeyboardInterrupt, Refused])
def test_what_cannot_be_put_right_either_is_told_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: type[BaseException],
    second: type[BaseException],
) -> None:
    in_two_halves(monkeypatch, raising(first("no")), raising(second("nor back")))
    set_by_hand(tmp_path, "old route")
    made = engine(tmp_path, steps=ONE, **_ADOPTED)
    if KeyboardInterrupt in {first, second}:
        with pytest.raises(KeyboardInterrupt) as stopped:
            made.run("one")
        assert isinstance(stopped.value.__cause__, Stranded)
    else:
        made.run("one")
    assert colour(tmp_path) == ""
    told = record(made)
    assert told.verdict == "fail"
    [check] = [check for step in told.steps for check in step.checks]
    assert check.id == f"one{STRANDED}"
    assert _RISK in check.seen
    assert "colour: old route" in check.reason
    assert told.alerts[0] == f"{check.seen} {check.reason}"
    monkeypatch.undo()
    assert engine(tmp_path, steps=ONE, **_ADOPTED).run("one").verdict == "pass"
    assert record(made).alerts == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("again", [False, True])
def test_an_interrupt_between_two_halves_of_a_rollback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    stop = raising()
    in_two_halves(monkeypatch, lambda: stop(), lambda: back())
    back = raising()
    set_by_hand(tmp_path, "old route")
    made = engine(tmp_path, steps=ONE, **_ADOPTED)
    assert made.run("one").verdict == "pass"
    back = raising(KeyboardInterrupt())  # as it goes back to the old route
    stop = raising(*([KeyboardInterrupt()] if again else []))  # and then to the new one
    undoing = engine(tmp_path, steps=ONE)
    with pytest.raises(KeyboardInterrupt) as stopped:
        rollback(undoing.ctx)
    assert isinstance(stopped.value.__cause__, Stranded) is again
    assert colour(tmp_path) == ("" if again else "red")
    alerts = [alert for alert in record(undoing).alerts if _RISK in alert]
    assert bool(alerts) is again
    assert rollback(engine(tmp_path, steps=ONE).ctx).ok
    assert colour(tmp_path) == "old route"
    assert record(undoing).alerts == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("mode", ["plan", "verify"])
@pytest.mark.parametrize(("by_hand", "verdict"), [("old route", "fail"), ("red", "pass")])
def test_what_a_person_has_made_whole_is_told_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, by_hand: str, verdict: str
) -> None:
    in_two_halves(monkeypatch, raising(Refused("no")), raising(Refused("nor back")))
    set_by_hand(tmp_path, "old route")
    engine(tmp_path, steps=ONE, **_ADOPTED).run("one")
    assert colour(tmp_path) == ""
    set_by_hand(tmp_path, by_hand)
    later = engine(tmp_path, mode, steps=ONE, **_ADOPTED)
    seen = later.run("one").verdict
    assert record(later).alerts == []
    if mode == "verify":
        assert seen == verdict


def test_a_rollback_at_work_has_left_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_by_hand(tmp_path, "old route")
    assert engine(tmp_path, steps=ONE, **_ADOPTED).run("one").verdict == "pass"
    update, looks = Things.update, list[list[str]]()

    def sent(self: Things, key: str, seen: Seen, fields: Fields) -> None:
        with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
            looks.append([left.what for left in leftover.left(journal)])
        update(self, key, seen, fields)

    monkeypatch.setattr(Things, "update", sent)
    ctx = engine(tmp_path, steps=ONE).ctx
    ctx.attempt = ctx.journal.begin("rollback", "rollback", FACTS)
    assert rollback(ctx).ok
    assert looks == [[]]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("first", [KeyboardInterrupt, Refused])
def test_a_later_interrupt_goes_on_and_names_no_object_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: type[KeyboardInterrupt | Refused]
) -> None:
    made = engine(tmp_path, steps=ONE)
    made.run("one")
    [change] = made.ctx.journal.changes.all()
    half, again = Changes.half, raising(KeyboardInterrupt())

    def interrupted(self: Changes, kind: str, key: str) -> Change | None:
        again()
        return half(self, kind, key)

    monkeypatch.setattr(Changes, "half", interrupted)
    stop = put_right(made.ctx, change, first("no"))
    assert isinstance(stop, KeyboardInterrupt)
    assert stop.__cause__ is None


def test_a_file_that_goes_while_it_is_looked_for_is_held_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "exists", lambda path, **_: True)
    assert not is_held(tmp_path / "gone")
