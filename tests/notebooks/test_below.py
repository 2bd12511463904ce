"""What is typed below plans and cards, and what becomes of it when the next cell stops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.context import Context
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.notebook import cards, surprises
from sfsip_nb.notebook.below import Below
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present import tables
from sfsip_nb.runs.session import Session

STEPS = [SimpleNamespace(id="one"), SimpleNamespace(id="two")]


class Asked:
    """A workspace and context that note what they are asked to do, unless something stops them."""

    def __init__(self, stops: list[BaseException]) -> None:
        self.stops = stops
        self.done: list[tuple[str, ...]] = []
        self.guide = SimpleNamespace(steps=STEPS)

    def engine(self) -> None:
        pass

    def approve(self, by: str, read: str) -> None:
        self.note("approved", by, read)

    def note(self, *what: str) -> None:
        if self.stops:
            raise self.stops.pop()
        self.done.append(what)


@pytest.fixture
def typed() -> Below:
    return Below()


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(ctx: Any, step: str, by: str, note: str, at: str, files: Any, said: Any) -> None:
        ctx.note("answered", by, step, note, *said)

    monkeypatch.setattr(cards, "answer", answer)


def honor(typed: Below, asked: Asked, until: str = "") -> None:
    typed.honor_approval(cast(Workspace, asked))
    if until:
        typed.honor_answers(cast(Context, asked), until)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("no disk")])
def test_a_name_that_was_not_honored_stands_for_the_next_cell(
    typed: Below, stop: BaseException
) -> None:
    plan, card = typed.plan("p"), typed.card("one")
    plan["by"] = "Ann"
    asked = Asked([stop])
    with pytest.raises(type(stop)):
        honor(typed, asked)
    honor(typed, asked)
    card |= {"by": "Bob", "note": "so", "word": "yes", "other": ""}
    asked.stops = [stop]
    with pytest.raises(type(stop)):
        honor(typed, asked, "one")
    honor(typed, asked, "one")
    honor(typed, asked, "two")
    assert asked.done == [("approved", "Ann", "p"), ("answered", "Bob", "one", "so", "word")]
    assert "by" not in plan | card
    assert card["word"] == "yes"


def test_what_is_refused_is_asked_for_anew(typed: Below) -> None:
    asked = Asked([InputError("plan", "another"), InputError("one", "no file")])
    typed.plan("p")["by"] = typed.card("one")["by"] = "Ann"
    for _ in "ab":
        with pytest.raises(InputError):
            honor(typed, asked, "one")
    honor(typed, asked, "one")
    assert asked.done == []


def test_a_cards_answer_waits_for_its_steps_turn(typed: Below) -> None:
    asked = Asked([])
    typed.card("two")["by"] = "Ann"
    honor(typed, asked, "one")
    assert asked.done == []
    honor(typed, asked, "two")
    assert asked.done == [("answered", "Ann", "two", "")]


def test_code_names_the_plan_that_was_shown_last(typed: Below) -> None:
    asked = Asked([])
    for digest in ("p", "q", "p"):
        typed.plan(digest)
    typed.approve("Ann")
    honor(typed, asked)
    assert asked.done == [("approved", "Ann", "p")]


def test_what_was_said_of_a_surprise_outlasts_an_interrupt() -> None:
    told = {"on": True, "named": False, "choices": ["no sound"]}
    asked: list[str] = []

    def control(method: str, path: str, data: Any = None) -> dict[str, Any]:
        asked.append(method)
        if method == "PUT":
            raise KeyboardInterrupt
        return told

    session = cast(Session, SimpleNamespace(testbed=SimpleNamespace(control=control)))
    typed = {"said": "no sound"}
    with pytest.raises(KeyboardInterrupt):
        surprises.diagnosis(session, [], CausesRow(), tables.notice(""), typed)
    assert asked == ["GET", "PUT"]
    assert typed == {"said": "no sound"}
