"""Commands on the testbed: run one, end one, use its telephones, break something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfsip_nb.cli.common import PLAIN, Folder, become, paragraphs, say
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.errors import InputError

if TYPE_CHECKING:
    from sfsip_nb.inputs.schema import Parameters
    from sfsip_nb.testbed.running import RunningTestbed

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


@app.command("dial")
def dial(
    folder: Folder,
    number: Annotated[str, typer.Argument(help="number to call; empty: the run's first")] = "",
    transfer: Annotated[bool, typer.Option(help="ask the AI agent for a person")] = False,
) -> None:
    """Dial on the rehearsal's phone, while a cell of the run watches."""
    with paragraphs(), _refusals(folder):
        parameters, testbed = _rehearsal(folder)
        wanted = {"to": number or parameters.numbers[0], "transfer": transfer}
        call = testbed.administer("phone", "dial", wanted)
        say(f"Calling {call['to']} from {call['from']}.")


@app.command("answer")
def answer(folder: Folder) -> None:
    """Answer the agent's phone that rings in a rehearsal."""
    with paragraphs(), _refusals(folder):
        _rehearsal(folder)[1].administer("phone", "answer", {})
        say("Answered.")


@app.command("surprise")
def surprise(
    folder: Folder,
    off: Annotated[bool, typer.Option("--off", help="switch it off, revealed or not")] = False,
    seed: Annotated[int | None, typer.Option(help="the same seed picks the same fault")] = None,
) -> None:
    """Break something in a rehearsal, for you to find out what."""
    with paragraphs(), _refusals(folder):
        parameters, testbed = _rehearsal(folder)
        if off:
            testbed.control("DELETE", "/surprise")
            return say("The surprise is off.")
        wanted = {"guide": parameters.guide, "seed": seed}
        begun = testbed.control("POST", "/surprise", wanted)
        say("Something is broken now. Verify the run and look at the evidence; what is it?")
        for place, words in enumerate(begun["choices"], 1):
            say(f"  {place}. {words}")
        return say(f"Say it with: sfsip testbed reveal {folder} N")


@app.command("reveal")
def reveal(
    folder: Folder,
    choice: Annotated[int, typer.Argument(help="the number of your answer", metavar="N")],
) -> None:
    """Name what a surprise has broken, and see whether you are right."""
    with paragraphs(), _refusals(folder):
        testbed = _rehearsal(folder)[1]
        known = testbed.control("GET", "/surprise")
        choices = known.get("choices", [])
        if known["on"] and not 1 <= choice <= len(choices):
            raise InputError("N", f"There is no choice {choice}: they are 1 to {len(choices)}.")
        said = choices[choice - 1] if choices else ""
        told = testbed.control("PUT", "/surprise", {"said": said})
        say(f"You said: {told['said']}. It is: {told['effect']} (fault {told['fault']}).")
        say(f"The proof: sfsip diagnose {folder}, cause {told['cause']}.")


def _rehearsal(folder: Path) -> tuple[Parameters, RunningTestbed]:
    from sfsip_nb.runs import rehearsal

    return rehearsal.of(folder)


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    """What the testbed does not do is told without its own addresses."""
    from sfsip_nb.testbed.running import TestbedRefusal

    try:
        yield
    except TestbedRefusal as refusal:
        raise InputError(str(folder), refusal.reason) from None


@app.command("faults")
def list_faults() -> None:
    """List what the testbed can break, by where it is."""
    from sfsip_nb.present.text import columns
    from sfsip_nb.testbed.faults import GROUPS, faults

    for group, title in GROUPS.items():
        rows = [(f.name, f.effect, f.row) for f in faults().values() if f.group == group]
        say(columns(title, ("name", "what it breaks", "troubleshooting row"), rows) + "\n")
