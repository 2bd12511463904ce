"""Probes that place calls: only what `test_calls` of a parameters file allows."""

from pathlib import Path
from typing import Annotated

import typer

from sfsip_nb.cli.asking import (
    CALLER,
    CODECS,
    Codec,
    Dialing,
    Digits,
    Header,
    Hears,
    Isolate,
    Rules,
    Target,
    Timeout,
    Way,
    address,
    keys,
    recording,
)
from sfsip_nb.cli.grouped import grouped
from sfsip_nb.cli.probe import app
from sfsip_nb.cli.showing import Drawn, Recorded
from sfsip_nb.inputs.errors import InputError


@app.command("call")
@grouped
def probe_call(
    *,
    target: Target,
    parameters: Rules,
    expect_hz: Hears = None,
    send_hz: Annotated[float, typer.Option(help="the tone to send, in Hz")] = 1004.0,
    say: Annotated[
        list[str] | None,
        typer.Option(
            help=f"in place of the tone say {', '.join(CALLER)}, or what a WAV file holds"
            " (8 kHz, 16 bit, mono); may be repeated, each is a turn",
            metavar="NAME|FILE",
        ),
    ] = None,
    barge_in: Annotated[
        bool, typer.Option("--barge-in", help="say it while the agent speaks, not after it")
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(help="how long to talk; default: 3, with --say 15", min=0.2, max=60),
    ] = None,
    digits: Digits = "",
    then_hz: Annotated[
        float | None, typer.Option(help="the tone to expect after the digits, in Hz")
    ] = None,
    codec: Codec = None,
    header: Header = None,
    way: Dialing,
    timeout: Timeout = 38.0,
    isolate: Isolate = False,
    showing: Recorded,
) -> None:
    """Call, send a tone or speech, listen, hang up. Signaling and audio are judged apart.

    What is heard of an agent is measured: its first word, its turns, how it is interrupted.
    """
    from sfsip_nb.sip import probes

    says = [recording(one) for one in say or ()]
    if barge_in and not says:
        raise InputError("--barge-in", "--barge-in needs --say: what to interrupt with.")
    seconds = seconds or (15.0 if says else 3.0)
    plan, allowance = way.call(
        target, parameters, keep=showing.media, codecs=codec or CODECS, headers=header or ()
    )
    if says and (expect_hz or digits):
        raise InputError("--say", "--say goes with neither --expect-hz nor --digits.")
    listening = probes.Listening(
        send_hz, expect_hz, seconds, keys(digits), then_hz, says=says, barge_in=barge_in
    )
    again = allowance.again if isolate else None
    showing.show(timeout, probes.call(plan, listening, timeout=timeout, leave=again))


@app.command("transfer")
@grouped
def probe_transfer(
    *,
    target: Target,
    parameters: Rules,
    to: Annotated[str, typer.Option(help="ask the peer to call this URI", metavar="URI")] = "",
    await_: Annotated[
        bool, typer.Option("--await", help="ask to be transferred, and follow")
    ] = False,
    ask_hz: Annotated[float | None, typer.Option(help="ask with this tone, in Hz")] = None,
    digits: Digits = "",
    expect_hz: Hears = None,
    within: Annotated[float, typer.Option(help="seconds for the transfer", min=1, max=60)] = 15.0,
    way: Dialing,
    timeout: Timeout = 80.0,
    showing: Drawn,
) -> None:
    """Transfer an answered call by REFER, or be transferred (--await)."""
    from sfsip_nb.sip import probes
    from sfsip_nb.sip.fields import uri_parts

    if bool(to) == await_:
        raise InputError("--to", "Give --to URI, or --await to be transferred by the peer.")
    plan, allowance = way.call(target, parameters, keep=showing.media)
    if await_:
        probe = probes.await_transfer(
            plan,
            may_call=allowance.permit,
            ask_hz=ask_hz,
            digits=keys(digits),
            expect_hz=expect_hz,
            within=within,
            timeout=timeout,
        )
    else:
        if refusal := allowance.refusal(uri_parts(to).user):
            raise InputError("--to", refusal)
        if allowance.again() is None:
            raise InputError("test_calls", "A transfer is two calls: raise test_calls.max.")
        probe = probes.transfer(plan, to=to, notify_within=within, timeout=timeout)
    showing.show(timeout, probe)


@app.command("headers")
@grouped
def probe_headers(
    *,
    target: Target,
    parameters: Rules,
    header: Header = None,
    way: Dialing,
    timeout: Timeout = 38.0,
    isolate: Isolate = False,
    showing: Drawn,
) -> None:
    """Send a nonce in an X- header and in User-to-User, and look for it in what returns."""
    from sfsip_nb.sip import probes

    plan, allowance = way.call(target, parameters, keep=showing.media, headers=header or ())
    again = allowance.again if isolate else None
    showing.show(timeout, probes.headers(plan, timeout=timeout, leave=again))


@app.command("codecs")
@grouped
def probe_codecs(
    *,
    target: Target,
    parameters: Rules,
    codec: Codec = None,
    expect_hz: Hears = None,
    seconds: Annotated[float, typer.Option(help="how long each call talks", min=0.2)] = 2.0,
    way: Dialing,
    timeout: Timeout = 38.0,
    showing: Drawn,
) -> None:
    """Call with each codec alone: is the call answered, does that codec come back, is it heard?"""
    from sfsip_nb.sip import probes

    plan, allowance = way.call(target, parameters, keep=showing.media, codecs=codec or CODECS)
    showing.show(
        timeout,
        probes.codecs(
            plan, expect_hz=expect_hz, seconds=seconds, timeout=timeout, leave=allowance.again
        ),
    )


@app.command("unlisted")
@grouped
def probe_unlisted(
    *,
    target: Target,
    parameters: Annotated[
        Path | None,
        typer.Option(help="if TARGET is a number: the file whose test_calls allow the call"),
    ] = None,
    way: Annotated[Way, "transport", "proxy", "ca", "approve"],
    timeout: Timeout = 12.0,
    showing: Drawn,
) -> None:
    """Check that an address on no list is refused: by a call or (no number in TARGET) OPTIONS."""
    from sfsip_nb.sip import probes

    if not address(target).user:
        plan = way.request(target)
    elif parameters is None:
        raise InputError("--parameters", "A call needs --parameters, whose test_calls allow it.")
    else:
        plan, _ = way.call(target, parameters)
    showing.show(timeout, probes.unlisted(plan, timeout=timeout))
