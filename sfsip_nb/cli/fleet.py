"""The command `sfsip fleet`: many customers' replays in one night."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfsip_nb.cli.common import app, complain, paragraphs, say
from sfsip_nb.inputs.errors import InputError

if TYPE_CHECKING:
    from sfsip_nb.fleet.night import Tell


@app.command()
def fleet(
    file: Annotated[Path, typer.Argument(help="the fleet's file", metavar="FLEET")],
    mode: Annotated[str, typer.Option(help="plan, apply or verify; default: the file's")] = "",
    workers: Annotated[int, typer.Option(help="replays at once on this machine", min=0)] = 0,
    scheduler: Annotated[
        str, typer.Option(help="a Dask scheduler instead", metavar="tls://HOST:PORT")
    ] = "",
    night: Annotated[str, typer.Option(help="the night's name; default: today's date")] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="also replay those that have finished this night")
    ] = False,
    only_changed: Annotated[
        bool, typer.Option("--only-changed", help="say only what changed since last night")
    ] = False,
) -> None:
    """Replay many customers, some at once; say and keep what changed since the night before."""
    with paragraphs():
        from sfsip_nb.fleet import run

        if workers and scheduler:
            raise InputError("--workers", "--workers is for this machine, not for --scheduler.")
        told: Tell = run.of_what_changed(say) if only_changed else run.in_lines(say)
        whole = run.Command(file, mode, workers, scheduler, night, fresh)
        done = run.night(whole, told)
        for sentence in done.missing:
            complain(sentence)
        if not only_changed or done.turned:
            say(f"{done.said}\nfleet: {done.page}")
        raise typer.Exit(done.night.exit_code)
