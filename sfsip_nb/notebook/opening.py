"""A parameters file chosen from those that are here, and its run's own notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.opened import whose
from sfsip_nb.notebook import forms
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.start import begin_from
from sfsip_nb.present import status, tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import visible
from sfsip_nb.runs import person, places
from sfsip_nb.runs.status import status_of

_chosen = {"file": ""}
"""What was chosen in this kernel: a cell that is run again asks nothing twice."""


class ParametersFile:
    """The parameters files that are here, to choose one from; its run once one is chosen."""

    chosen = _chosen

    def __init__(self) -> None:
        with errors_shown(places.home() / "runs"):
            forms.ready()

    def notebooks(self) -> Shown:
        """Write the notebooks of the file's run, its inputs in them, and show the way to them."""
        if not (name := self.chosen["file"]):
            return tables.notice("No parameters file is chosen above. Nothing has been created.")
        with errors_shown(places.home() / "runs"):
            found = status_of(begin_from(places.home() / name), {})
            return status.runs([found] if found else [])

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if not person.is_there():
            display(tables.notice("A person chooses a parameters file here."))
            return
        from sfsip_nb.notebook.file_widgets import choice

        files = {name: f"{name}: {about}" for name, about in _files()}
        display(choice("Parameters file", files, self.chosen, "file"))


def _files() -> Iterator[tuple[str, str]]:
    """Each parameters file with a customer in it, as seen from where runs are kept, and whose."""
    home = places.home()
    for folder in (home, home / "parameters"):
        for path in sorted(folder.glob("*.y*ml")):
            with suppress(InputError):  # nothing of ours
                if about := whose(path):
                    yield str(path.relative_to(home)), visible(about)
