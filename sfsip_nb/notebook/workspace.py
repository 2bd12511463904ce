"""Where a notebook's inputs meet its run: what the cell gives, what was typed, the open session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from sfsip_nb.engine import export
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.found import JOURNAL, TYPED, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Guide, LookupResult
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import CELL
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.notebook.queued import Stop
from sfsip_nb.present.frames import Frames
from sfsip_nb.runs import holding, looking, parameters_file, person, places, rehearsal
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.kept import attempts_of, keep_interactive
from sfsip_nb.runs.status import status_of
from sfsip_nb.runs.todo import cell_of
from sfsip_nb.sip.shown import counted
from sfsip_nb.testbed.faults import GROUPS, faults

_PATIENCE = 60.0
"""Seconds that a cell waits for whoever else works in its run."""


class Workspace:
    """One notebook's way to its run.

    Each cell begins with `refresh`, and works on what that found. A replay's inputs are those of
    its file, whatever was typed in the run before. `headless`: no person is there (`person`).
    """

    def __init__(self, guide: str, namespace: Mapping[str, Any]) -> None:
        """Raises ``InputError`` for what no form can mend; without a person for anything wrong."""
        self.headless = not person.is_there()
        self.draft = Draft(guide, namespace, self._kept, strict=self.headless)
        self.opened: sessions.Session | None = None
        self.stopped: Stop | None = None
        self._current = False
        # Without a person it stops at the first cell; for one, the testbed starts while they read.
        if self.headless or self.draft.checked.parameters is not None:
            self.open()

    @property
    def unattended(self) -> bool:
        """Whether a tool runs this notebook by itself: a replay looks at the verdicts of all."""
        return self.headless and not places.is_replay()

    @property
    def guide(self) -> Guide:
        """The guide, whatever the inputs are."""
        return sessions.GUIDES[self.draft.guide]

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return places.folder_of(self.draft.run_name)

    @property
    def journal_path(self) -> Path:
        """The run's journal."""
        return self.folder / JOURNAL

    @property
    def redactor(self) -> Redactor:
        """Knows the secrets as far as they are known."""
        if self.opened is not None:
            return self.opened.redactor
        return Redactor(secret.reveal() for secret in self.draft.checked.secrets.values())

    def refresh(self) -> None:
        """Look at the inputs as they stand now, and whether the session is still the run's.

        The one look that a cell takes: it finds what was typed in another notebook, what changed
        where the secrets are kept, and what another kernel or a command did to the run.
        """
        if not self._take_typed():
            self.draft.check()
        self._compare()

    def approve(self, by: str, read: str) -> None:
        """Approve the plan that was `read` by name: the cell goes on in mode apply, and so do the
        next. Raises what `Engine.approve` raises."""
        self.engine().approve(by, read)
        if not places.is_replay():
            self.note("mode", "apply")
            self._compare()

    def _compare(self) -> None:
        opened, checked = self.opened, self.draft.checked
        self._current = (
            opened is not None
            and (opened.parameters, opened.secrets) == (checked.parameters, checked.secrets)
            and not opened.is_stale()
        )

    def open(self) -> sessions.Session:
        """The session on the inputs as the cell found them, opened anew where it is not current.

        Raises ``InputError`` while an input is wrong.
        """
        if self.opened is None or not self._current:
            if not self.headless and (problems := self.draft.problems()):
                raise _unfilled(problems)
            parameters = self.draft.checked.valid()
            self.close()
            self.opened = sessions.open_interactive(parameters, self.draft.checked.secrets)
            self._current = True
        return self.opened

    def engine(self) -> Engine:
        """The session's engine."""
        engine = self.open().engine
        engine.ctx.watched, engine.ctx.recalls = not self.headless, self.headless
        return engine

    def status(self, here: str) -> dict[str, Any]:
        """Where the run stands, as `status.bar` wants it; `here` is the notebook's name.

        Opens nothing: it is asked for between two cells too.
        """
        self._take_typed()
        draft = self.draft
        known = {"guide": draft.guide} | {n: draft.value(n) for n in ("customer", "target")}
        if draft.value("target") == "testbed":
            known["faults"] = draft.value("testbed.faults")
            known["surprise"] = self.opened is not None and rehearsal.is_asked(self.opened.testbed)
        opened = self.opened.journal if self.opened else None
        found = status_of(self.folder, known, here, opened)
        assert found is not None  # its guide is known
        found["todo"] = [*self._first(found["sections"], here), *found["todo"]]
        return found

    def _first(self, sections: list[dict[str, Any]], here: str) -> Iterator[dict[str, str]]:
        """What keeps every step from being run: missing inputs, and where this notebook stopped."""
        if not self.headless and (problems := self.draft.problems()):
            yield {
                "what": f"Fill in or correct {counted(len(problems), 'input')}",
                "verdict": "",
                "why": "in the form of section 01",
                "href": f"{sections[0]['page']}#cell-id=inputs",
            }
        if self.stopped:
            cell = self.stopped.sent.cell
            titles = {cell_of(step.id): step.title for step in self.guide.steps}
            yield {
                "what": f"Stopped at “{titles.get(cell, cell)}”",
                "verdict": "",
                "why": self.stopped.why or "run it again then",
                "href": f"{here}.ipynb#cell-id={cell}",
            }

    @contextmanager
    def working(self) -> Iterator[Engine]:
        """The engine, for a step or a plan: no record is made meanwhile, and while a cell writes,
        no other notebook and no command writes in its run.

        One that comes second waits, and raises ``InputError`` after a minute. A replay holds the
        run for its notebooks.
        """
        with ExitStack() as held:
            if not places.is_replay():
                session = self.open()
                if session.mode == "apply":
                    held.enter_context(holding.alone(session.run_dir, _PATIENCE))
                held.enter_context(holding.in_step(session.run_dir, _PATIENCE))
                # A record that was waited for has closed the attempt.
                self._current = self._current and not session.is_closed()
            yield self.engine()

    def look(self) -> dict[str, LookupResult]:
        """What both platforms say of the inputs as they stand, complete or not. Changes nothing."""
        if self.headless:  # they are complete, and the steps go by the same answers
            return self.engine().look()
        checked = self.draft.checked
        parameters = checked.parameters or self.draft.loose()
        return looking.look(parameters, checked.secrets)

    def let_go(self) -> None:
        """Give the tokens back; they are made anew where they are needed."""
        if self.opened is not None:
            self.opened.release()

    def close(self) -> None:
        """Let the session go; its attempt stays open, and the next use opens it again."""
        if self.opened is not None:
            self.let_go()
            self.opened.journal.close()
            self.opened = None

    def keep_record(self) -> Path:
        """The folder with the newest record, made now where a person's attempt has none yet.

        Raises ``InputError`` while no step has run, and where one is running for a minute more.
        """
        session = self.open()
        keep_interactive(
            session.journal, session.guide, session.run_dir, session.redactor, _PATIENCE
        )
        if not (made := attempts_of(session.run_dir)):
            raise InputError(
                "record", "No step of this run has a verdict yet, so there is nothing to record."
            )
        return made[-1]

    def frames(self) -> Frames:
        """A replay's attempt, or a person's last one with a verdict, as DataFrames."""
        with self._judged() as (journal, attempt):
            if attempt is None:
                return Frames([])
            return Frames([(export.record(journal, attempt, self.guide), self.folder / "evidence")])

    @contextmanager
    def _judged(self) -> Iterator[tuple[Journal, int | None]]:
        """Opens no session: after a record that would begin another attempt."""
        if places.is_replay():
            yield self.open().journal, self.open().attempt
        elif self.opened is not None:
            yield self.opened.journal, self.opened.journal.last_judged()
        else:
            with closing(Journal(self.journal_path)) as journal:
                yield journal, journal.last_judged()

    def faults(self) -> dict[str, dict[str, str]]:
        """What a rehearsal of this guide may have broken on purpose, and what each breaks."""
        sides = (self.draft.guide, "synthflow")
        own = [fault for fault in faults().values() if fault.name.partition(".")[0] in sides]
        return {
            title: {fault.name: fault.effect for fault in own if fault.group == group}
            for group, title in GROUPS.items()
        }

    def note(self, key: str, value: Any) -> None:
        """Take one typed value, and keep it in the run's journal for its other notebooks and a new
        kernel, beside what was typed in those meanwhile, which counts here too.

        Raises what `Draft.note` raises.
        """
        self.draft.note(key, value)
        with closing(Journal(self.journal_path)) as journal:
            journal.change(TYPED, lambda kept: self.draft.noted(kept, key), {})
        self._take_typed()

    def propose(self) -> parameters_file.Proposal:
        """The run's parameters file, as it would be with what was typed."""
        return parameters_file.proposed(self.draft, self.folder)

    def _take_typed(self) -> bool:
        """Take over what was typed in the run's other notebooks (`Draft.take`)."""
        if places.is_replay() or not self.journal_path.exists():
            return False
        if self.opened is not None:
            return self.draft.take(self.opened.journal.get(TYPED, {}))
        return self.draft.take(self._kept(self.draft.run_name))

    def _kept(self, run: str) -> Mapping[str, Any]:
        return {} if places.is_replay() else look(places.folder_of(run)).typed or {}


def _unfilled(problems: Mapping[str, str]) -> InputError:
    count = counted(len(problems), "input")
    head = f"Fill in or correct {count} first, in the form that run.inputs() shows:"
    lines = [head, *(f"{key}: {why}" for key, why in problems.items())]
    return InputError(CELL, "\n".join(lines), [InputError(k, why) for k, why in problems.items()])
