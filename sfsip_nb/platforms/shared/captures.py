"""Captures that a person put into the run's folder, read and judged as evidence.

Synthflow's log page and Genesys both offer a capture of a call; the rules that judge it are those
that judge the runbook's own calls.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict
from sfsip_nb.inputs import files, private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.shared.checks import check, decided
from sfsip_nb.sip import evidence as wire

FOLDER = "captures"
SIGN = "diagnose/capture/"
"""How the id of a check begins that a capture shows; its rule follows."""
MOST = 20
"""Captures read of one run."""

_LARGEST = 500 * 1024 * 1024  # bytes of a file that is taken over


@dataclass(frozen=True)
class Read:
    """One capture and what it shows; `unread` is why it could not be read."""

    name: str
    diagnosis: wire.Diagnosis
    unread: str = ""


def take(run_dir: Path, names: tuple[str, ...]) -> None:
    """Copy captures, such as were uploaded beside the notebook, into the run's folder."""
    for name in names:
        path, kept = Path(name), run_dir / FOLDER / Path(name).name
        try:
            with files.opened(path) as source:
                large = os.fstat(source.fileno()).st_size > _LARGEST
            if not large and not (kept.exists() and kept.samefile(path)):
                private.file(private.folder(kept.parent) / kept.name)
                shutil.copyfile(path, kept)
        except files.Unfit as unfit:
            raise InputError(
                name, f"{name} cannot be read: it {unfit}. Name a capture next to this notebook."
            ) from None
        except OSError as error:
            raise InputError(
                name,
                f"{name} cannot be imported ({error.strerror or type(error).__name__}). Upload"
                f" the capture next to this notebook, or put it into {kept.parent}.",
            ) from None
        if large:
            raise InputError(
                name,
                f"{name} is larger than {files.size(_LARGEST)}. Cut it to the call first: "
                "editcap -A START -B END IN OUT",
            )


def load(path: Path) -> wire.Capture:
    """Read a pcap or pcapng file. Raises `InputError` where there is none."""
    with _opened(path) as file:
        return wire.capture.read(file)


def answers(path: Path, diagnosis: wire.Diagnosis) -> dict[int, dict[str, Any]]:
    """How the agent answered in each answered call of a capture, by the report's number.

    The file is read again, for its sound. Raises `InputError`.
    """
    calls = {one.number: one.media for one in diagnosis.reports if one.media is not None}
    with _opened(path) as file:
        return wire.speaking.measured(file, calls)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with files.opened(path) as file:
            yield file
    except files.Unfit as unfit:
        raise InputError(
            str(path), f"{path} cannot be read: it {unfit}. Name a .pcap or .pcapng file."
        ) from None
    except wire.NotACapture as what:
        raise InputError(
            str(path),
            f"{path} cannot be read as a capture: it is {what}. Name a .pcap or .pcapng file, as "
            "tcpdump, Wireshark, Genesys and Synthflow's log page write them.",
        ) from None
    except OSError as error:
        raise InputError(str(path), f"{path} cannot be read ({error.strerror}).") from None


def read(run_dir: Path) -> list[Read]:
    """Every capture in the run's folder, by name."""
    found = []
    for path in wire.capture.files_in(run_dir / FOLDER)[:MOST]:
        try:
            found.append(Read(path.name, wire.diagnosed(load(path))))
        except InputError as error:
            found.append(Read(path.name, wire.Diagnosis(()), str(error)))
    return found


def signs(found: list[Read]) -> list[CheckRow]:
    """What the captures show, as checks that may be signs of a cause."""
    return [
        CheckRow.of(
            Check(
                id=f"{SIGN}{row['rule']}",
                title=f"The capture {item.name}, call {row['call']}",
                expected="no call has a problem",
                seen=row["sentence"],
                verdict=Verdict(row["verdict"] or Verdict.INCONCLUSIVE),
                vantage=Vantage.HERE,
                reason=row["remedy"],
            )
        )
        for item in found
        for row in item.diagnosis.rows()
        if row["verdict"] in ("fail", "inconclusive") or row["rule"] == "caller.missing"
    ]


def checks(ctx: Context, found: list[Read]) -> list[Check]:
    """One advisory check a capture, with its calls' ladders as evidence."""
    made = []
    for number, item in enumerate(found, start=1):
        evidence = tuple(
            ctx.keep_evidence(
                "diagnose",
                Basis.FILE,
                f"ladder {item.name} {report.number}",
                "svg",
                report.picture(),
            )
            for report in item.diagnosis.drawn
        )
        worst = [r for r in item.diagnosis.drawn if r.verdict == item.diagnosis.verdict][:1]
        seen = worst[0].sentence if worst else " ".join(item.diagnosis.notes)
        made.append(
            check(
                f"diagnose/capture-{number}",
                f"The capture {item.name}",
                "no call has a problem",
                item.unread or seen,
                None if item.unread else decided(item.diagnosis.verdict),
                Vantage.HERE,
                advisory=True,
                reason=worst[0].remedy if worst else "",
                evidence=evidence,
                basis=Basis.FILE,
            )
        )
    return made
