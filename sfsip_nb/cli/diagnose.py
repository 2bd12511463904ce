"""Why a run or a call failed, on the command line: causes of a run's folder, calls of captures."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sfsip_nb.cli.common import CODES, FAILED, app, paragraphs, say
from sfsip_nb.inputs.errors import InputError


@app.command()
def diagnose(
    place: Annotated[Path, typer.Argument(help="a capture, or a run's folder", metavar="FILE|DIR")],
    ladder: Annotated[
        Path | None, typer.Option(help="write the calls' ladders to this page", metavar="HTML")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="what captures show, as JSON")] = False,
) -> None:
    """Name the causes of a run's failures, or read captures: each call's verdict, how to fix it,
    and how the agent answered.

    0: nothing wrong, 1: something failed, 3: inconclusive.
    """
    with paragraphs():
        from sfsip_nb.platforms.shared import captures
        from sfsip_nb.runs.explained import newest
        from sfsip_nb.sip.evidence.diagnose import diagnosed

        record = newest(place) if place.is_dir() else None
        if record and as_json:
            raise InputError("--json", "--json is for captures. A run's causes: its record.json.")
        codes = [_run(record, place)] if record else []
        pages: list[tuple[str, Any]] = []
        facts: list[dict[str, Any]] = []
        for path in _captures(place, needed=record is None):
            diagnosis = diagnosed(captures.load(path))
            answers = captures.answers(path, diagnosis)
            if as_json:
                facts.append(_facts(path, diagnosis, answers))
            else:
                _tell(path, diagnosis, answers)
            codes.append(CODES[diagnosis.verdict])
            pages.append((path.name, diagnosis))
        if as_json:
            say(json.dumps({"captures": facts}, indent=2))
        if ladder is not None:
            _write(ladder, pages)
        raise typer.Exit(FAILED if FAILED in codes else max(codes))


def _run(record: Any, folder: Path) -> int:
    """Tell why a run's newest attempt failed; the exit code of what is told."""
    from sfsip_nb.present.causes import issues, shown
    from sfsip_nb.runs.explained import causes

    found = causes(record, folder)
    say(f"Attempt {record.attempt}, {record.mode}, of run {record.run}: {record.verdict}")
    say(shown(found).text)
    if record.diagnosis:
        say(issues(record.diagnosis).text)
    if found.named or found.unexplained:
        return FAILED
    return CODES.get(record.verdict, CODES["inconclusive"])


def _captures(place: Path, needed: bool) -> list[Path]:
    """The capture, or all that lie in a run's folder, where a person puts them."""
    from sfsip_nb.sip.evidence import capture

    if place.is_file():
        return [place]
    folder = place / "captures" if (place / "captures").is_dir() else place
    found = capture.files_in(folder)
    if not found and needed:
        there = place / "captures" if place.is_dir() else place
        raise InputError(
            "FILE|DIR",
            f"There is no run and no capture at {there}. Name a run's folder, a .pcap or a .pcapng"
            " file, or put a capture into the folder captures of the run's folder.",
        )
    return found


def _facts(path: Path, diagnosis: Any, answers: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What a program reads of a capture."""
    calls = [
        {
            "number": report.number,
            "kind": report.kind,
            "began": report.began.isoformat(),
            "from": report.caller,
            "to": report.called,
            "same_call": list(report.legs),
            "verdict": report.verdict,
            "findings": [asdict(finding) for finding in report.findings],
            "answering": answers.get(report.number),
        }
        for report in diagnosis.reports
    ]
    return {
        "file": str(path),
        "verdict": diagnosis.verdict,
        "calls": calls,
        "notes": list(diagnosis.notes),
    }


def _tell(path: Path, diagnosis: Any, answers: dict[int, dict[str, Any]]) -> None:
    from sfsip_nb.present.style import verdict
    from sfsip_nb.present.text import columns, one_line
    from sfsip_nb.sip.evidence.answers import rows as figures

    reports = diagnosis.reports
    rows = [
        (
            report.number,
            verdict(report.verdict),
            report.kind,
            f"{report.began:%H:%M:%S}",
            report.caller,
            report.called,
            ", ".join(f"#{number}" for number in report.legs),
        )
        for report in reports
    ]
    head = ("#", "verdict", "kind", "UTC", "from", "to", "same call")
    if rows:
        say(columns(str(path), head, rows))
    else:
        say(one_line(path))
    for report in reports:
        for finding in report.told:
            word = "note" if finding.advisory else str(verdict(finding.verdict))
            say(f"#{report.number} {word}: {one_line(finding.sentence)}")
            if finding.remedy and finding.verdict != "pass":
                say(f"    → {one_line(finding.remedy)}")
    for number, known in answers.items():
        title = f"#{number} How it answered"
        say(columns(title, ("figure", known["measured"]), figures(known)))
        for note in known["notes"]:
            say(one_line(note))
    for note in diagnosis.notes:
        say(f"Note: {one_line(note)}")


def _write(page: Path, found: list[tuple[str, Any]]) -> None:
    from sfsip_nb.present.captures import page as whole

    try:
        page.write_text(whole(found), encoding="utf-8")
    except OSError as error:
        raise InputError(
            "--ladder", f"{page} cannot be written ({error.strerror}). Name another file."
        ) from None
    say(f"Ladders: {page}")
