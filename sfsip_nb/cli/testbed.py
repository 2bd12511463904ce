"""Commands on the testbed: run one, end one, list what it can break."""

from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.common import PLAIN, Folder, become, paragraphs, say
from sfsip_nb.inputs import extras

app = typer.Typer(**PLAIN, help="The stand-ins on this machine.")


@app.command("start")
def start_testbed(
    folder: Annotated[Path, typer.Argument(help="the run's folder", metavar="DIR")] = Path(
        "runs/testbed"
    ),
    time_scale: Annotated[float, typer.Option(help="how many times faster waits run")] = 60,
    seed: Annotated[int, typer.Option(help="seed of everything random")] = 1,
    fault: Annotated[list[str] | None, typer.Option(help="break this from the start")] = None,
) -> None:
    """Run a testbed in the foreground; its first line is JSON with all addresses."""
    with paragraphs():
        extras.need("testbed", "sfsip testbed start")
    faults = [word for name in fault or [] for word in ("--fault", name)]
    numbers = ["--time-scale", str(time_scale), "--seed", str(seed)]
    become("sfsip_nb.testbed", "--dir", str(folder), *numbers, *faults)


@app.command("stop")
def stop_testbed(folder: Folder) -> None:
    """End the testbed of a run."""
    with paragraphs():
        from sfsip_nb.testbed import life

        say("Ended." if life.stop(folder) else f"No testbed is running in {folder}.")


@app.command("faults")
def list_faults() -> None:
    """List what the testbed can break, by where it lies."""
    from sfsip_nb.present.text import columns
    from sfsip_nb.testbed.faults import GROUPS, faults

    for group, title in GROUPS.items():
        rows = [(f.name, f.effect, f.row) for f in faults().values() if f.group == group]
        say(columns(title, ("name", "what it breaks", "troubleshooting row"), rows) + "\n")
