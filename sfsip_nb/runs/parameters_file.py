"""The parameters file of a run: which one it is, and what is typed in notebooks put back into it.

The run's journal names the file, as seen from where runs are kept: a replay and `sfsip jupyter`
note it there. So a run by hand and one without a person have one set of inputs.
"""

from __future__ import annotations

import difflib
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sfsip_nb.engine.found import FILE, JOURNAL, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import example_yaml
from sfsip_nb.inputs.rewrite import rewritten
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.inputs.yamltree import read_text
from sfsip_nb.runs import places


def note(journal: Journal, file: Path) -> None:
    """Note that the run's inputs come from `file`."""
    journal.put(FILE, os.path.relpath(file.resolve(), places.home()))


def of_run(folder: Path) -> Path | None:
    """The file that a run's inputs come from, where it is still there."""
    named = look(folder).file
    path = places.home() / named
    return Path(os.path.normpath(path)) if named and path.is_file() else None


@dataclass(frozen=True)
class Proposal:
    """A parameters file as it is, and as it would be with what was typed."""

    path: Path
    before: str
    after: str

    @property
    def name(self) -> str:
        """The file, as seen from where runs are kept."""
        return os.path.relpath(self.path, places.home())

    @property
    def difference(self) -> str:
        """Both held against each other, as a unified diff; empty where nothing changes."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.name, self.name, lineterm=""
        )
        return "\n".join(lines)

    def write(self) -> None:
        """Write the file. Raises InputError where it has changed since, or cannot be written."""
        if _text(self.path) != self.before:
            raise InputError(
                self.name, f"{self.name} has changed since it was shown here. Look at it again."
            )
        target = self.path.resolve()  # a link to it stays one
        fresh = target.with_name(f"{target.name}.new")
        try:
            fresh.write_text(self.after, encoding="utf-8")
            if target.exists():
                fresh.chmod(target.stat().st_mode)
            os.replace(fresh, target)
        except OSError as error:
            raise InputError(
                self.name, f"{self.name} cannot be written ({error.strerror})."
            ) from None


def proposed(draft: Draft, folder: Path) -> Proposal:
    """The run's file with what was typed: its own one, else a new one beside the runs.

    A reference to a secret stays one, and a typed secret stays out. Raises InputError where the
    file cannot be read or changed, or where a secret was typed into another field.
    """
    path = of_run(folder) or places.home() / f"{draft.run_name}.yaml"
    if before := _text(path):
        after = rewritten(before, draft.to_write(), path.name)
    else:
        live = draft.value("target") == "live"
        after = example_yaml(draft.guide, live, draft.to_begin())
    secrets = Redactor(secret.reveal() for secret in draft.checked.secrets.values())
    if secrets.found_in(after.encode()):
        raise InputError(
            path.name, "One of the inputs holds a secret in plain text. Correct it, then save."
        )
    return Proposal(path, before, after)


def _text(path: Path) -> str:
    return read_text(path) if path.exists() else ""


def noted(folder: Path, file: Path) -> None:
    """Note in a run's folder that its inputs come from `file`."""
    with closing(Journal(folder / JOURNAL)) as journal:
        note(journal, file)
