"""The command `sfsip bundle`: one file for support."""

from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.common import Folder, app, paragraphs, say, say_not_searched
from sfsip_nb.inputs.errors import InputError


@app.command()
def bundle(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option(help="the file to write; default: DIR.zip", metavar="FILE")
    ] = None,
) -> None:
    """Put a run's newest record, its evidence and its causes into one file for support.

    Nothing is written where a secret is found in it.
    """
    with paragraphs():
        from sfsip_nb.runs import bundle as bundles
        from sfsip_nb.runs.kept import known_secrets

        known = known_secrets(folder)
        if known is None:
            raise InputError("DIR", f"{folder} is no run's folder: it has no journal. Name one.")
        made = bundles.write(folder, out or Path(f"{folder.resolve()}.zip"), known.redactor)
        say(f"{made}: the newest attempt, its evidence and its causes")
        say_not_searched(known.missing)
