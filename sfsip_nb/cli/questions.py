"""A parameters file by questions: only what has no default, checked by the one schema.

What opens the platforms is asked first; what they have is then chosen from. The answers are kept
as they are given, so that a person can stop at any of them and go on later.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from sfsip_nb.cli.choosing import Choice
from sfsip_nb.cli.common import say
from sfsip_nb.inputs import begun
from sfsip_nb.inputs.draft import FIXED, Draft
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.form import Field, fields_of
from sfsip_nb.inputs.generate import live_values
from sfsip_nb.inputs.secrets import (
    HOW,
    Secret,
    doubts,
    is_reference,
    kept_where,
    resolve,
    type_in,
)
from sfsip_nb.notebook.lookups import answered
from sfsip_nb.sip.shown import counted


def ask_all(guide: str, target: Path) -> Draft:
    """Ask for a live customer's inputs. Raises typer.Abort where a person interrupts."""
    answers = begun.kept(target, guide)
    if answers:
        say(f"{begun.place(target)} has {counted(len(answers), 'answer')}: going on from there.")
    say("Enter takes the value in brackets. Ctrl-C stops; the same command then goes on.\n")
    customer = str(answers.get("customer", ""))
    while not customer:
        question = "Customer (the name to show in the record)"
        customer = typer.prompt(question, "", show_default=False).strip()
    draft = Draft(guide, live_values(guide) | {"customer": customer})
    interview = _Interview(draft, target, {**answers, "customer": customer})
    interview.all()
    return draft


def unset(draft: Draft) -> dict[str, str]:
    """The secrets that their references do not lead to yet, on this computer, and why."""
    draft.check()
    problems = draft.problems()
    return {key: problems[key] for key in sorted(draft.secret_keys) if key in problems}


class _Interview:
    """Questions to one person; `answers` are those that were given, by dotted key."""

    def __init__(self, draft: Draft, target: Path, answers: dict[str, object]) -> None:
        self._draft, self._target = draft, target
        self._answers = {key: answers[key] for key in answers if self._is_fit(key, answers[key])}
        self._offered: Mapping[str, Sequence[str]] = {}
        for key in set(self._answers) - set(FIXED):
            draft.note(key, self._answers[key])
        self._keep()

    def _is_fit(self, key: str, answer: object) -> bool:
        """Whether an answer that was kept is one to our questions: somebody may have edited it."""
        if key in self._draft.secret_keys:
            return is_reference(str(answer))
        return key == "customer" or (key in self._draft.fields and key not in FIXED)

    def all(self) -> None:
        """Ask for everything that is needed: first what opens the platforms."""
        fields = list(fields_of(self._draft.model))
        first = [field for field in fields if field.first]
        later = [field for field in fields if not field.first]
        for field in first:
            if field.key not in self._answers or self._wrong(field):
                self._ask(field)
        if any(self._is_due(field) for field in later):
            self._look(first)
        for field in later:
            if self._is_due(field):
                self._ask(field)
        while again := [field for field in fields if self._wrong(field)]:  # what contradicts
            self._ask(again[0])

    def _is_due(self, field: Field) -> bool:
        named = bool(self._draft.value(field.key))  # the reference that a file begins with
        new = field.secret and named and field.key not in self._answers
        return new or bool(self._wrong(field))

    def _wrong(self, field: Field) -> str:
        """What is wrong with an input; a secret's reference may lead to nothing as yet."""
        if field.secret and is_reference(str(self._draft.value(field.key))):
            return ""
        return self._draft.problems().get(field.key, "")

    def _keep(self) -> None:
        begun.keep(self._target, self._draft.guide, self._answers)

    def _ask(self, field: Field) -> None:
        """Ask for one input until it can be used."""
        draft = self._draft
        value = draft.value(field.key)
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        offered = field.choices or self._offered.get(field.key, ())
        choice = Choice(offered, closed=bool(field.choices))
        while True:
            for line in choice.lines():
                say(line)
            question = f"{field.label} ({_help(field)})"
            given = typer.prompt(question, shown, show_default=bool(shown)).strip()
            if field.secret and given and not is_reference(given):
                say(f"  ✖ A secret is never written here. {HOW}.")
                continue
            if (meant := choice.of(given, several=field.kind == "lines")) is None:
                continue
            draft.note(field.key, _parsed(meant, field))
            if wrong := self._wrong(field):
                say(f"  ✖ {wrong}")
                continue
            self._tell(field, given)
            self._answers[field.key] = draft.value(field.key)
            return self._keep()

    def _tell(self, field: Field, given: str) -> None:
        """What was made of an answer, or where a secret is kept."""
        value = self._draft.value(field.key)
        if field.secret:
            there = "" if field.key in self._draft.checked.secrets else "; it is not there yet"
            say(f"  {kept_where(str(value))}{there}")
        elif (taken := ", ".join(value) if isinstance(value, list) else str(value)) != given:
            say(f"  → {taken}")

    def _look(self, first: Sequence[Field]) -> None:
        """Ask both platforms what they have. It only reads, and leaves nothing behind."""
        draft = self._draft
        secrets = {**draft.checked.secrets, **self._typed(first)}
        say("\nAsking both platforms what they have, which only reads …")
        try:
            from sfsip_nb.runs.looking import look

            with tempfile.TemporaryDirectory() as nowhere:
                found = look(draft.loose(), secrets, Path(nowhere))
        except SfsipError as error:
            return say(f"  ? {error} Type the names instead.\n")
        told, good = answered(found)
        self._offered = {key: result.choices for key, result in found.items()}
        say(f"  {'✔' if good else '?'} {told}\n")

    def _typed(self, first: Sequence[Field]) -> dict[str, Secret]:
        """Secrets that a person types to look things up now; this process alone has them."""
        typed = {}
        due = [f for f in first if f.secret and f.key not in self._draft.checked.secrets]
        for field in due:
            question = (
                f"{field.label}, for look-ups now: kept in memory until this command ends, never"
                " saved (press Enter to skip)"
            )
            while given := typer.prompt(question, "", hide_input=True, show_default=False):
                try:
                    typed[field.key] = resolve(type_in(field.key, given), field.key)
                except InputError as error:
                    say(f"  ✖ {error}")
                    continue
                for doubt in doubts({field.key: typed[field.key]}).values():
                    say(f"  ? {doubt}")
                break
        return typed


def _help(field: Field) -> str:
    if field.secret:
        return "where it is kept: env:NAME, file:PATH or keyring:SERVICE/NAME"
    if field.kind == "lines":
        return field.help.replace(", one a line", ", separated by commas")
    return field.help


def _parsed(given: str, field: Field) -> object:
    if field.kind == "lines":
        return [item.strip() for item in given.split(",") if item.strip()]
    if field.kind == "number" and given.isdigit():
        return int(given)
    return given
