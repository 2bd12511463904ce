"""The command `sfsip`. Exit codes: CONTRACT §5."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.replay.lean import without_grammars

without_grammars()  # before anything imports nbformat

BAD_INPUT = 2
BROKE_OFF = 4
PROBE_CODES = {"pass": 0, "fail": 1, "inconclusive": 3}

_PLAIN: dict[str, Any] = {"no_args_is_help": True, "add_completion": False}
app = typer.Typer(
    **_PLAIN,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Connect a contact centre to Synthflow over SIP, and prove that it works.",
)
testbed_app = typer.Typer(**_PLAIN, help="The loopback stand-ins.")
probe_app = typer.Typer(**_PLAIN, help="One check on the wire: 0 pass, 1 fail, 3 inconclusive.")
app.add_typer(testbed_app, name="testbed")
app.add_typer(probe_app, name="probe")

Folder = Annotated[Path, typer.Argument(help="the run's folder", metavar="DIR")]


def main() -> None:
    """Entry point. SIGTERM ends a command as Ctrl-C does: orderly, with exit code 4."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()


@contextmanager
def _paragraphs() -> Iterator[None]:
    """What a user can mend becomes one paragraph on stderr and an exit code."""
    try:
        yield
    except typer.Exit:
        raise
    except InputError as error:
        _stop(str(error), BAD_INPUT)
    except SfsipError as error:
        _stop(str(error), BROKE_OFF)
    except KeyboardInterrupt:
        _stop("Interrupted. The same command goes on from here.", BROKE_OFF)
    except Exception as error:
        # Neither the message nor the trace is printed: either may hold a secret.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}, line {frame.lineno}"
        _stop(
            f"sfsip met a fault of its own ({type(error).__name__} in {where}) and broke off. The "
            "same command goes on from here; if it stops again, report this line.",
            BROKE_OFF,
        )


def _stop(paragraph: str, code: int) -> None:
    from sfsip_nb.present.text import visible

    print(visible(paragraph), file=sys.stderr)
    raise typer.Exit(code)


def _say(line: str) -> None:
    print(line, flush=True)


@app.command()
def replay(
    parameters: Annotated[Path, typer.Argument(help="a file of parameters", metavar="PARAMETERS")],
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
) -> None:
    """Run a guide's notebooks headlessly and write the record."""
    with _paragraphs():
        from sfsip_nb import session

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
        )
        from sfsip_nb.replay.series import replay as run

        raise typer.Exit(run(prepared, _notebooks(), _say, chosen))


def _sections(only: str) -> list[str]:
    numbers = [number.strip().zfill(2) for number in only.split(",") if number.strip()]
    if unknown := [number for number in numbers if not ("01" <= number <= "07")]:
        raise InputError("--only", f"--only names {', '.join(unknown)}; the sections are 01 to 07.")
    return numbers


def _notebooks() -> Path:
    """The notebooks' folder in the project's checkout."""
    folder = Path(__file__).resolve().parents[1] / "notebooks"
    if not folder.is_dir():
        raise InputError(
            "notebooks",
            f"The notebooks are not at {folder}. Install the project from its checkout with"
            " pip install -e . and run the command again.",
        )
    return folder


@app.command()
def record(
    folder: Folder,
    check: Annotated[bool, typer.Option(help="compare every attempt with its SHA256SUMS")] = False,
) -> None:
    """Show a run's newest record, or check its attempts' files.

    What was done by hand in the notebooks is written down as an attempt first.
    """
    with _paragraphs():
        from sfsip_nb.replay import sums
        from sfsip_nb.replay.kept import attempts_of, summary

        if not check and (folder / "journal.sqlite3").is_file():
            _keep_interactive(folder)
        attempts = attempts_of(folder)
        if not attempts:
            raise InputError(
                "DIR", f"{folder} holds no attempt. Name a run's folder, or one of its attempts."
            )
        if not check:
            _say(str(summary(attempts[-1])))
            return
        found = {attempt.name: sums.check(attempt) for attempt in attempts}
        for name, difference in found.items():
            _say(f"{name}: {difference or 'as written'}")
        raise typer.Exit(1 if any(found.values()) else 0)


def _keep_interactive(folder: Path) -> None:
    from sfsip_nb import session
    from sfsip_nb.inputs.load import from_namespace
    from sfsip_nb.inputs.secrets import Redactor
    from sfsip_nb.replay.kept import keep_interactive
    from sfsip_nb.runbook.journal import Journal

    journal = Journal(folder / "journal.sqlite3")
    with closing(journal):
        if kept := journal.get("parameters"):
            secrets = from_namespace(kept["guide"], kept["values"]).secrets().values()
            redactor = Redactor(secret.reveal() for secret in secrets)
            keep_interactive(journal, session.GUIDES[kept["guide"]], folder, redactor)


@app.command()
def rollback(folder: Folder) -> None:
    """Undo what a run changed, newest first, and only that."""
    with _paragraphs():
        from sfsip_nb import session
        from sfsip_nb.runbook.rollback import rollback as undo

        with closing(session.reopen(folder)) as run:
            undone = undo(run.engine.ctx)
        for item in undone:
            _say(f"{'✔' if item.ok else '✖'} {item.what}: {item.result}")
        if not undone:
            _say("Nothing to undo.")
        raise typer.Exit(0 if all(item.ok for item in undone) else 3)


@app.command()
def new(
    guide: Annotated[str, typer.Argument(help="genesys or talkdesk", metavar="GUIDE")],
    target: Annotated[str, typer.Argument(help="the file to write", metavar="FILE")] = "",
) -> None:
    """Write a file of parameters for a live customer, to be filled in."""
    with _paragraphs():
        from sfsip_nb.inputs.load import example_yaml
        from sfsip_nb.inputs.schema import GUIDES

        if guide not in GUIDES:
            raise InputError("GUIDE", f"There is no guide {guide!r}: name {' or '.join(GUIDES)}.")
        path = Path(target or f"{guide}.yaml")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(example_yaml(guide, live=True))
        except OSError as error:
            raise InputError(
                "FILE", f"{path} cannot be written ({error.strerror}). Name another file."
            ) from None
        _say(f"{path}: fill it in, then run: sfsip replay {path} --mode plan")


@app.command()
def jupyter() -> None:
    """Open the notebooks in JupyterLab."""
    with _paragraphs():
        settings = Path(__file__).parent / "present" / "jupyter"
        paths = [str(settings), os.environ.get("JUPYTER_CONFIG_PATH", "")]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
        _become("jupyterlab", str(_notebooks()), "--KernelManager.transport_encryption=required")


def _become(module: str, *arguments: str) -> None:
    """Go on as `python -m module`, in this process."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


@testbed_app.command("start")
def start_testbed(
    folder: Annotated[Path, typer.Argument(help="the run's folder", metavar="DIR")] = Path(
        "runs/testbed"
    ),
    time_scale: Annotated[float, typer.Option(help="how much shorter waits are")] = 60,
    seed: Annotated[int, typer.Option(help="of all that is random")] = 1,
    fault: Annotated[list[str] | None, typer.Option(help="break this from the start")] = None,
) -> None:
    """Run a testbed in the foreground; its first line is JSON with all addresses."""
    faults = [word for name in fault or [] for word in ("--fault", name)]
    numbers = ["--time-scale", str(time_scale), "--seed", str(seed)]
    _become("sfsip_nb.testbed", "--dir", str(folder), *numbers, *faults)


@testbed_app.command("stop")
def stop_testbed(folder: Folder) -> None:
    """End the testbed of a run."""
    with _paragraphs():
        from sfsip_nb.testbed import life

        _say("Ended." if life.stop(folder) else f"No testbed is running in {folder}.")


@testbed_app.command("faults")
def list_faults() -> None:
    """List what the testbed can break, and the troubleshooting row that each leads to."""
    from sfsip_nb.present.text import columns
    from sfsip_nb.testbed.faults import FAULTS

    rows = [(fault.name, fault.effect, fault.row) for fault in FAULTS.values()]
    _say(columns("Faults", ("name", "what it breaks", "troubleshooting row"), rows))


Target = Annotated[str, typer.Argument(help="host, host:port or SIP URI", metavar="TARGET")]


def _probed(probe: Any) -> None:
    """Run a probe, say what it saw, and leave with its exit code."""
    from sfsip_nb.present.style import verdict
    from sfsip_nb.present.text import columns
    from sfsip_nb.sip import loop

    result = loop.run(probe, 60)
    _say(columns(f"{verdict(result.verdict)} {result.sentence}", ("", ""), result.seen.items()))
    raise typer.Exit(PROBE_CODES[result.verdict])


@probe_app.command("options")
def probe_options(target: Target) -> None:
    """Ask a SIP host whether it answers OPTIONS. Silence proves nothing."""
    with _paragraphs():
        from sfsip_nb.sip import probes

        _probed(probes.options(_uri(target)))


@probe_app.command("tls")
def probe_tls(
    target: Target, ca: Annotated[str, typer.Option(help="trust this CA too", metavar="PEM")] = ""
) -> None:
    """Look at a SIP host's certificate: chain, expiry, name, protocol."""
    with _paragraphs():
        from sfsip_nb.sip import probes

        host, _, port = target.rpartition(":") if ":" in target else (target, "", "5061")
        if not port.isdigit():
            raise InputError("TARGET", f"{target} has no port number: write host:port.")
        _probed(probes.tls(host, int(port), ca_file=ca or None))


@probe_app.command("call")
def probe_call(
    target: Target,
    parameters: Annotated[
        Path, typer.Option(help="the file whose test_calls allow the call", metavar="FILE")
    ],
) -> None:
    """Call a number that `test_calls` allows, send a tone, and listen."""
    with _paragraphs():
        from sfsip_nb.inputs.load import load_file
        from sfsip_nb.inputs.numbers import dial_refusal

        rules = load_file(parameters).test_calls
        number = _uri(target).partition(":")[2].partition("@")[0]
        if refusal := dial_refusal(number):
            raise InputError("TARGET", f"{number} is never dialled: {refusal}.")
        if not (rules.allowed and number in rules.destinations):
            raise InputError(
                "test_calls",
                f"{number} is not dialled: {parameters} does not allow it. Set test_calls.allowed"
                " and add the number to test_calls.destinations.",
            )
        from sfsip_nb.sip import probes

        caller = f"sip:{rules.from_ or 'sfsip'}@sfsip.invalid"
        _probed(probes.call(_uri(target), from_=caller))


def _uri(target: str) -> str:
    return target if target.startswith(("sip:", "sips:")) else f"sip:{target}"
