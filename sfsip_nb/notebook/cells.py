"""What surrounds a call in a cell: it is timed, its output stamped, its stop shown as a card."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.notebook import forms, queued
from sfsip_nb.notebook.errors import card, errors_shown
from sfsip_nb.notebook.following import Following
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present.tables import Shown, Stamp


@cache
def _kernel() -> str:
    """Tells this kernel's outputs from those of an earlier one, or of one forked beside it."""
    return f"{os.getpid()}-{time.time_ns() // 10**6}"


class InNotebook(Protocol):
    """What has methods that cells call: its workspace, its name, and what follows in it."""

    workspace: Workspace
    name: str
    following: Following

    def held(self) -> Shown:
        """What a cell shows that was sent together with one that stopped."""


N = TypeVar("N", bound=InNotebook)
P = ParamSpec("P")
Output = Shown | forms.Form | forms.Intent
S = TypeVar("S", bound=Output)


def cell(method: Callable[Concatenate[N, P], S]) -> Callable[Concatenate[N, P], S]:
    """A method that a cell calls, on the run as it is then. What it returns is shown, with a stamp.

    Raises nothing but `SfsipError`, which a card has told by then. In JupyterLab the card is all:
    the cells that were sent together with it are held, and each says so.
    """

    @wraps(method)
    def called(notebook: N, /, *args: P.args, **named: P.kwargs) -> S:
        workspace, sent = notebook.workspace, queued.sent()
        stop = workspace.stopped
        if stop and sent and sent.is_with(stop.sent):
            return cast(S, notebook.held())
        what = f"run.{method.__name__}({', '.join(map(repr, args))})".replace("'", '"')
        stops = errors_shown(workspace.folder, lambda: workspace.redactor, what, show=not sent)
        try:
            with stops, _letting_go(workspace), _timed(workspace, what):
                workspace.refresh()
                made = method(notebook, *args, **named)
                made.stamp = stamp(workspace, notebook.name)
                workspace.stopped = None
        except SfsipError as error:
            if sent is None:
                raise
            workspace.stopped = queued.Stop(sent, error)
            made = cast(S, card(error))
        notebook.following.follow()
        return made

    return called


def as_of() -> str:
    """The time now, as outputs are marked with it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def stamp(workspace: Workspace, notebook: str) -> Stamp:
    """What an output made now is marked with."""
    now = as_of()
    where = f"{workspace.draft.run_name}/{notebook}"
    if (opened := workspace.opened) is None:
        return Stamp(where, _kernel(), 0, f"no attempt yet · {now}")
    words = f"attempt {opened.attempt} · {opened.mode} · {opened.parameters.target} · {now}"
    return Stamp(where, _kernel(), opened.attempt, words)


@contextlib.contextmanager
def _timed(workspace: Workspace, what: str) -> Iterator[None]:
    """While it lasts a person sees how long, and what takes the single waits."""
    if workspace.headless:
        yield
        return
    from sfsip_nb.notebook.waiting import Clock

    with Clock(what) as clock:
        workspace.phase = clock.phase
        yield


@contextlib.contextmanager
def _letting_go(workspace: Workspace) -> Iterator[None]:
    """An interrupted call leaves no token behind; the next one opens what it needs anew."""
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            workspace.let_go()
        raise
