"""A call from here straight to Synthflow: how it is placed, and what it shows of the AI half.

It goes past the contact center, so that what fails there hides nothing of this half.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfsip_nb import sip
from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.model import Refused
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared import heard, testcall
from sfsip_nb.platforms.shared.checks import check, synthflow
from sfsip_nb.platforms.shared.stages import CallStage, longest
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow.resources import listed_assistant
from sfsip_nb.sip.addresses import is_private

_GREETING = CallStage(testcall.SPEECH_HZ, testcall.AGENT_HZ, within=6.0)
_ASKING = CallStage(testcall.TRANSFER_REQUEST_HZ, None, within=6.0)


def uri(ctx: Context, user: str = "") -> str:
    """Where Synthflow takes calls."""
    at = f"{user}@" if user else ""
    transport = ctx.parameters.sip.transport
    host, port = endpoint.host(ctx.parameters), endpoint.port(ctx.parameters)
    return f"sip:{at}{host}:{port};transport={transport}"


def login(ctx: Context, password: str) -> sip.Credentials:
    """The trunk's user name, and a password."""
    return sip.Credentials(ctx.parameters.sip.username, password)


def logins(ctx: Context) -> list[sip.Credentials]:
    """What the trunk answers a challenge with; nothing where it is known by its address."""
    if ctx.parameters.sip.authentication != "digest":
        return []
    return [login(ctx, ctx.secrets["sip.password"].reveal())]


def may_ask(ctx: Context) -> bool:
    """Whether the AI agent can be asked for a person: its ears take tones for words, and it hands
    a caller over by REFER, so that no person is rung."""
    cold = ctx.parameters.synthflow.transfer.mode == "cold"
    return cold and ctx.surroundings.agent_ears is not None


def planned(ctx: Context, count: int, *, ask: bool = False) -> tuple[PlannedCalls, ...]:
    """So many calls like that."""
    seconds = longest(_stages(ask))
    return (PlannedCalls(count, "this machine, straight to Synthflow", seconds),)


def _stages(ask: bool) -> list[CallStage]:
    return [_GREETING, _ASKING] if ask else [_GREETING]


def place(
    ctx: Context,
    step: str,
    number: str,
    logins: list[sip.Credentials],
    *,
    ask: bool = False,
    **options: Any,
) -> ObservedCall | str:
    """Call the AI agent and listen for its greeting; why not, where that is not allowed.

    With ``ask`` the caller then wants a person. Over TLS audio is encrypted, as Synthflow takes it.
    """
    try:
        return testcall.call(
            ctx,
            step,
            number,
            uri(ctx, number),
            _stages(ask),
            credentials=logins,
            srtp="required" if ctx.parameters.sip.transport == "tls" else "off",
            **options,
        )
    except NotAllowed as refusal:
        return str(refusal)


def prepared(ctx: Context, number: str) -> str:
    """The id that Synthflow gives to a call from here before it comes; empty where it gives none.

    That it can be asked is no condition of a call, so that a refusal is none either.
    """
    client, wanted = synthflow(ctx), ctx.parameters.assistant_of(number)
    try:
        assistant = listed_assistant(client, wanted)
        if assistant is None:
            return ""
        caller = ctx.parameters.test_calls.from_
        return client.prepare_call(str(assistant["model_id"]), caller, number)
    except (ApiError, Refused):
        return ""


def why(placed: ObservedCall) -> str:
    """What would mend a call, as far as this end can tell."""
    if placed.answered:
        return f"{placed.isolated} Open RTP both ways, and compare the media addresses.".strip()
    return " ".join(f"{placed.remedy} {placed.isolated}".split()) or placed.phrase


def reachable(ctx: Context, step: str, placed: ObservedCall) -> Check:
    """Where Synthflow wants audio: nothing from outside gets to a private address."""
    listed = facts.synthflow_addresses(ctx.parameters.synthflow.region, "media")
    known = not ctx.live or placed.media in {entry.address for entry in listed}
    private = is_private(placed.media)
    return check(
        f"{step}/media",
        "Synthflow names a media address that can be reached",
        "no private address" + (", one of the published list" if ctx.live else ""),
        f"Synthflow at {placed.media}{', a private address' if private else ''}",
        False if private else known or None,
        Vantage.HERE,
        advisory=True,
        reason="Its SDP names a private address: audio is lost unless it answers to where audio"
        " comes from."
        if private
        else f"Firewalls that let in only {', '.join(e.address for e in listed)} stop this audio.",
        evidence=placed.evidence,
    )


def understood(step: str, placed: ObservedCall, row: SeenCall | None) -> Iterator[Check]:
    """Whether the AI agent heard and understood the caller, where its ears take tones for words."""
    if not (placed.watched and placed.answered):
        return
    remedy = "Open RTP from here to Synthflow, and compare the media addresses."
    yield heard.by_the_agent(step, placed.agent, testcall.SPEECH_HZ, remedy, placed.evidence)
    if row is not None:
        understood = "human:" in str(row.facts.get("transcript")).lower()
        yield check(
            f"{step}/transcript",
            "The AI agent understands a call from here",
            "what the caller says",
            "what the caller says" if understood else "nothing of what the caller says",
            understood,
            Vantage.SYNTHFLOW,
            reason="Look at the assistant's language and transcription.",
            evidence=placed.evidence,
        )


def named(step: str, call_id: str, row: SeenCall, placed: ObservedCall) -> Iterator[Check]:
    """Whether a call that was prepared is recorded under the id that it was given."""
    yield check(
        f"{step}/prepared",
        "The call has the id that Synthflow gave it before",
        call_id,
        row.id,
        row.id == call_id or None,
        Vantage.SYNTHFLOW,
        advisory=True,
        reason="X-EI did not arrive, or Synthflow keeps another id: calls are joined without it.",
        evidence=placed.evidence,
    )


def handed_over(step: str, placed: ObservedCall) -> Iterator[Check]:
    """Whether the AI agent refers a caller from here who asked for a person, who then declines."""
    if placed.answered:
        yield check(
            f"{step}/transfer",
            "The AI agent transfers a call from here",
            "a REFER",
            f"a REFER to {placed.referred}" if placed.referred else "no REFER",
            bool(placed.referred),
            Vantage.HERE,
            reason="Look at the assistant's actions, and at the call in Synthflow's log.",
            evidence=placed.evidence,
        )
