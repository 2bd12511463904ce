"""One file for support: a run's newest attempt with its evidence, searched for secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from sfsip_nb.engine.causes import base
from sfsip_nb.engine.record import Record
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present import causes as cause_cards
from sfsip_nb.present import outcome
from sfsip_nb.present.record import record_html
from sfsip_nb.runs import archive, explained
from sfsip_nb.runs.folder import evidence_of
from sfsip_nb.runs.prepared import Redacting

_FIRST = "READ-ME-FIRST.txt"
_REQUESTS = re.compile(r"^[0-9a-f]+-requests-.*\.json$")


def write(folder: Path, target: Path, redactor: Redacting) -> Path:
    """Write the bundle of a run's folder.

    Recordings are in it only where the run keeps media. Raises `InputError` where there is no
    attempt or the file cannot be written, and `Leak`, writing nothing, where a secret is found.
    """
    record = explained.newest(folder)
    if record is None:
        raise InputError(
            "DIR", f"{folder} holds no attempt. Name a run's folder, or one of its attempts."
        )
    return archive.write(target, dict(_files(record.through(redactor.data), folder)), redactor)


def _files(record: Record, folder: Path) -> Iterator[tuple[str, bytes]]:
    run_dir = folder if (folder / "evidence").is_dir() else folder.parent.parent
    evidence = evidence_of(record, run_dir / "evidence")
    if not record.inputs.get("keep_media"):
        evidence = {name: content for name, content in evidence.items() if name[-4:] != ".wav"}
    found = explained.causes(record, run_dir)
    told = record.model_copy(update={"causes": found})
    yield _FIRST, _text(told, evidence).encode()
    yield "record.html", record_html(told, evidence).encode("utf-8", "backslashreplace")
    yield "record.json", (json.dumps(told.as_json(), indent=1, default=str) + "\n").encode()
    for name, content in evidence.items():
        yield f"evidence/{Path(name).name}", content
    for path in sorted((run_dir / "captures").glob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"captures/{path.name}", path.read_bytes()


def _text(record: Record, evidence: dict[str, bytes]) -> str:
    """What failed and why, with the versions, and the ids to quote to the platforms' support."""
    ids = [line for name, content in evidence.items() for line in _correlated(name, content)]
    calls = [
        f"{check.id}: {check.seen}"
        for step in record.steps
        for check in step.checks
        if base(check).endswith(("/platform", "/synthflow")) and check.verdict == "pass"
    ]
    return "\n".join(
        [
            f"{record.title}: {record.customer}, run {record.run}",
            f"Attempt {record.attempt}, {record.mode}, {record.target}: {outcome.word(record)}",
            f"Began {record.started}; "
            + ", ".join(f"{name} {number}" for name, number in record.versions.items()),
            "",
            cause_cards.shown(record.causes).text,
            "",
            "Calls, by the ids of the platforms' records:",
            *(calls or ["none"]),
            "",
            "Requests that were refused, with the id to quote to support:",
            *(ids or ["none"]),
            "",
            "record.html shows everything, offline; evidence/ has ladders, captures and requests.",
            "",
        ]
    )


def _correlated(name: str, content: bytes) -> Iterator[str]:
    if _REQUESTS.match(Path(name).name):
        for row in json.loads(content)["requests"]:
            if row["status"] == 0 or row["status"] >= 400:
                yield (
                    f"{row['at']} {row['platform']} {row['method']} {row['path']}: {row['status']},"
                    f" {row['correlation'] or 'no id'}"
                )
