"""SHA256SUMS of an attempt's folder: written last, checked for changed, added and missing files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

NAME = "SHA256SUMS"


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
    lines = (f"{digest}  {name}\n" for name, digest in _digests(folder).items())
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def check(folder: Path) -> Difference:
    """Compare the folder with its sums; where there are none, they are what is missing."""
    if not (folder / NAME).is_file():
        return Difference(missing=(NAME,))
    written = {}
    for line in (folder / NAME).read_text("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        written[name] = digest
    now = _digests(folder)
    return Difference(
        changed=tuple(name for name in written if name in now and now[name] != written[name]),
        added=tuple(name for name in now if name not in written),
        missing=tuple(name for name in written if name not in now),
    )


def _digests(folder: Path) -> dict[str, str]:
    """Digest by path, sorted; a link counts as the text it holds, so that none leads outside."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(_content(path)).hexdigest()
        for path in paths
        if path != folder / NAME
    }


def _content(path: Path) -> bytes:
    return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
