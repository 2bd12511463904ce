"""A step or a cell that broke off: the trace goes to the run's log, a sentence to the user."""

from __future__ import annotations

import traceback
from pathlib import Path

from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.secrets import Redactor

LOG = "faults.log"
"""Beside the journal; it holds no secret."""


class InternalError(SfsipError):
    """A fault of the product itself. The run can be resumed by the same command."""


class Interrupted(SfsipError):
    """A person stopped what was going on."""


def explain(folder: Path, redactor: Redactor, where: str, error: BaseException) -> str:
    """Keep the trace in the log of `folder`, secrets taken out; say in a sentence what broke."""
    private.folder(folder)
    trace = "".join(traceback.format_exception(error))
    with private.opened(folder / LOG, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(redactor.text(f"{where}\n{trace}\n"))
    what = redactor.text(f"{type(error).__name__}: {error}").rstrip(". ")
    return (
        f"{where} stopped: {what[:300]}. Nothing was lost; run the same command again "
        f"to continue. The trace is in {folder.name}/{LOG}."
    )
