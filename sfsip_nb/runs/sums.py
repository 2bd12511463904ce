"""SHA256SUMS of an attempt's folder: written last, checked for changed, added and missing files."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sfsip_nb.inputs import private

NAME = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
"""Made from the sums, so it cannot stand in them."""

_NO_FILE = "no file"
"""In place of a digest: a link, a pipe, a socket. None is ever written, so each is a difference."""


@dataclass(frozen=True)
class Difference:
    """What is no longer as it was written, as paths below the attempt's folder."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.missing)

    def __str__(self) -> str:
        parts = (("changed", self.changed), ("added", self.added), ("missing", self.missing))
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)


def write(folder: Path) -> None:
    """Write the sums of all other files, in the format of `sha256sum --check`."""
    private.write(folder / NAME, _sheet(dict(_digests(folder))))


def check(folder: Path) -> Difference:
    """Compare the folder with its sums, and the run's evidence, where it is beside it, with the
    journal's.

    Without sums, or where a link stands in their place, they are what is missing.
    """
    sheet = folder / NAME
    if sheet.is_symlink() or not sheet.is_file():
        return Difference(missing=(NAME,))
    raw = sheet.read_bytes()
    written = {}
    for line in os.fsdecode(raw).splitlines():
        digest, _, name = line.partition("  ")
        written[name] = digest
    now = dict(_digests(folder))
    # A remark, a second line for a file, another order: nothing that we write.
    sheet_changed = (NAME,) if raw != _sheet(written) else ()
    differing = tuple(name for name in written if name in now and now[name] != written[name])
    evidence_changed, evidence_missing = _evidence(folder)
    return Difference(
        changed=(*sheet_changed, *differing, *evidence_changed),
        added=tuple(name for name in now if name not in written),
        missing=(*(name for name in written if name not in now), *evidence_missing),
    )


def _sheet(digests: Mapping[str, str]) -> bytes:
    return os.fsencode("".join(f"{digests[name]}  {name}\n" for name in sorted(digests)))


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Each path below the folder with its digest; no link is followed."""
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*files, *linked):
            path = Path(parent) / name
            if path not in (folder / NAME, folder / SIGNATURE):
                yield path.relative_to(folder).as_posix(), _digest(path)


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return _NO_FILE
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def evidence_folder(attempt: Path) -> Path:
    """Where the evidence of an attempt's run lies, if it lies beside it."""
    return attempt.resolve().parent.parent / "evidence"


def evidence(attempt: Path) -> dict[str, str]:
    """The files of evidence that the attempt's journal names, with their sums.

    Empty where the journal cannot be read: its own sum tells that it is not as it was.
    """
    try:
        kept = json.loads((attempt / "journal.json").read_bytes())["evidence"]
        return {Path(name).name: row["sha256"] for name, row in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _evidence(attempt: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The evidence that the attempt's journal names and that is not as it was kept.

    An attempt that was handed on alone has no evidence beside it, and nothing to compare.
    """
    folder, named = evidence_folder(attempt), evidence(attempt)
    if not folder.is_dir():
        return (), ()
    found = {name: _digest(folder / name) for name in named if (folder / name).exists()}
    return (
        tuple(f"evidence/{name}" for name in found if found[name] != named[name]),
        tuple(f"evidence/{name}" for name in named if name not in found),
    )
