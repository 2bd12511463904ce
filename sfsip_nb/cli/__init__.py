"""The command `sfsip`. Exit codes: README, "Exit codes"."""

import signal

from sfsip_nb.cli import diagnose, probe, probe_calls, record, runs, testbed
from sfsip_nb.cli.common import app
from sfsip_nb.replay.lean import without_grammars

without_grammars()  # before a command imports nbformat

app.add_typer(testbed.app, name="testbed")
app.add_typer(probe.app, name="probe")

__all__ = ["app", "diagnose", "main", "probe_calls", "record", "runs"]


def main() -> None:
    """Entry point. SIGTERM ends a command as Ctrl-C does: orderly, with exit code 4."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
