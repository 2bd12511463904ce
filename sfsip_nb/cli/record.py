"""The command `sfsip record`: show a run's record, check it, sign it, print it, hand it on."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.common import FAILED, Folder, app, paragraphs, say, say_not_searched
from sfsip_nb.inputs.errors import InputError


@app.command()
def record(
    folder: Folder,
    check: Annotated[bool, typer.Option(help="compare every attempt with its SHA256SUMS")] = False,
    sign: Annotated[bool, typer.Option(help="sign every attempt that is not signed yet")] = False,
    key: Annotated[Path | None, typer.Option(help="SSH key to sign with", metavar="FILE")] = None,
    signers: Annotated[
        Path | None, typer.Option(help="allowed signers to check against", metavar="FILE")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="print the newest record to PDF", metavar="FILE")
    ] = None,
    timezone: Annotated[
        str,
        typer.Option(help="times in print: +02:00 or Europe/Berlin; default: UTC", metavar="ZONE"),
    ] = "",
    as_zip: Annotated[
        bool, typer.Option("--zip", help="put the newest record, evidence and sums into one file")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="the file of --zip; default: DIR-ATTEMPT.zip", metavar="FILE"),
    ] = None,
) -> None:
    """Show a run's newest record, or check, sign or print it, or put it into one file.

    What was done by hand in the notebooks is written down as an attempt first.
    """
    with paragraphs():
        from sfsip_nb.runs import paper, signing
        from sfsip_nb.runs.kept import attempts_of, summary

        if pdf is not None:
            paper.browser_for(pdf)
        if sign:
            signing.able(key)
        if not check:
            _keep_interactive(folder)
        attempts = attempts_of(folder)
        if not attempts:
            raise InputError(
                "DIR", f"{folder} holds no attempt. Name a run's folder, or one of its attempts."
            )
        if sign:
            _sign(attempts, key)
        if pdf is not None:
            _print(attempts[-1], pdf, timezone)
        if as_zip:
            _zip(folder, attempts[-1], out)
        if check:
            holds = [_holds(attempt, signers) for attempt in attempts]
            raise typer.Exit(0 if all(holds) else 1)
        if not sign and pdf is None and not as_zip:
            say(str(summary(attempts[-1])))
            _say_unrecorded(folder)


def _print(attempt: Path, pdf: Path, timezone: str) -> None:
    from sfsip_nb.engine.record import read
    from sfsip_nb.runs import paper

    page, fragment = attempt / "record.html", ""
    if timezone:
        started = read(attempt / "record.json").started
        fragment = paper.opened_in(timezone, page, started)
    paper.print_pdf(page, pdf, fragment)
    say(f"{pdf}: printed from {attempt.name}")


def _zip(folder: Path, attempt: Path, out: Path | None) -> None:
    from sfsip_nb.runs import handover, sums
    from sfsip_nb.runs.kept import known_secrets

    run_dir = attempt.resolve().parent.parent
    known = known_secrets(run_dir)
    if known is None:
        raise InputError(
            "DIR", f"{folder} is not in a run's folder, which has a journal. Name one."
        )
    if difference := sums.check(attempt):
        say(f"{attempt.name}: changed since it was written, so it was not packed: {difference}")
        raise typer.Exit(FAILED)
    target = out or Path(f"{run_dir}-{attempt.name}.zip")
    say(f"{handover.write(attempt, target, known.redactor)}: {attempt.name}, evidence and sums")
    say_not_searched(known.missing)


def _say_unrecorded(folder: Path) -> None:
    """Each attempt of a run that left no record, and why."""
    from sfsip_nb.engine.found import JOURNAL, look
    from sfsip_nb.engine.journal import Journal
    from sfsip_nb.runs import index

    if look(folder).inputs is None:
        return
    with closing(Journal(folder / JOURNAL)) as journal:
        index.write(folder, journal)
        for attempt in index.attempts(folder, journal):
            if attempt["why"]:
                say(f"{attempt['name']}: no record. {attempt['why']}")


def _sign(attempts: list[Path], key: Path | None) -> None:
    from sfsip_nb.runs import signing, sums

    for attempt in attempts:
        if (attempt / sums.SIGNATURE).exists():
            say(f"{attempt.name}: signed already")
        elif difference := sums.check(attempt):
            say(
                f"{attempt.name}: not signed, because it was changed since it was written:"
                f" {difference}"
            )
            raise typer.Exit(1)
        else:
            say(f"{attempt.name}: signed, {signing.sign(attempt, key).name}")


def _holds(attempt: Path, signers: Path | None) -> bool:
    """Whether an attempt is as it was written and its signature, if any, is no bad one."""
    from sfsip_nb.runs import signing, sums

    difference = sums.check(attempt)
    said = [str(difference) or "as written"]
    signature = signing.verify(attempt, signers) if not difference.missing else None
    if signature is not None:
        said.append(signature.says)
    elif signers is not None:
        said.append("not signed")
    say(f"{attempt.name}: {'; '.join(said)}")
    bad = signature is not None and signature.good is False
    return not (difference or bad or (signers is not None and signature is None))


def _keep_interactive(folder: Path) -> None:
    from sfsip_nb.engine.found import JOURNAL
    from sfsip_nb.engine.journal import Journal
    from sfsip_nb.runs.kept import keep_interactive, known_secrets

    if (known := known_secrets(folder)) is not None:
        with closing(Journal(folder / JOURNAL)) as journal:
            keep_interactive(journal, known.guide, folder, known.redactor)
