"""Probes on the command line."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sfsip_nb.cli.common import PLAIN, paragraphs, say
from sfsip_nb.inputs.errors import InputError

app = typer.Typer(**PLAIN, help="One check on the wire: 0 pass, 1 fail, 3 inconclusive.")
PROBE_CODES = {"pass": 0, "fail": 1, "inconclusive": 3}

Target = Annotated[str, typer.Argument(help="host, host:port or SIP URI", metavar="TARGET")]


def _probed(probe: Any) -> None:
    """Run a probe, say what it saw, and leave with its exit code."""
    from sfsip_nb.present.style import verdict
    from sfsip_nb.present.text import columns
    from sfsip_nb.sip import loop

    result = loop.run(probe, 60)
    say(columns(f"{verdict(result.verdict)} {result.sentence}", ("", ""), result.seen.items()))
    raise typer.Exit(PROBE_CODES[result.verdict])


@app.command("options")
def probe_options(target: Target) -> None:
    """Ask a SIP host whether it answers OPTIONS. Silence proves nothing."""
    with paragraphs():
        from sfsip_nb.sip import probes

        _probed(probes.options(_uri(target)))


@app.command("tls")
def probe_tls(
    target: Target, ca: Annotated[str, typer.Option(help="trust this CA too", metavar="PEM")] = ""
) -> None:
    """Look at a SIP host's certificate: chain, expiry, name, protocol."""
    with paragraphs():
        from sfsip_nb.sip import probes

        host, _, port = target.rpartition(":") if ":" in target else (target, "", "5061")
        if not port.isdigit():
            raise InputError("TARGET", f"{target} has no port number: write host:port.")
        _probed(probes.tls(host, int(port), ca_file=ca or None))


@app.command("call")
def probe_call(
    target: Target,
    parameters: Annotated[
        Path, typer.Option(help="the file whose test_calls allow the call", metavar="FILE")
    ],
) -> None:
    """Call a number that `test_calls` allows, send a tone, and listen."""
    with paragraphs():
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
