"""Commands on a run: replay it, undo it; begin one."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfsip_nb.cli.asking import confirm
from sfsip_nb.cli.common import FAILED, OPEN, Folder, app, complain, paragraphs, say
from sfsip_nb.inputs import shipped
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms import NAMES

if TYPE_CHECKING:
    from sfsip_nb.inputs.schema import Parameters


@app.command()
def replay(
    parameters: Annotated[Path, typer.Argument(help="a parameters file", metavar="PARAMETERS")],
    mode: Annotated[str, typer.Option(help="plan, apply or verify")] = "",
    out: Annotated[Path | None, typer.Option(help="the run's folder", metavar="DIR")] = None,
    only: Annotated[str, typer.Option(help="section numbers, such as 02,05")] = "",
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="a parameter", metavar="KEY=VALUE")
    ] = None,
    fault: Annotated[list[str] | None, typer.Option(help="testbed: break this")] = None,
    testbed: Annotated[str, typer.Option(help="testbed: attach to this URL")] = "",
    keep_testbed: Annotated[bool, typer.Option(help="testbed: leave it running")] = False,
    approve: Annotated[str, typer.Option(help="approve the saved plan", metavar="NAME")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="print only what did not pass")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON per event")] = False,
) -> None:
    """Run a guide's notebooks headlessly and write the record."""
    from sfsip_nb.replay.loaded import SAFE, loaded

    if SAFE:
        loaded()  # which loads while the inputs are read and the testbed starts
    from sfsip_nb.replay import events

    how = events.in_json if as_json else events.if_not_passed if quiet else events.in_lines
    told = how(say)
    with paragraphs(lambda wait: told(events.Waiting(wait))):
        from sfsip_nb.runs import session

        if quiet and as_json:
            raise InputError("--quiet", "--quiet and --json exclude each other. Give one of them.")
        chosen = _sections(only)
        prepared = session.prepare(
            parameters,
            sets or [],
            mode=mode,
            out=out,
            testbed_url=testbed,
            faults=fault or [],
            keep_testbed=keep_testbed,
            approve=approve,
            confirm=confirm,
        )
        from sfsip_nb.replay.github import on_github
        from sfsip_nb.replay.series import replay as run

        # GitHub reads commands on both streams; on stdout they would stand between the JSON.
        annotated = on_github(complain if as_json else say)

        def tell(event: events.Event) -> None:
            told(event)
            annotated(event)

        raise typer.Exit(run(prepared, shipped.NOTEBOOKS, tell, chosen))


def _sections(only: str) -> list[str]:
    numbers = [number.strip().zfill(2) for number in only.split(",") if number.strip()]
    known = [f"{number:02}" for number in range(1, 8)]
    if unknown := [number for number in numbers if number not in known]:
        raise InputError(
            "--only",
            f"--only names {', '.join(unknown)}; the sections are 01 to 07, separated by commas.",
        )
    return numbers


@app.command()
def rollback(
    folder: Folder,
    approve: Annotated[
        str, typer.Option(help="live: who approves the rollback", metavar="NAME")
    ] = "",
    testbed: Annotated[str, typer.Option(help="testbed: attach to this URL")] = "",
) -> None:
    """Undo what a run changed, newest first, and only that; list what is not as before."""
    with paragraphs():
        from sfsip_nb.engine.rollback import outlook
        from sfsip_nb.engine.rollback import rollback as undo
        from sfsip_nb.runs import session
        from sfsip_nb.runs.kept import keep

        with closing(session.reopen(folder, testbed_url=testbed, confirm=confirm)) as run:
            ctx = run.engine.ctx
            if ctx.live and not (approve := _approved(outlook(ctx), approve, ctx.parameters)):
                say("Nothing was undone. To approve the rollback, add --approve NAME.")
                raise typer.Exit(OPEN)
            undone = undo(ctx, approve)
            page = keep(run.journal, run.guide, run.run_dir, run.redactor, run.attempt)
        for item in undone.undone:
            say(f"{'✔' if item.ok else '✖'} {item.what}: {item.result}")
        if not undone.undone:
            say("Nothing to undo.")
        for what in undone.differences:
            say(f"✖ Not as before: {what}")
        if not undone.differences:
            say("Everything is as the first plan found it, as far as the platforms show.")
        say(f"record: {page / 'record.html'}")
        raise typer.Exit(0 if undone.ok else FAILED)


def _approved(what: list[str], by: str, parameters: "Parameters") -> str:
    """Who lets a live customer's run be undone, asked for where a person is there."""
    say(f"To undo for {parameters.customer}, a live customer:")
    for line in what or ["nothing"]:
        say(f"  {line}")
    if not by and sys.stdin.isatty():
        by = typer.prompt("Your name, to undo it (leave empty to change nothing)", default="")
    return by.strip()


@app.command()
def new(
    guide: Annotated[str, typer.Argument(help=f"such as {' or '.join(NAMES)}", metavar="GUIDE")],
    target: Annotated[str, typer.Argument(help="the file to write", metavar="FILE")] = "",
    questions: Annotated[
        bool | None,
        typer.Option(help="ask for what has no default; by default only in a terminal"),
    ] = None,
) -> None:
    """Write a parameters file for a live customer, by questions or to be filled in."""
    with paragraphs():
        from sfsip_nb.cli.questions import ask_all, unset
        from sfsip_nb.inputs import begun
        from sfsip_nb.inputs.load import example_yaml
        from sfsip_nb.inputs.schema import GUIDES
        from sfsip_nb.inputs.secrets import doubts

        if guide not in GUIDES:
            raise InputError("GUIDE", f"There is no guide {guide!r}: use {' or '.join(GUIDES)}.")
        path = Path(target or f"{guide}.yaml")
        if path.exists():
            raise InputError("FILE", f"{path} already exists. Name another file.")
        draft = None
        if sys.stdin.isatty() if questions is None else questions:
            try:
                draft = ask_all(guide, path)
            except typer.Abort:
                raise KeyboardInterrupt from None
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(example_yaml(guide, True, draft.values() if draft else None))
            if draft:
                begun.drop(path)
        except OSError as error:
            raise InputError(
                "FILE", f"{path} cannot be written ({error.strerror}). Name another file."
            ) from None
        for why in unset(draft).values() if draft else ():
            say(f"Still to do: {why}")
        for question in doubts(draft.checked.secrets).values() if draft else ():
            say(question)
        say(f"{path}: {'' if draft else 'fill it in, then '}run: sfsip replay {path} --mode plan")
        say(f"Or go on in JupyterLab: sfsip jupyter {path}")
