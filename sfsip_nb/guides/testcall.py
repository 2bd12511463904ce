"""A test call placed by the runbook itself, as an external phone, and what the wire shows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sfsip_nb.guides.checks import check
from sfsip_nb.runbook import dialling
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.verdicts import Check, Vantage
from sfsip_nb.sip import Credentials, UserAgent, ladder, loop

MARK_HEADER = "X-Sfsip-Test"

SPEECH_HZ = 1004.0  # what the caller says
TRANSFER_REQUEST_HZ = 1400.0  # "please transfer me"
AGENT_HZ = 440.0  # the AI agent's voice on the testbed
PERSON_HZ = 620.0  # the live agent's voice on the testbed

_ANSWER_SECONDS = 25.0


@dataclass(frozen=True)
class Stage:
    """While the call stands: what is said and what should be heard, within so many seconds."""

    say: float
    hear: float
    within: float = 6.0
    at_least: float = 0.8


@dataclass
class Placed:
    """A call as its caller saw it. ``heard`` has one entry a stage."""

    number: str
    caller: str
    mark: str
    since: datetime
    code: int = 0
    phrase: str = ""
    heard: list[bool] = field(default_factory=list)
    codec: str = ""
    bye_code: int | None = None
    retransmitted: int = 0
    challenges: int = 0
    ended_by: str = ""
    sent: int = 0
    received: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the call was answered."""
        return self.code == 200


def can_dial(ctx: Context) -> bool:
    """Whether the runbook may and can place calls itself: allowed, and over a telephone line."""
    return bool(ctx.parameters.test_calls.allowed and ctx.surroundings.phone)


def phone(ctx: Context, step: str, number: str, stages: Sequence[Stage]) -> Placed:
    """Call a number from outside, through the telephone network. Raises ``NotAllowed``."""
    return call(ctx, step, number, f"sip:{number}@{ctx.surroundings.phone}", stages)


def call(
    ctx: Context,
    step: str,
    number: str,
    uri: str,
    stages: Sequence[Stage],
    *,
    credentials: Sequence[Credentials] = (),
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Placed:
    """Place one marked call to a SIP URI, speak, listen, hang up, and keep its ladder."""
    mark = dialling.permit(ctx, step, number)
    caller = ctx.parameters.test_calls.from_
    placed = Placed(number, caller, mark, datetime.now(UTC))

    async def go() -> Any:
        around = ctx.surroundings
        async with UserAgent("sfsip", resolver=around.resolver, tls_client=around.tls()) as agent:
            leg = await agent.invite(
                uri,
                from_=f"sip:{caller}@sfsip.invalid",
                headers={MARK_HEADER: mark, **(headers or {})},
                credentials=list(credentials),
                **options,
            )
            await leg.outcome(_ANSWER_SECONDS)
            if leg.ok and leg.audio is not None:
                for stage in stages:
                    leg.audio.play(stage.say)
                    said = asyncio.ensure_future(asyncio.sleep(stage.at_least))
                    placed.heard.append(await leg.audio.heard(stage.hear, stage.within))
                    await said
            await leg.hangup()
            _note(placed, leg)
            return list(leg.trace)

    trace = loop.run(go(), 120)
    if trace:
        # A name in place of a socket's address: the host called, or the telephone network's.
        host = uri.partition("@")[2].partition(";")[0]
        called = "telephone network" if host == ctx.surroundings.phone else host
        names = {entry.remote: called for entry in trace}
        picture = ladder.svg(trace, names, title=f"{step}: call to {number}")
        placed.evidence = (ctx.keep_evidence(step, f"ladder {number}", "svg", picture),)
    return placed


def _note(placed: Placed, leg: Any) -> None:
    placed.code, placed.phrase = leg.code, leg.phrase
    placed.bye_code, placed.ended_by = leg.bye_code, leg.ended_by
    placed.retransmitted, placed.challenges = leg.retransmitted_200, leg.challenges
    placed.headers = {name: leg.header(name) for name in ("Reason", "Warning") if leg.header(name)}
    if leg.audio is not None:
        placed.codec = leg.audio.codec
        placed.sent, placed.received = leg.audio.packets_sent, leg.audio.packets_received


def wire_checks(step: str, placed: Placed, voices: Sequence[str], remedy: str = "") -> list[Check]:
    """What the caller's own end shows: answer, each voice heard, and a clean end.

    Two-way audio is proven by what was heard, signalling by BYE = 200 and no retransmitted 200,
    never one by the other.
    """
    evidence = placed.evidence
    found = [
        check(
            f"{step}/answer",
            f"The call to {placed.number} is answered",
            "200",
            f"{placed.code} {placed.phrase}".strip() + _explained(placed),
            placed.answered,
            Vantage.HERE,
            reason=remedy or "Look at the ladder and at what both platforms recorded.",
            evidence=evidence,
        )
    ]
    if not placed.answered:
        return found
    for voice, heard in zip(voices, placed.heard, strict=False):
        found.append(
            check(
                f"{step}/heard/{voice.replace(' ', '-')}",
                f"The caller hears the {voice}",
                f"the {voice}'s tone",
                f"{'heard' if heard else 'not heard'}; {placed.received} packets came, "
                f"{placed.sent} went ({placed.codec})",
                heard,
                Vantage.HERE,
                reason=remedy or "Open RTP both ways, and compare the media address lists.",
                evidence=evidence,
            )
        )
    clean = placed.bye_code == 200 and placed.retransmitted == 0
    found.append(
        check(
            f"{step}/bye",
            "The call ends cleanly",
            "BYE answered with 200, no 200 retransmitted",
            f"BYE {placed.bye_code or 'unanswered'} ({placed.ended_by or 'nobody'} hung up), "
            f"{placed.retransmitted} retransmitted",
            clean,
            Vantage.HERE,
            reason="In-dialog requests take another way than the INVITE: look at Record-Route.",
            evidence=evidence,
        )
    )
    return found


def _explained(placed: Placed) -> str:
    return "".join(f"; {name}: {value}" for name, value in placed.headers.items())


def unplaced(ctx: Context, step: str, why: Placed | str) -> Check:
    """A probe whose call was not placed, and why: nothing is known."""
    return check(
        f"{step}/call",
        "A test call",
        "a call to judge",
        why if isinstance(why, str) else "none",
        None,
        Vantage.HERE,
        advisory=ctx.live,
        reason="Allow test calls to this number, or leave the probe out.",
    )
