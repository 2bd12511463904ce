"""An attempt to hand on, as one file: its record, the run's evidence and the sums of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sfsip_nb.engine.record import Record, read
from sfsip_nb.present import outcome
from sfsip_nb.runs import archive, sums
from sfsip_nb.runs.prepared import Redacting

_FIRST = "READ-ME-FIRST.txt"


def write(attempt: Path, target: Path, redactor: Redacting) -> Path:
    """Write the archive of an attempt's folder, which is as it was written (`sums.check`).

    Unpacked it is a run's folder of this one attempt. Raises `Leak` and `InputError` as
    `archive.write` does.
    """
    return archive.write(target, dict(_files(attempt)), redactor)


def _files(attempt: Path) -> Iterator[tuple[str, bytes]]:
    record = read(attempt / "record.json")
    here = f"attempts/{attempt.name}"
    yield f"{record.run}/{_FIRST}", _text(record, here).encode()
    for path in sorted(path for path in attempt.rglob("*") if path.is_file()):
        yield f"{record.run}/{here}/{path.relative_to(attempt).as_posix()}", path.read_bytes()
    for name in sums.evidence(attempt):
        path = sums.evidence_folder(attempt) / name
        yield f"{record.run}/evidence/{name}", path.read_bytes()


def _text(record: Record, here: str) -> str:
    return "\n".join(
        [
            f"{record.title}: {record.customer}, run {record.run}",
            f"Attempt {record.attempt}, {record.mode}, {record.target}: {outcome.word(record)}",
            "",
            f"{here}/record.html  the record: open it in any browser, offline",
            f"{here}/SHA256SUMS   the sums of all files beside it",
            "evidence/  ladders, captures, levels and API requests, named in the record",
            "",
            "Whether anything was changed since: sfsip record . --check",
            f"or, without that program: cd {here} && sha256sum --check SHA256SUMS",
            "",
        ]
    )
