"""The command `sfsip`. Exit codes: README, "Exit codes"."""

import signal
from typing import Annotated

import typer

from sfsip_nb._version import __version__
from sfsip_nb.cli import (
    bundle,
    cards,
    diagnose,
    fleet,
    probe,
    probe_calls,
    record,
    runs,
    start,
    testbed,
)
from sfsip_nb.cli.common import app, say
from sfsip_nb.replay.lean import without_grammars

without_grammars()  # before a command imports nbformat

app.add_typer(testbed.app, name="testbed")
app.add_typer(probe.app, name="probe")

__all__ = [
    "app",
    "bundle",
    "cards",
    "diagnose",
    "fleet",
    "main",
    "probe_calls",
    "record",
    "runs",
    "start",
]


def _version(asked: bool) -> None:
    if asked:
        say(f"sfsip {__version__}")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point. SIGTERM ends a command as Ctrl-C does: orderly, with exit code 4."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
