"""What surrounds a call in a cell: it is timed, its output stamped, its stop shown as a card."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.notebook import forms, queued
from sfsip_nb.notebook.bar import Bar
from sfsip_nb.notebook.errors import card, errors_shown
from sfsip_nb.notebook.stamps import stamp
from sfsip_nb.notebook.waiting import timed
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present.tables import Shown


class InNotebook(Protocol):
    """What has methods that cells call: its workspace, its name, and its bar."""

    workspace: Workspace
    name: str
    bar: Bar


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
        if stop and sent and stop.holds(sent):
            workspace.stopped = replace(stop, last=sent)
            return cast(S, notebook.bar.held(stop, sent))
        what = f"run.{method.__name__}({', '.join(map(repr, args))})".replace("'", '"')
        stops = errors_shown(workspace.folder, lambda: workspace.redactor, what, show=not sent)
        try:
            with stops, _letting_go(workspace), timed(what, workspace.headless):
                workspace.refresh()
                made = method(notebook, *args, **named)
                made.stamp = stamp(workspace, notebook.name)
                workspace.stopped = None
        except SfsipError as error:
            if sent is None:
                raise
            workspace.stopped = queued.Stop(sent, error, last=sent)
            made = cast(S, card(error))
        notebook.bar.following.follow()
        return made

    return called


@contextlib.contextmanager
def _letting_go(workspace: Workspace) -> Iterator[None]:
    """An interrupted call leaves no token behind; the next one opens what it needs anew."""
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            workspace.let_go()
        raise
