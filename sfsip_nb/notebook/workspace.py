"""Where a notebook's inputs meet its run: what the cell gives, what was typed, the open session."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sfsip_nb.engine.context import Phase, no_phase
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Sight
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.load import CELL
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.kept import attempts_of, keep_interactive
from sfsip_nb.sip.shown import counted

_TYPED = "typed"
_PATIENCE = 60.0
"""Seconds that a cell waits for whoever else writes in its run."""


class Desk:
    """One notebook's way to its run. The session opens on the inputs and again when they change.

    A replay's inputs are those of its file, whatever was typed in the run before.
    """

    def __init__(self, guide: str, namespace: Mapping[str, Any]) -> None:
        """Raises ``InputError`` for what no form can mend; in a replay for all that is wrong."""
        self.headless = os.environ.get(sessions.HEADLESS) == "1"
        self.draft = Draft(guide, namespace)
        self.opened: sessions.Session | None = None
        self.phase: Phase = no_phase
        if self.headless:
            self.session  # noqa: B018  (a replay stops at its first cell)
        else:
            self._reload()
            if not self.draft.problems():
                self.session  # noqa: B018  (the testbed starts while the inputs are read)

    @property
    def folder(self) -> Path:
        """The run's folder."""
        given = os.environ.get(sessions.RUN_DIR)
        return Path(given or sessions.home() / "runs" / self.draft.run_name)

    @property
    def journal_path(self) -> Path:
        """The run's journal."""
        return self.folder / "journal.sqlite3"

    @property
    def redactor(self) -> Redactor:
        """Knows the secrets as far as they are known."""
        if self.opened is not None:
            return self.opened.redactor
        return Redactor(secret.reveal() for secret in self.draft.secrets().values())

    @property
    def session(self) -> sessions.Session:
        """The session on the inputs as they stand, opened anew once the run went on without it.

        Raises ``InputError`` while an input is wrong.
        """
        if not self.headless:
            self._reload()
            if problems := self.draft.problems():
                raise _unfilled(problems)
        parameters = self.draft.check()
        opened = self.opened
        if (
            opened is None
            or (opened.parameters, opened.secrets) != (parameters, parameters.secrets())
            or opened.stale
        ):
            self.close()
            self.opened = opened = sessions.open_interactive(parameters)
        return opened

    @property
    def engine(self) -> Engine:
        """The session's engine, whose waits are told to whoever watches."""
        engine = self.session.engine
        engine.ctx.phase = self.phase
        return engine

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While a cell writes, no other notebook and no command writes in its run.

        One that comes second waits, and raises ``InputError`` after a minute. A replay holds the
        run for its notebooks.
        """
        session = self.session
        if session.mode != "apply" or sessions.ATTEMPT in os.environ:
            yield
            return
        with sessions.alone(session.run_dir, _PATIENCE, self.phase):
            yield

    def look(self) -> dict[str, Sight]:
        """What both platforms say of the inputs as they stand, complete or not. Changes nothing."""
        secrets = self.draft.secrets()
        parameters = self.draft.loose() if self.draft.problems() else self.draft.check()
        seen: dict[str, Sight] = {}
        with sessions.glimpse(parameters, secrets) as ctx:
            for look in ctx.guide.looks:
                try:
                    seen[look.key] = look.see(ctx)
                except SfsipError as error:
                    seen[look.key] = Sight(None, f"cannot be asked: {error}")
                except KeyError as error:  # a secret or a region that is not there yet
                    seen[look.key] = Sight(None, f"cannot be asked before {error.args[0]} is there")
        return seen

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

        Raises ``InputError`` while no step has run.
        """
        session = self.session
        keep_interactive(session.journal, session.guide, session.run_dir, session.redactor)
        if not (made := attempts_of(session.run_dir)):
            raise InputError(
                "record", "No step of this run has a verdict yet, so there is nothing to record."
            )
        return made[-1]

    def keep(self) -> None:
        """Keep what was typed in the run's journal, for its other notebooks and a new kernel."""
        with closing(Journal(self.journal_path)) as journal:
            journal.put(_TYPED, self.draft.typed())

    def _reload(self) -> None:
        if self.journal_path.exists():
            with closing(Journal(self.journal_path)) as journal:
                self.draft.take(journal.get(_TYPED, {}))


def _unfilled(problems: Mapping[str, str]) -> InputError:
    count = counted(len(problems), "input")
    head = f"Fill in or correct {count} first, in the form that run.inputs() shows:"
    lines = [head, *(f"{key}: {why}" for key, why in problems.items())]
    return InputError(CELL, "\n".join(lines), [InputError(k, why) for k, why in problems.items()])
