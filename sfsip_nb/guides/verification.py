"""Guide section "Verification": the guide's tests, judged on both sides' own records.

One mechanism for every contact centre, "call this number now": the runbook dials where that is
allowed and possible, else a person does; then the same call is found in the platform's records
and in Synthflow's, joined, and judged. What differs between platforms is the platform's list of
calls and what a check looks at in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.guides import testcall
from sfsip_nb.guides.checks import check, synthflow
from sfsip_nb.guides.synthflow.resources import find_assistant
from sfsip_nb.guides.testcall import Placed, Stage
from sfsip_nb.runbook import calls
from sfsip_nb.runbook.calls import SeenCall
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.dialling import NotAllowed
from sfsip_nb.runbook.model import Ask, Card, CardField, Step
from sfsip_nb.runbook.verdicts import Check, Vantage, Verdict

SECTION = "05-verification"

# A person's clock and "when" may be this far from the call.
AROUND = timedelta(minutes=15)

# Seconds that a platform's records may be late.
_LATE = 90.0

_GREETING = Stage(testcall.SPEECH_HZ, testcall.AGENT_HZ, within=8.0, at_least=1.5)
_HANDED_OVER = Stage(testcall.TRANSFER_REQUEST_HZ, testcall.PERSON_HZ, within=15.0)


@dataclass(frozen=True)
class Test:
    """One of the guide's tests: what is dialled, and which voices the caller should hear."""

    __test__ = False

    step: str
    title: str
    voices: tuple[str, ...]
    stages: tuple[Stage, ...]
    say: str


INBOUND = Test(
    "verify.inbound",
    "Inbound call",
    ("AI agent",),
    (_GREETING,),
    "Speak with the agent for a few sentences, then hang up.",
)
TRANSFER = Test(
    "verify.transfer",
    "Transfer to a live agent",
    ("AI agent", "live agent"),
    (_GREETING, _HANDED_OVER),
    "Ask the agent for a person; speak with the person, then hang up.",
)


@dataclass(frozen=True)
class Sides:
    """One call as both sides recorded it, and as we saw it if we placed it."""

    placed: Placed | None
    platform: SeenCall | None
    synthflow: SeenCall | None
    caller: str


Judge = Callable[[Context], list[Check]]


def steps(
    platform: str,
    inbound: tuple[Judge, tuple[str, ...]],
    transfer: tuple[Judge, tuple[str, ...]],
    outbound: tuple[Judge, tuple[str, ...]],
    outbound_card: Callable[[Context], Card],
) -> tuple[Step, ...]:
    """The section's three tests: how each is judged, and what it needs beside a registration."""
    ready = ("registration.wait",)
    return (
        *(
            Step(
                test.step,
                SECTION,
                test.title,
                (*needs, *ready),
                card=card(test),
                check=judge,
                dials=True,
            )
            for test, (judge, needs) in ((INBOUND, inbound), (TRANSFER, transfer))
        ),
        Step(
            "verify.outbound",
            SECTION,
            f"Outbound from {platform}",
            (*outbound[1], *ready),
            card=outbound_card,
            check=outbound[0],
            dials=True,
        ),
    )


def card(test: Test) -> Callable[[Context], Card | None]:
    """The card "call this number now", needed only where the runbook cannot dial itself."""

    def make(ctx: Context) -> Card | None:
        if testcall.can_dial(ctx):
            return None
        number = ctx.parameters.numbers[0]
        return Card(
            step=test.step,
            system="phone",
            title=f"Call {number} now",
            path=("Any telephone outside the contact centre",),
            fields=(CardField("Dial", number, "number"),),
            asks=(Ask("caller", "The number you called from, as +…"),),
            why="A real call seen from both ends is what proves a live trunk.",
            look_for=test.say,
            proved_by=test.step,
        )

    return make


def run(
    ctx: Context,
    test: Test,
    platform: calls.Source,
    judge: Callable[[Context, Sides], list[Check]],
    remedy: str = "",
) -> list[Check]:
    """Place the call or take the person's, find it on both sides, and judge it."""
    number = ctx.parameters.numbers[0]
    placed: Placed | None = None
    if testcall.can_dial(ctx):
        try:
            placed = testcall.phone(ctx, test.step, number, test.stages)
        except NotAllowed as refusal:
            return [_not_placed(test.step, str(refusal))]
        caller, since, until = placed.caller, placed.since, None
    else:
        answer = ctx.answer(test.step)
        if answer is None:
            return [_not_placed(test.step, "Nobody has called yet.")]
        caller = str(answer["given"].get("caller", ""))
        at = calls.moment(answer["done_at"])
        since, until = at - AROUND, at + AROUND
    wire = testcall.wire_checks(test.step, placed, test.voices, remedy) if placed else []
    mark = placed.mark if placed else ""
    sides = find(ctx, test.step, platform, caller, since, until, fresh=bool(placed), mark=mark)
    sides = replace(sides, placed=placed)
    return [*wire, *joined(test.step, sides, remedy), *judge(ctx, sides)]


def find(
    ctx: Context,
    step: str,
    platform: calls.Source,
    caller: str,
    since: datetime,
    until: datetime | None,
    *,
    fresh: bool,
    mark: str = "",
) -> Sides:
    """The call to the AI's number in the platform's records and in Synthflow's.

    A call that another step (or answer) judged is not this one, nor is one with another ``mark``
    (a probe's); nor, for a ``fresh`` call, is one that this step judged before.
    """
    number = ctx.parameters.numbers[0]
    judged: dict[str, list[str]] = ctx.journal.get("calls.judged", {})
    known = {id for by, ids in judged.items() if fresh or by != step for id in ids}
    patience = max(_LATE / ctx.surroundings.time_scale, 3.0)
    with ctx.phase("the platform's record of the call", patience):
        there = calls.find(platform, caller, number, since, until, patience, known)
    # A contact centre may rewrite the caller's number, so Synthflow's side is found by the called.
    own = _without_other_marks(synthflow_calls(ctx), mark)
    with ctx.phase("Synthflow's record of the call", patience):
        here = calls.find(own, "", number, since, until, patience, known)
    found = [call.id for call in (there, here) if call]
    ctx.journal.put("calls.judged", judged | {step: [*judged.get(step, []), *found]})
    return Sides(None, there, here, caller)


def _without_other_marks(source: calls.Source, mark: str) -> calls.Source:
    def carried(call: SeenCall) -> str:
        return str((call.facts.get("telephony_sip_headers") or {}).get(testcall.MARK_HEADER, ""))

    return lambda since, until: [c for c in source(since, until) if carried(c) in ("", mark)]


def synthflow_calls(ctx: Context) -> calls.Source:
    """Synthflow's call list for the assistant (facts: unknown filters are ignored in silence)."""
    client = synthflow(ctx)

    def source(since: datetime, until: datetime) -> list[SeenCall]:
        assistant = find_assistant(client, ctx.parameters.synthflow.assistant)
        if assistant is None:
            return []
        rows = client.calls(assistant["model_id"], since, until + timedelta(seconds=1))
        return [
            SeenCall(
                Vantage.SYNTHFLOW,
                str(row["call_id"]),
                calls.moment(row["start_time"]),
                str(row.get("phone_number_from") or row.get("lead_phone_number") or ""),
                str(row.get("phone_number_to") or row.get("agent_phone_number") or ""),
                row,
            )
            for row in rows
        ]

    return source


def started_by_a_person(ctx: Context, step: str, platform: calls.Source) -> Sides:
    """The call to the AI that a person (on the testbed, the administrator) started."""
    answer = ctx.answer(step)
    assert answer is not None  # the engine checks nothing before the card is answered
    at = calls.moment(answer["done_at"])
    now = ctx.surroundings.administer is not None
    since, until = (at, None) if now else (at - AROUND, at + AROUND)
    # Judged again, the same answer is the same call; another answer is another one.
    judged = f"{step}, {answer['done_at']}"
    return find(ctx, judged, platform, "", since, until, fresh=False)


def joined(step: str, sides: Sides, remedy: str = "") -> list[Check]:
    """Whether both sides know the call, and whether it is the same one."""
    there, here = sides.platform, sides.synthflow
    found = [
        check(
            f"{step}/platform",
            "The platform recorded the call",
            "a record at that time, with that number",
            f"{there.id}, {_at(there)}" if there else "no such call",
            there is not None,
            reason="The call did not reach the platform, or its records are late: run the step "
            "again in a few minutes.",
        ),
        check(
            f"{step}/synthflow",
            "Synthflow recorded the call",
            "a record at that time, with that number",
            f"{here.id}, {_at(here)}" if here else "no such call",
            here is not None,
            Vantage.SYNTHFLOW,
            reason=remedy or "The call never reached the agent: see what the platform recorded.",
        ),
    ]
    if there and here:
        apart = abs((there.started - here.started).total_seconds())
        found.append(
            check(
                f"{step}/joined",
                "Both records are the same call",
                "started at most 20 s apart",
                f"{apart:.1f} s apart",
                calls.same(there, here),
                reason="Another call came in between: run the step again.",
            )
        )
    return found


def agent_checks(ctx: Context, step: str, sides: Sides, transcript: bool = True) -> list[Check]:
    """What Synthflow says of the call: answered by the assistant, both voices in the transcript."""
    if sides.synthflow is None:
        return []
    row = sides.synthflow.facts
    status = str(row.get("call_status") or row.get("status") or "")
    assistant = find_assistant(synthflow(ctx), ctx.parameters.synthflow.assistant) or {}
    found = [
        check(
            f"{step}/assistant",
            "The AI agent answered",
            ctx.parameters.synthflow.assistant,
            f"{assistant.get('name')}, {status or 'no status'}"
            + (f", {row['error_message']}" if row.get("error_message") else ""),
            row.get("model_id") == assistant.get("model_id")
            and status in ("completed", "in-progress"),
            Vantage.SYNTHFLOW,
            reason="Look at the call's error in Synthflow's log.",
        )
    ]
    if transcript:
        text = str(row.get("transcript") or "").lower()
        both = "human:" in text and "bot:" in text
        found.append(
            check(
                f"{step}/transcript",
                "The transcript has both speakers",
                "caller and agent",
                "both" if both else "one or none",
                both,
                Vantage.SYNTHFLOW,
                reason="The agent did not hear the caller, or was not heard: open RTP both ways.",
            )
        )
    return found


def caller_id(step: str, seen: str, caller: str, vantage: Vantage, where: str) -> Check:
    """Whether the caller's own number arrived somewhere."""
    return check(
        f"{step}/caller-id/{where.replace(' ', '-')}",
        f"The caller's number arrives at {where}",
        caller or "a number",
        calls.digits(seen) or seen or "none",
        bool(calls.digits(seen)) and (not caller or calls.digits(seen) == calls.digits(caller)),
        vantage,
        reason="Look at the caller ID settings of the trunk and at E.164 in the From header.",
    )


def _not_placed(step: str, why: str) -> Check:
    return Check(
        id=f"{step}/call",
        title="A test call",
        expected="a call to judge",
        seen=why,
        verdict=Verdict.WAITING,
        vantage=Vantage.HERE,
        reason="Call the number and answer the card, or allow test calls.",
    )


def _at(call: SeenCall) -> str:
    return call.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def participants(call: SeenCall | None, purposes: Sequence[str]) -> list[dict[str, Any]]:
    """A conversation's participants of some purposes, dead legs included."""
    found = (call.facts.get("participants") or []) if call else []
    return [p for p in found if p.get("purpose") in purposes]
