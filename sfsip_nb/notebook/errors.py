"""What a notebook shows where a cell stops: one card, never a stack trace.

The exception itself goes on, so that Run All stops there and a replay breaks off; what a person
reads is the card, and where nobody is there the log of the tool has the same words. The trace of a
fault of our own is in the run's log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sfsip_nb.engine.broken import InternalError, Interrupted, explain
from sfsip_nb.engine.hosts import Unreachable
from sfsip_nb.inputs.draft import MISSING
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.present import hosts, tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import person


@contextmanager
def errors_shown(
    folder: Path,
    redactor: Callable[[], Redactor] = Redactor,
    where: str = "This cell",
    show: bool = True,
) -> Iterator[None]:
    """Whatever ends the block early is shown as a card and goes on as an `SfsipError`.

    `folder` keeps the log; `redactor` gives the one that knows the secrets by then; `where` says
    what was being done; without `show` the caller shows the card. Raises `Interrupted` for a
    person's interrupt, `InternalError` for a fault of our own.
    """
    try:
        yield
    except SfsipError as error:
        stop = error
        if (plain := redactor().text(str(error))) != str(error):
            stop.args = (plain,)  # a platform may quote what it was sent
    except KeyboardInterrupt as interrupt:
        stop = Interrupted("Interrupted. Nothing is lost: run the cell again to go on.")
        if isinstance(interrupt.__cause__, SfsipError):  # something was left half changed
            stop = interrupt.__cause__
    except Exception as error:
        stop = InternalError(explain(folder, redactor(), where, error))
    else:
        return
    if show:
        _show(stop)
    raise stop from None


def _show(stop: SfsipError) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None and not stop.shown:
        display(card(stop))
        stop.shown = person.is_there()  # who reads a log has not seen the card


def not_open() -> Shown:
    """For a cell that ran before its notebook's run was opened in this kernel."""
    return tables.stopped(
        "The run is not open in this kernel yet",
        "The kernel is new or was restarted, so it has no run open. Nothing is lost: what was done "
        "is in the run's journal.",
        todo="In the menu: Run › Run All Above Selected Cell. Then run this cell again.",
    )


def card(stop: SfsipError) -> Shown:
    """What stopped a cell: what, why and what to do."""
    match stop:
        case Interrupted():
            return tables.waited(str(stop))
        case InputError() if len(stop.problems) > 1:
            missing = [problem.key for problem in stop.problems if str(problem) == MISSING]
            wrong = [problem for problem in stop.problems if str(problem) != MISSING]
            return tables.stopped(
                f"Fill in or correct {len(stop.problems)} inputs first",
                f"Not filled in yet: {', '.join(missing)}." if missing else "",
                [{"key": problem.key, "text": str(problem)} for problem in wrong],
                "Use the form that run.inputs() shows in section 01; then run this cell again.",
            )
        case InputError():
            return tables.stopped("This cannot be done this way", str(stop))
        case Unreachable():
            stopped = tables.stopped("A host cannot be reached", str(stop), todo=stop.advice)
            return stopped + hosts.table(stop.hosts)
        case InternalError():
            return tables.stopped(
                "An error in this program", str(stop), todo="If it stops again, send that log."
            )
    advice = getattr(stop, "advice", "")
    return tables.stopped("That did not work", str(stop), todo=advice)
