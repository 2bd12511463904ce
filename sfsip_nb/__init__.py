"""Guided runbooks that connect a contact center to Synthflow over SIP, and prove that it works."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sfsip_nb._version import __version__

if TYPE_CHECKING:
    from sfsip_nb.notebook.opening import ParametersFile
    from sfsip_nb.notebook.run import open_run
    from sfsip_nb.notebook.start import Beginning, overview, practice
    from sfsip_nb.present.frames import load

__all__ = ["Beginning", "ParametersFile", "__version__", "load", "open_run", "overview", "practice"]

_FACE = {
    "Beginning": "notebook.start",
    "ParametersFile": "notebook.opening",
    "load": "present.frames",
    "open_run": "notebook.run",
    "overview": "notebook.start",
    "practice": "notebook.start",
}


def __getattr__(name: str) -> Any:
    """Load what people import on first use: the testbed's process needs none of it."""
    if name in _FACE:
        return getattr(import_module(f"sfsip_nb.{_FACE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
