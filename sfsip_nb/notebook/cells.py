"""What surrounds a call in a cell: it is timed, its output stamped, its stop shown as a card."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sfsip_nb.notebook import forms
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.waiting import timed
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present.tables import Shown, Stamp


@cache
def _kernel() -> str:
    """Tells this kernel's outputs from those of an earlier one, or of one forked beside it."""
    return f"{os.getpid()}-{time.time_ns() // 10**6}"


class InNotebook(Protocol):
    """What has methods that cells call: its workspace, and the notebook's name."""

    workspace: Workspace
    name: str


N = TypeVar("N", bound=InNotebook)
P = ParamSpec("P")
Output = Shown | forms.Form | forms.Intent
S = TypeVar("S", bound=Output)


def cell(method: Callable[Concatenate[N, P], S]) -> Callable[Concatenate[N, P], S]:
    """A method that a cell calls, on the run as it is then. What it returns is shown, with a stamp.

    Raises nothing but `SfsipError`, which a card has told by then.
    """

    @wraps(method)
    def called(notebook: N, /, *args: P.args, **named: P.kwargs) -> S:
        workspace = notebook.workspace
        what = f"run.{method.__name__}({', '.join(map(repr, args))})".replace("'", '"')
        stops = errors_shown(workspace.folder, lambda: workspace.redactor, what)
        with stops, _letting_go(workspace), timed(what, workspace.headless):
            workspace.refresh()
            made = method(notebook, *args, **named)
            made.stamp = stamp(workspace, notebook.name)
        return made

    return called


def stamp(workspace: Workspace, notebook: str) -> Stamp:
    """What an output made now is marked with."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    where = f"{workspace.draft.run_name}/{notebook}"
    if (opened := workspace.opened) is None:
        return Stamp(where, _kernel(), 0, f"no attempt yet · {now}")
    words = f"attempt {opened.attempt} · {opened.mode} · {opened.parameters.target} · {now}"
    return Stamp(where, _kernel(), opened.attempt, words)


@contextlib.contextmanager
def _letting_go(workspace: Workspace) -> Iterator[None]:
    """An interrupted call leaves no token behind; the next one opens what it needs anew."""
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            workspace.let_go()
        raise
