"""The command `sfsip cards`: all that people are to do, as one page to hand over."""

from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.common import app, paragraphs, say
from sfsip_nb.inputs.errors import InputError


@app.command()
def cards(
    source: Annotated[
        Path, typer.Argument(help="a parameters file, or a run's folder", metavar="SOURCE")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="the file to write; default: SOURCE-cards.html, or cards/cards.html in the folder",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Write the steps for people, with the exact values, as one page to print and to tick.

    No platform is asked, and no secret is read.
    """
    with paragraphs():
        from sfsip_nb.inputs import private
        from sfsip_nb.runs import cards as handouts

        if source.is_dir():
            text, target = handouts.of_run(source), out or source / handouts.NAME
        else:
            text, target = (
                handouts.of_file(source),
                out or source.with_name(f"{source.stem}-cards.html"),
            )
        try:
            if out is None:
                private.folder(target.parent)
            private.write(target, text)
        except OSError as error:
            raise InputError(
                "--out",
                f"{target} cannot be written ({error.strerror}). Name another file with --out.",
            ) from None
        say(f"{target}: open it in a browser, print it, or send it")
