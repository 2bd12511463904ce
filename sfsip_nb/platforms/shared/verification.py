"""Guide section "Verification": the guide's tests, judged on both sides' own records.

One mechanism for every contact center, "call this number now": the runbook dials where that is
allowed and possible, else a person does; then the same call is found in the platform's records
and in Synthflow's, joined, and judged. What differs between platforms is the platform's list of
calls and what a check looks at in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sfsip_nb.engine import approval, calls
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import MARK_HEADER, NotAllowed
from sfsip_nb.engine.model import Ask, Card, CardField, Step
from sfsip_nb.engine.trouble import once, told
from sfsip_nb.engine.verdicts import Check, Weight
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.shared import (
    ai_caller,
    answering,
    interrupted,
    line,
    recognition,
    sampling,
    testcall,
    wire,
)
from sfsip_nb.platforms.shared.checks import of_number
from sfsip_nb.platforms.shared.join import Sides, joined, not_made
from sfsip_nb.platforms.shared.stages import CallStage
from sfsip_nb.platforms.shared.watch import Sought, WatchedPlatform, answered, find

SECTION = "05-verification"

_GREETING = CallStage(None, testcall.AGENT_HZ, within=8.0, at_least=0.0)
_HELLO = CallStage("hello", testcall.AGENT_HZ, within=5.0)
_QUESTION = CallStage("again", testcall.AGENT_HZ, within=5.0)
_HANDED_OVER = CallStage("person", testcall.PERSON_HZ, within=15.0)

_PROMPT = 8.0
"""Seconds to wait for a voice on the testbed, where nobody has to think or walk to a phone."""


@dataclass(frozen=True)
class Test:
    """One of the guide's tests: which numbers it dials, and which voices the caller should hear."""

    __test__ = False

    step: str
    title: str
    voices: tuple[str, ...]
    stages: tuple[CallStage, ...]
    say: str
    called: Callable[[Parameters], list[str]]


INBOUND = Test(
    "verify.inbound",
    "Inbound call",
    ("AI agent",),
    (_HELLO,),
    "Talk to the agent for a few sentences, then hang up.",
    sampling.sampled,
)
TRANSFER = Test(
    "verify.transfer",
    "Transfer to a live agent",
    ("AI agent", "live agent"),
    (_GREETING, _HANDED_OVER),
    "Ask the agent for a person; talk to that person, then hang up.",
    sampling.one_each,
)


Checks = Callable[[Context], list[Check]]
Judge = Callable[[Context, Sides], list[Check]]


def steps(
    platform: str,
    inbound: tuple[Checks, tuple[str, ...]],
    transfer: tuple[Checks, tuple[str, ...]],
    outbound: tuple[Checks, tuple[str, ...]],
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
                calls=planned(test),
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


def planned(test: Test) -> Callable[[Context], tuple[PlannedCalls, ...]]:
    """The test's own calls where the runbook can dial, and the assistant's."""

    def make(ctx: Context) -> tuple[PlannedCalls, ...]:
        own = line.planned(ctx, len(test.called(ctx.parameters)))
        return (*own, *ai_caller.planned(ctx)) if test is INBOUND else own

    return make


def card(test: Test) -> Callable[[Context], Card | None]:
    """The card "call this number now", needed only where the runbook cannot dial itself."""

    def make(ctx: Context) -> Card | None:
        if line.can_dial(ctx):
            cut = any(interrupted.left(ctx, test.step, n) for n in test.called(ctx.parameters))
            return None if cut else approval.asked(ctx, test.step)
        numbers = test.called(ctx.parameters)
        dial = ", ".join(ranges.compact(numbers))
        return Card(
            step=test.step,
            system="phone",
            title=f"Call {dial} now" + (", one after the other" if len(numbers) > 1 else ""),
            path=(
                "Any phone outside the contact center",
                "its number and your name below",
                "run the cell again, then dial: it watches both sides",
            ),
            fields=(CardField("Dial", dial, "number"),),
            asks=(Ask("caller", "The number you called from, as +…"),),
            why="Only a real call seen from both ends proves a live trunk.",
            look_for=test.say,
            proved_by=test.step,
        )

    return make


def run(
    ctx: Context, test: Test, platform: WatchedPlatform, judge: Judge, remedy: str = ""
) -> list[Check]:
    """Call each number of the test, or have a person do it, and judge what both sides have."""
    called = test.called(ctx.parameters)
    found: list[Check] = []
    for number in called:
        found += of_number(ctx, number, _tested(ctx, test, number, platform, judge, remedy))
    if test is INBOUND:
        own = ai_caller.checks(ctx, test.step, platform, called[0])
        found += of_number(ctx, called[0], own)
    whole = ctx.parameters.numbers if test is INBOUND else called
    return [*found, *sampling.not_called(test.step, called, whole)]


def _tested(
    ctx: Context, test: Test, number: str, platform: WatchedPlatform, judge: Judge, remedy: str
) -> list[Check]:
    """Place the call or have a person make it, find it on both sides, and judge it."""
    step = test.step
    if not line.can_dial(ctx):
        sought = answered(ctx, step, number, ctx.given(step, "caller"), False, "inbound")
        sides = find(ctx, platform, sought)
        return [*_judged(ctx, step, sides, judge, remedy), *_expected(ctx, test, sides)]
    if cut := interrupted.left(ctx, step, number):
        since, caller = calls.moment(cut[-1].at), ctx.parameters.test_calls.caller_number
        mark = cut[-1].mark
        keys = {MARK_HEADER: mark}
        sought = Sought(step, number, f"{step}, {mark}", since, caller=caller, keys=keys)
        seen = _judged(ctx, step, find(ctx, platform, sought), judge, remedy)
        told = interrupted.settled(ctx, step, cut)
        # What a call that was cut short lacks says nothing against the trunk.
        return [told, *(replace(each, weight=Weight.ADVISORY) for each in seen)]
    try:
        listening = test is INBOUND and recognition.wanted(ctx.parameters.expect)
        placed = line.phone(ctx, step, number, _stages(ctx, test, listening), listening)
    except NotAllowed as refusal:
        return [not_made(step, str(refusal), "Allow test calls, or more of them.")]
    if placed.held_up:
        return [wire.not_out(step, placed)]
    sought = Sought(
        step,
        number,
        f"{step}, {placed.mark}",
        placed.since,
        caller=placed.caller,
        keys={MARK_HEADER: placed.mark},
        lasted=None if placed.seconds is None else timedelta(seconds=placed.seconds),
    )
    sides = replace(find(ctx, platform, sought), placed=placed)
    own = wire.checks(step, placed, sides, test.voices, remedy)
    return [*own, *_judged(ctx, step, sides, judge, remedy), *_expected(ctx, test, sides)]


def _stages(ctx: Context, test: Test, listening: bool) -> tuple[CallStage, ...]:
    """What is said in a test's call. One reply is no measure of how fast they come, and only one
    that was heard to its end is listened to for words."""
    more = test is INBOUND and ctx.parameters.expect.response_ms
    stages = (*test.stages, _QUESTION) if more else test.stages
    if testcall.knows_voices(ctx):
        stages = tuple(replace(stage, within=min(stage.within, _PROMPT)) for stage in stages)
    return (*stages[:-1], replace(stages[-1], whole=True)) if listening else stages


def _expected(ctx: Context, test: Test, sides: Sides) -> list[Check]:
    """What the agent should say and how fast, of the call that is for it alone."""
    if test is not INBOUND:
        return []
    told = answering.checks(test.step, sides.whole, ctx.parameters.expect)
    return [*told, *recognition.checks(ctx, test.step, sides.whole)]


def started(ctx: Context) -> str:
    """The number that a person, or the testbed's administrator, calls from the platform."""
    return sampling.sampled(ctx.parameters)[0]


def run_started(
    ctx: Context, step: str, platform: WatchedPlatform, judge: Judge, remedy: str = ""
) -> list[Check]:
    """Find and judge the call to the AI that was started on the platform."""
    number = started(ctx)
    sought = answered(ctx, step, number, "", not ctx.by_hand(step), "outbound")
    sides = find(ctx, platform, sought)
    found = of_number(ctx, number, _judged(ctx, step, sides, judge, remedy))
    return [*found, *sampling.not_called(step, [number], ctx.parameters.numbers)]


def _judged(ctx: Context, step: str, sides: Sides, judge: Judge, remedy: str) -> list[Check]:
    refused = [told(step, error) for error in sides.unread.values()]
    return once([*joined(step, sides, remedy), *refused, *judge(ctx, sides.whole)])
