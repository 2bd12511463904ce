"""Guided runbooks that connect a contact center to Synthflow over SIP, and prove that it works."""

from typing import TYPE_CHECKING

from sfsip_nb._version import __version__
from sfsip_nb.sip.face import face

if TYPE_CHECKING:
    from sfsip_nb.notebook.opening import ParametersFile
    from sfsip_nb.notebook.run import open_run
    from sfsip_nb.notebook.start import Beginning, overview, practice
    from sfsip_nb.present.frames import load

__all__ = [
    "Beginning",
    "ParametersFile",
    "__version__",
    "load",
    "open_run",
    "overview",
    "practice",
]

__getattr__ = face(  # the testbed's process needs none of it
    __name__,
    {
        "Beginning": "notebook.start",
        "ParametersFile": "notebook.opening",
        "load": "present.frames",
        "open_run": "notebook.run",
        "overview": "notebook.start",
        "practice": "notebook.start",
    },
)
