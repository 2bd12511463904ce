"""Probes that place calls: only what `test_calls` of a parameters file allows."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfsip_nb.cli.asking import (
    CODECS,
    Asked,
    Ca,
    Codec,
    Digits,
    Header,
    Hears,
    Isolate,
    Over,
    Password,
    Proxy,
    Rules,
    Srtp,
    Target,
    Timeout,
    User,
    address,
    keys,
    optional_uri,
    over,
    trusting,
    uri,
)
from sfsip_nb.cli.common import paragraphs
from sfsip_nb.cli.probe import app
from sfsip_nb.cli.showing import Json, Ladder, Pcap, Showing, Wav
from sfsip_nb.inputs.errors import InputError

if TYPE_CHECKING:
    from sfsip_nb.cli.allowance import Allowance


@app.command("call")
def probe_call(
    target: Target,
    parameters: Rules,
    expect_hz: Hears = None,
    send_hz: Annotated[float, typer.Option(help="the tone to send, in Hz")] = 1004.0,
    seconds: Annotated[float, typer.Option(help="how long to talk", min=0.2, max=60)] = 3.0,
    digits: Digits = "",
    then_hz: Annotated[
        float | None, typer.Option(help="the tone to expect after the digits, in Hz")
    ] = None,
    codec: Codec = None,
    header: Header = None,
    transport: Over = "",
    srtp: Srtp = "",
    proxy: Proxy = "",
    user: User = "",
    password: Password = "",
    ca: Ca = "",
    timeout: Timeout = 38.0,
    isolate: Isolate = False,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
    wav: Wav = None,
) -> None:
    """Call, send a tone, listen, hang up. Signalling and audio are judged apart."""
    with paragraphs():
        from sfsip_nb.sip import probes

        showing = Showing(json, ladder, pcap, wav)
        asked = Asked(
            *(target, parameters, transport, proxy, user, password, srtp, ca),
            tuple(codec or CODECS),
            tuple(header or ()),
        )
        plan, allowance = asked.plan(showing.media)
        listening = probes.Listening(send_hz, expect_hz, seconds, keys(digits), then_hz)
        again = allowance.again if isolate else None
        showing.show(probes.call(plan, listening, timeout=timeout, leave=again))


@app.command("transfer")
def probe_transfer(
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
    transport: Over = "",
    srtp: Srtp = "",
    proxy: Proxy = "",
    user: User = "",
    password: Password = "",
    ca: Ca = "",
    timeout: Timeout = 80.0,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Transfer an answered call by REFER, or be transferred (--await)."""
    with paragraphs():
        from sfsip_nb.sip import probes
        from sfsip_nb.sip.fields import uri_parts

        if bool(to) == await_:
            raise InputError("--to", "Give --to URI, or --await to be transferred by the peer.")
        showing = Showing(json, ladder, pcap)
        asked = Asked(target, parameters, transport, proxy, user, password, srtp, ca)
        plan, allowance = asked.plan(showing.media)
        if await_:
            probe = probes.await_transfer(
                plan,
                may_call=_counted(allowance),
                ask_hz=ask_hz,
                digits=keys(digits),
                expect_hz=expect_hz,
                within=within,
                timeout=timeout,
            )
        else:
            number = uri_parts(to).user
            if refusal := allowance.refusal(number):
                raise InputError("--to", refusal)
            if allowance.again() is None:
                raise InputError("test_calls", "A transfer is two calls: raise test_calls.max.")
            probe = probes.transfer(plan, to=to, notify_within=within, timeout=timeout)
        showing.show(probe)


@app.command("headers")
def probe_headers(
    target: Target,
    parameters: Rules,
    header: Header = None,
    transport: Over = "",
    srtp: Srtp = "",
    proxy: Proxy = "",
    user: User = "",
    password: Password = "",
    ca: Ca = "",
    timeout: Timeout = 38.0,
    isolate: Isolate = False,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Send a nonce in an X- header and in User-to-User, and look for it in what returns."""
    with paragraphs():
        from sfsip_nb.sip import probes

        showing = Showing(json, ladder, pcap)
        asked = Asked(
            *(target, parameters, transport, proxy, user, password, srtp, ca),
            headers=tuple(header or ()),
        )
        plan, allowance = asked.plan(showing.media)
        again = allowance.again if isolate else None
        showing.show(probes.headers(plan, timeout=timeout, leave=again))


@app.command("codecs")
def probe_codecs(
    target: Target,
    parameters: Rules,
    codec: Codec = None,
    expect_hz: Hears = None,
    seconds: Annotated[float, typer.Option(help="how long each call talks", min=0.2)] = 2.0,
    transport: Over = "",
    srtp: Srtp = "",
    proxy: Proxy = "",
    user: User = "",
    password: Password = "",
    ca: Ca = "",
    timeout: Timeout = 38.0,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Call with each codec alone: is it answered, is it what comes, is it heard?"""
    with paragraphs():
        from sfsip_nb.sip import probes

        showing = Showing(json, ladder, pcap)
        chosen = tuple(codec or CODECS)
        asked = Asked(target, parameters, transport, proxy, user, password, srtp, ca, chosen)
        plan, allowance = asked.plan(showing.media)
        showing.show(
            probes.codecs(
                plan,
                offers=[(name,) for name in chosen],
                expect_hz=expect_hz,
                seconds=seconds,
                timeout=timeout,
                leave=allowance.again,
            )
        )


@app.command("unlisted")
def probe_unlisted(
    target: Target,
    parameters: Annotated[
        Path | None, typer.Option(help="where TARGET is a number: whose test_calls allow the call")
    ] = None,
    transport: Over = "",
    proxy: Proxy = "",
    ca: Ca = "",
    timeout: Timeout = 12.0,
    json: Json = False,
    ladder: Ladder = None,
    pcap: Pcap = None,
) -> None:
    """Be refused: from an address on no list, by a call or (TARGET without number) by OPTIONS."""
    with paragraphs():
        from sfsip_nb.sip import probes

        showing = Showing(json, ladder, pcap)
        if address(target).user and parameters is None:
            raise InputError(
                "--parameters", "A call needs --parameters, whose test_calls allow it."
            )
        if parameters is not None and address(target).user:
            asked = Asked(target, parameters, transport, proxy, "", "", "", ca)
            plan, _ = asked.plan(False)
        else:
            plan = probes.CallPlan(
                uri(target),
                transport=over(transport),
                proxy=optional_uri(proxy),
                tls_client=trusting(ca),
            )
        showing.show(probes.unlisted(plan, timeout=timeout))


def _counted(allowance: "Allowance") -> Callable[[str], str]:
    """Why a number that the peer names may not be called; a permitted one is counted."""

    def may_call(number: str) -> str:
        if refusal := allowance.refusal(number):
            return refusal
        return "" if allowance.again() else "test_calls.max is used up."

    return may_call
