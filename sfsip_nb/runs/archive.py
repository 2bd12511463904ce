"""What leaves a run's folder: searched for secrets, and several files as one."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs.errors import Leak
from sfsip_nb.runs.prepared import Redacting

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that zip can write: same content, same bytes


def leaking(files: Iterable[tuple[str, bytes]], redactor: Redacting) -> list[str]:
    """The names of the files in which a secret stands."""
    return [name for name, content in files if redactor.found_in(content)]


def write(target: Path, files: Mapping[str, bytes], redactor: Redacting) -> Path:
    """Write files by name into one archive.

    Raises `Leak`, writing nothing, where a secret is found, and `InputError` where the archive
    cannot be written.
    """
    if leaks := leaking(files.items(), redactor):
        raise Leak(
            f"A secret stood in {', '.join(leaks)}, so {target.name} was not written. Take that"
            " file out of the run's folder, or send the others by themselves."
        )
    try:
        with (
            private.opened(target, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
        ):
            for name, content in files.items():
                made.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise InputError(
            "--out", f"{target} cannot be written ({error.strerror}). Name another file with --out."
        ) from None
    return target
