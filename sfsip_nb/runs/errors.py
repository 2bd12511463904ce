"""Why a replay ends early."""

import traceback
from pathlib import Path

from sfsip_nb.inputs.errors import SfsipError


class NotebookError(SfsipError):
    """A notebook did not run to its end; the message says which cell and why."""


class Leak(SfsipError):
    """A secret stood in an output; the message names the files. Nothing was kept."""


def internal(error: Exception) -> str:
    """What may be said of an error that nobody foresaw: kind and place.

    Neither its message nor its trace is shown: either may hold a secret.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"an internal error ({type(error).__name__} in {where})"
