"""The command `sfsip record`: show a run's record, check it, sign it, print it."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.common import Folder, app, paragraphs, say
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
) -> None:
    """Show a run's newest record, or check, sign or print it.

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
            paper.print_pdf(attempts[-1] / "record.html", pdf)
            say(f"{pdf}: printed from {attempts[-1].name}")
        if check:
            holds = [_holds(attempt, signers) for attempt in attempts]
            raise typer.Exit(0 if all(holds) else 1)
        if not sign and pdf is None:
            say(str(summary(attempts[-1])))


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
