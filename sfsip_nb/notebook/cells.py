"""A notebook on its run: what its calls share, and how each is timed, stamped and stopped."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sfsip_nb.engine import people
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.model import Card, Guide, Step
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import did_you_mean
from sfsip_nb.notebook import forms
from sfsip_nb.notebook.errors import stopping
from sfsip_nb.notebook.workspace import Desk
from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown, Stamp
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.status import stand
from sfsip_nb.sip.shown import counted

_KERNEL = f"{os.getpid()}-{time.time_ns() // 10**6}"
"""Tells this kernel's outputs from those of an earlier one."""


class Notebook:
    """What the calls of one notebook share: its desk, and what a person typed below its outputs."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.name = name
        self.approval: dict[str, str] = {}
        self.answers: dict[str, dict[str, str]] = {}

    @property
    def session(self) -> sessions.Session:
        """The session on the inputs as they stand. Raises ``InputError`` while one is wrong."""
        return self.desk.session

    @property
    def guide(self) -> Guide:
        """The guide, whatever the inputs are."""
        return sessions.GUIDES[self.desk.draft.guide]

    def head(self) -> Shown:
        """Where a person is: the run, its sections, and what is needed next."""
        draft = self.desk.draft
        known = {"guide": draft.guide} | {n: draft.value(n) for n in ("customer", "target")}
        found = stand(self.desk.folder, known, self.name)
        assert found is not None  # its guide is known
        if not self.desk.headless and (problems := draft.problems()):
            inputs = counted(len(problems), "input")
            found["needed"] = f"Fill in or correct {inputs} in the form below."
        made = tables.head(found)
        made.stamp = stamp(self.desk, self.name)
        return made

    def engine(self) -> Engine:
        """The engine, once the names that a person typed have been honoured."""
        if by := self.approval.pop("by", ""):
            self.desk.engine.approve(by)
            if not self.desk.headless:
                self.desk.draft.note("mode", "apply")
                self.desk.keep()
        for step_id, said in self.answers.items():
            if by := said.pop("by", ""):
                values = {name: value for name, value in said.items() if value}
                note = values.pop("note", "")
                self.answer(step_id, by, note, "", (), values)
        return self.desk.engine

    def answer(
        self,
        step_id: str,
        by: str,
        note: str,
        at: str,
        files: Sequence[str],
        values: Mapping[str, str],
    ) -> None:
        """Keep what a person did. Raises ``InputError`` where it is no answer."""
        paths = [Path(name) for name in files]
        try:
            people.answer(
                self.desk.engine.ctx, self.asked(step_id), by, at, note, values, files=paths
            )
        except (ValueError, OSError) as error:
            raise InputError(step_id, f"{step_id} was not answered: {error}") from None

    def known(self, step_id: str) -> Step:
        """A step of the guide."""
        try:
            return self.guide.step(step_id)
        except KeyError:
            known = [step.id for step in self.guide.steps]
            hint = did_you_mean(step_id, known)
            raise InputError(step_id, f"There is no step {step_id!r}.{hint}") from None

    def asked(self, step_id: str) -> Card:
        """The card of a step that a person does."""
        step, ctx = self.known(step_id), self.desk.engine.ctx
        card = step.card(ctx) if step.card else None
        if card is None:
            raise InputError(step_id, f"{step_id} is not a manual step.")
        return card

    def asking(self, card: Card, anew: bool) -> list[tuple[str, str, str]]:
        """The fields below a card: what only the person can see, a note, and a name."""
        hint = "your name, when it is done; then run this cell again"
        if card.system == "phone":  # the cell watches while one dials
            hint = "your name; then run this cell again and dial"
        return [
            *((ask.name, ask.label, "") for ask in card.asks),
            ("note", "Note", "optional"),
            ("by", "Redone by" if anew else "Done by", hint),
        ]

    def card(self, card: Card) -> dict[str, Any]:
        """A card with its answer, as it is shown."""
        answered = people.current_answer(self.session.engine.ctx, card)
        data = people.as_dict(card)
        if answered:
            data |= {
                "answered_by": answered["done_by"],
                "answered_at": answered["done_at"],
                "note": answered["note"],
            }
        return data


N = TypeVar("N", bound=Notebook)
P = ParamSpec("P")
Output = Shown | forms.Form | forms.Intent
S = TypeVar("S", bound=Output)


def told(method: Callable[Concatenate[N, P], S]) -> Callable[Concatenate[N, P], S]:
    """A method that a cell calls. What it returns is shown, with a stamp.

    Raises nothing but `SfsipError`, which a card has told by then.
    """

    @wraps(method)
    def called(notebook: N, /, *args: P.args, **named: P.kwargs) -> S:
        desk = notebook.desk
        what = f"run.{method.__name__}({', '.join(map(repr, args))})".replace("'", '"')
        with stopping(desk.folder, desk.redactor, what), _letting_go(desk), _timed(desk, what):
            made = method(notebook, *args, **named)
            made.stamp = stamp(desk, notebook.name)
        return made

    return called


def stamp(desk: Desk, notebook: str) -> Stamp:
    """What an output made now is marked with."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    where = f"{desk.draft.run_name}/{notebook}"
    if (opened := desk.opened) is None:
        return Stamp(where, _KERNEL, 0, f"no attempt yet · {now}")
    words = f"attempt {opened.attempt} · {opened.mode} · {opened.parameters.target} · {now}"
    return Stamp(where, _KERNEL, opened.attempt, words)


@contextlib.contextmanager
def _timed(desk: Desk, what: str) -> Iterator[None]:
    """While it lasts a person sees how long, and what takes the single waits."""
    if desk.headless:
        yield
        return
    from sfsip_nb.notebook.waiting import Clock

    with Clock(what) as clock:
        desk.phase = clock.phase
        yield


@contextlib.contextmanager
def _letting_go(desk: Desk) -> Iterator[None]:
    """An interrupted call leaves no token behind; the next one opens what it needs anew."""
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            desk.let_go()
        raise
