"""Why a replay ends early."""

from sfsip_nb.inputs.errors import SfsipError


class NotebookError(SfsipError):
    """A notebook did not run to its end; the message says which cell and why."""


class Leak(SfsipError):
    """A secret stood in an output; the message names the files. Nothing was kept."""
