"""A test call placed by the runbook itself, as an external phone, and what the wire shows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sfsip_nb import sip
from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import approval, dialing
from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.engine.context import Context, Overheard
from sfsip_nb.engine.rows import CallRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.platforms.shared import heard, interrupted
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.speech import SpokenScript, unhurried
from sfsip_nb.platforms.shared.stages import CallScript, CallStage, in_words, longest
from sfsip_nb.sip import evidence, ladder, loop, pcap
from sfsip_nb.sip import probes as wire
from sfsip_nb.sip.evidence.causes import explained
from sfsip_nb.sip.evidence.diagnose import decisive
from sfsip_nb.sip.media import figures

if TYPE_CHECKING:
    from sfsip_nb.platforms.shared.line import PhoneLine
    from sfsip_nb.sip import Call, Credentials, ProbeResult
    from sfsip_nb.sip.media.g711 import Samples
    from sfsip_nb.sip.probes.plan import Kind
    from sfsip_nb.sip.sdp import Srtp

SPEECH_HZ = 1004.0  # what the caller says
TRANSFER_REQUEST_HZ = 1400.0  # "please transfer me"
AGENT_HZ = 440.0  # the AI agent's voice on the testbed
PERSON_HZ = 620.0  # the live agent's voice on the testbed

_ANSWER_SECONDS = 25.0

_WHO_CALLS_REFUSED = (401, 403, 407)
"""Answers to credentials or to a caller's number; a far end's own reach us as other codes."""


@dataclass
class ObservedCall:
    """A call as its caller saw it. ``heard`` has one entry a stage.

    ``remedy`` is what the diagnosis of its messages says, ``isolated`` which difference made a
    failed call work, if that was looked for. ``referred`` is whom the other side asked the caller
    to call instead, which is declined. ``in_words``: the caller said recordings and no tones.
    ``watched`` says that both ends can be seen, ``agent``
    is then what the AI agent's end heard, if the call got there. ``media`` is where the other end
    wants its audio. ``answering`` is how the other end answered, in speech. ``seconds`` is from the
    answer to the end. ``held_up`` says that its ``account`` itself did not let it out: not reached,
    silent, or it was refused who calls. ``samples`` are the sound after the answer, where that
    was asked for (8 kHz), which are never kept.
    """

    number: str
    caller: str
    mark: str
    since: datetime
    account: str = ""
    held_up: bool = False
    in_words: bool = False
    code: int = 0
    phrase: str = ""
    codes: tuple[int, ...] = ()
    heard: list[bool] = field(default_factory=list)
    referred: str = ""
    codec: str = ""
    bye_code: int | None = None
    retransmitted: int = 0
    challenges: int = 0
    ended_by: str = ""
    seconds: float | None = None
    audio: Mapping[str, Any] = field(default_factory=dict)
    media: str = ""
    answering: AnsweringRow | None = None
    answer: str = ""
    remedy: str = ""
    isolated: str = ""
    watched: bool = False
    agent: Overheard | None = None
    evidence: tuple[str, ...] = ()
    samples: Samples | None = field(default=None, repr=False, compare=False)

    @property
    def answered(self) -> bool:
        """Whether the call was answered."""
        return self.code == 200

    @property
    def sound(self) -> str:
        """What came and went of its audio, in words."""
        facts = self.audio
        if not self.codec:
            return "no audio was agreed on"
        words = [facts["came"], f"{facts['packets_sent']} went ({self.codec})"]
        if facts.get("one_way") in figures.DEAF:
            words.append("none of them arrives there (RTCP)")
        if facts["mos"] is not None:
            words.append(f"{facts['loss_percent']:g} % lost, MOS {facts['mos']:.1f}")
        if facts.get("rtt_ms") is not None:
            words.append(f"round trip {facts['rtt_ms']:.0f} ms")
        return ", ".join(words)


def anonymous(user: str) -> str:
    """From of a call that no account places; its host is nobody's (RFC 2606 §2)."""
    return f"sip:{user}@sfsip.invalid"


def knows_voices(ctx: Context) -> bool:
    """Whether it is known here who speaks: where both ends can be seen, each voice is a tone."""
    return ctx.surroundings.agent_ears is not None


def call(
    ctx: Context,
    step: str,
    number: str,
    uri: str,
    stages: Sequence[CallStage],
    *,
    over: PhoneLine | None = None,
    credentials: Sequence[Credentials] = (),
    named: Callable[[str], Mapping[str, str]] = lambda mark: {},
    codecs: Sequence[str] = ("PCMU", "PCMA"),
    srtp: Srtp = "off",
    isolating: bool = False,
    listening: bool = False,
    enough: Callable[[int], bool] = lambda code: False,
) -> ObservedCall:
    """Place one marked call to a SIP URI, speak, listen, hang up, and keep its evidence.

    Without a line it comes from nobody's account. ``isolating``: a call that fails is tried again
    with one difference at a time, each of them allowed and counted as any other. A provisional code
    that is ``enough`` ends the call. ``named`` makes further headers of its mark. ``listening``:
    what is heard is held in memory, also where no media is kept.
    """
    script = CallScript
    if not knows_voices(ctx):
        script, stages = SpokenScript, unhurried(stages, ctx.surroundings.time_scale)
    account = over.account if over else ""
    mark = dialing.permit(ctx, step, number, account)
    caller = over.caller if over else ctx.parameters.test_calls.from_
    made = ObservedCall(number, caller, mark, datetime.now(UTC), account, in_words=in_words(stages))
    plan = wire.CallPlan(
        uri,
        over.from_ if over else anonymous(caller),
        srtp=srtp,
        codecs=codecs,
        headers=named(mark),
        marks={dialing.MARK_HEADER: mark, **(over.headers if over else {})},
        credentials=credentials,
        keep=ctx.parameters.keep_media or listening,
        resolver=ctx.surroundings.resolver,
        tls_client=ctx.surroundings.tls(),
    )
    seconds = longest(stages)
    if account:
        seconds = min(seconds, approval.LONGEST)
    most = _ANSWER_SECONDS + seconds + wire.placing.HANG_UP
    tries: list[tuple[wire.placing.PlacedCall, CallScript]] = []

    async def attempt(plan: wire.CallPlan) -> tuple[ProbeResult, Kind | None]:
        talk = script(stages)
        placed = await wire.placing.place(
            plan,
            talk.run,
            seconds=seconds,
            timeout=most,
            find_speech=True,
            enough=enough,
            on_standing=switch.note if switch else None,
        )
        tries.append((placed, talk))
        if listening and placed.leg:
            made.samples = heard.taken(placed.leg, ctx.parameters.keep_media)
        kind = placed.kind or (None if all(talk.heard) else "unheard")
        said = placed.failed.sentence if placed.failed else ""
        return placed.result("fail" if kind else "pass", said, {}), kind

    def leave() -> Mapping[str, str] | None:
        try:
            return {dialing.MARK_HEADER: dialing.permit(ctx, step, number, account)}
        except dialing.NotAllowed:
            return None

    with ExitStack() as held:
        held.enter_context(waiting(f"test call to {number}", _ANSWER_SECONDS + seconds))
        switch = held.enter_context(_switch(ctx, mark, most, credentials)) if account else None
        try:
            result = loop.run(
                wire.isolating.isolate(plan, attempt, leave if isolating else None), None
            )
        except KeyboardInterrupt:
            ctx.journal.called(mark, CallRow(code=0, phrase="interrupted by a person, and ended"))
            raise
    first, talk = tries[0]
    made.heard, made.referred = talk.heard, talk.referred
    _note(made, first)
    ears = ctx.surroundings.agent_ears
    if ears and made.answered:
        made.watched, made.agent = True, ears(number, made.since, mark)
    made.isolated = result.sentence.removeprefix(first.failed.sentence if first.failed else "")
    made.evidence = _keep(ctx, step, made, uri, first.leg, result)
    ctx.journal.called(mark, _row(made))
    return made


def _switch(ctx: Context, mark: str, seconds: float, logins: Sequence[Credentials]) -> sip.Switch:
    """What ends a call from an account when this process is gone, or its time is over."""
    return sip.Switch(interrupted.report(ctx, mark), seconds, logins, ctx.surroundings.cafile)


def _note(made: ObservedCall, placed: wire.placing.PlacedCall) -> None:
    leg = placed.leg
    refused = leg is not None and leg.code in _WHO_CALLS_REFUSED
    made.held_up = bool(made.account) and (refused or placed.kind in ("unreached", "silent"))
    if leg is None:
        made.phrase = placed.failed.sentence if placed.failed else "not sent"
        return
    made.code, made.phrase, made.codes = leg.code, leg.phrase, tuple(leg.codes)
    made.bye_code, made.ended_by = leg.bye_code, leg.ended_by
    made.retransmitted, made.challenges = leg.retransmitted_200, leg.challenges
    if leg.answered_at and leg.ended_at:
        made.seconds = round((leg.ended_at - leg.answered_at).total_seconds(), 3)
    reason = decisive(placed.trace)
    made.remedy = reason.text if reason else ""
    made.answer = explained(leg.code, leg.phrase, leg.remote_headers).said
    if leg.audio is not None:
        made.codec, made.audio = leg.audio.codec, leg.audio.stats()
        made.answering = _answering(leg)
    if leg.session.answer is not None:
        made.media = leg.session.answer.address


def _answering(leg: Call) -> AnsweringRow | None:
    found = evidence.answers.of(leg)
    return AnsweringRow.model_validate(found) if found else None


def _row(made: ObservedCall) -> CallRow:
    facts = made.audio
    return CallRow(
        code=made.code,
        phrase=made.phrase,
        seconds=made.seconds,
        ended_by=made.ended_by,
        bye_code=made.bye_code,
        codec=made.codec,
        packets_sent=facts.get("packets_sent"),
        packets_received=facts.get("packets_received"),
        loss_percent=facts.get("loss_percent"),
        jitter_ms=facts.get("jitter_ms"),
        round_trip_ms=facts.get("rtt_ms"),
        mos=facts.get("mos"),
        heard=made.heard,
        answering=made.answering,
        evidence=list(made.evidence),
    )


def _keep(
    ctx: Context, step: str, made: ObservedCall, uri: str, leg: Call | None, result: ProbeResult
) -> tuple[str, ...]:
    """The ladder and the capture of a call, its levels, and its sound where media is kept."""
    if not result.trace:
        return ()
    # A name in place of a socket's address: the host called, or the telephone network's.
    host = uri.partition("@")[2].partition(";")[0]
    called = "telephone network" if host == ctx.surroundings.phone else host
    names = {entry.remote: called for entry in result.trace}
    picture = ladder.svg(result.trace, names, title=f"{step}: call to {made.number}")
    keep = partial(ctx.keep_evidence, step, Basis.CALL)
    kept = [
        keep(f"ladder {made.number}", "svg", picture),
        keep(f"capture {made.number}", "pcapng", pcap.dump(result.trace, result.media)),
    ]
    if leg and leg.audio and leg.answered_at and leg.ended_at:
        span = leg.answered_at, leg.ended_at
        levels = heard.kept(made.number, leg.audio, *span, made.agent, made.answering)
        kept.append(keep(f"heard {made.number}", "json", levels))
    if result.wav:
        kept.append(keep(f"heard {made.number}", "wav", result.wav))
    return tuple(kept)


def unplaced(ctx: Context, step: str, why: ObservedCall | str) -> Check:
    """A probe whose call was not placed, and why: nothing is known."""
    return check(
        f"{step}/call",
        "A test call",
        "a call to judge",
        why if isinstance(why, str) else "none",
        None,
        Vantage.HERE,
        advisory=ctx.live,
        reason="Allow test calls to this number, or skip the probe.",
    )
