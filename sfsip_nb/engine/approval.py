"""A person's yes to an attempt's test calls, which ring somebody and cost money.

On a live customer nothing is dialed before it. It is given once, to a card, for the attempt and for
what the card says: all calls of all its steps. Or it is given beforehand in the inputs, until a
day. Silence is never a yes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sfsip_nb.engine import people
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.blocks import TestCalls
from sfsip_nb.sip.shown import counted

INPUT = "test_calls.approved"
"""Where the yes may stand beforehand."""

LONGEST = 120.0
"""Seconds from the answer after which any call from an account is hung up."""

_TITLE = "Approve this attempt's test calls"


@dataclass(frozen=True)
class PlannedCalls:
    """Calls that a step places, or has a platform place, as far as the inputs say.

    ``payer`` says in words where they come from, which is whom they are billed to. ``seconds`` is
    the longest of them, from the answer on; None where nobody here can end it.
    """

    count: int
    payer: str
    seconds: float | None


def standing(calls: TestCalls) -> str:
    """Who approved them beforehand, and until when; empty: nobody, or that day is over."""
    by, until = calls.approved.by, calls.approved.until
    return f"{by}, until {until}" if until and until >= _today() else ""


def by(ctx: Context) -> str:
    """Who approved this attempt's calls as they would be placed now; empty: nobody."""
    if said := standing(ctx.parameters.test_calls):
        return said
    for step, answer in ctx.journal.people().items():
        if answer.card.standing == INPUT and people.current_answer(ctx, card(ctx, step)):
            return answer.done_by
    return ""


def missing(ctx: Context) -> str:
    """Why no call may be placed yet; empty where a yes is there, or none is needed."""
    if not _due(ctx) or by(ctx):
        return ""
    return (
        f"Nobody has approved this attempt's test calls yet: give a name below the card “{_TITLE}”"
        f" of a step that dials, or set {INPUT} with a last day."
    )


def asked(ctx: Context, step: str) -> Card | None:
    """The card of a step that dials, as long as a yes is what its calls lack."""
    lacks = ctx.parameters.test_calls.allowed and missing(ctx)
    return card(ctx, step) if lacks else None


def card(ctx: Context, step: str) -> Card:
    """What a person approves: the same of every step of an attempt that dials."""
    calls, planned = ctx.parameters.test_calls, _planned(ctx)
    until = calls.approved.until
    numbers = ", ".join(ranges.compact(calls.destinations)) or "none: test_calls.destinations"
    most = f"at most {calls.max} in this attempt, {calls.per_minute} a minute, one at a time"
    lapsed = f" The approval of {calls.approved.by} expired on {until}." if until else ""
    return Card(
        step=step,
        system="caller",
        title=_TITLE,
        path=("read what is called", "your name below", "run the cell again: it dials"),
        fields=(
            CardField("Numbers that may be called", numbers, "numbers"),
            CardField("Calls", f"{most}; planned: {sum(p.count for p in planned)}", "calls"),
            CardField("Longest call", _longest(planned), "seconds"),
            CardField("From", "; ".join(_by_payer(planned)), "account"),
            CardField("Cost", "the carrier bills the account, both platforms the minutes", "cost"),
        ),
        why="These calls ring those numbers, and they cost money. One approval covers all of"
        f" them, no matter which step you give it in.{lapsed}",
        look_for="These are the numbers, the number of calls and the account that you agree to pay"
        " for.",
        proved_by=step,
        each_attempt=True,
        decision=True,
        standing=INPUT,
    )


def _due(ctx: Context) -> bool:
    """Whether somebody answers for the calls: on a live customer, and in a rehearsal for those of
    an account or an assistant, where a person makes the calls there."""
    calls = ctx.parameters.test_calls
    rehearsed = ctx.parameters.by_hand.calls and (calls.caller.uri or calls.ai_caller)
    return ctx.live or bool(rehearsed)


def _planned(ctx: Context) -> list[PlannedCalls]:
    """The calls of all steps of an attempt that the inputs call for, in the guide's order."""
    return [
        each
        for step in ctx.guide.steps
        if step.calls and not (step.skip_reason and step.skip_reason(ctx))
        for each in step.calls(ctx)
    ]


def _longest(planned: Iterable[PlannedCalls]) -> str:
    known = [each.seconds for each in planned if each.seconds is not None]
    open_ended = any(each.seconds is None for each in planned)
    return "; ".join(
        [
            *([f"{max(known):g} seconds"] if known else []),
            *(["an assistant's call, until one of the two hangs up"] if open_ended else []),
        ]
    )


def _by_payer(planned: Iterable[PlannedCalls]) -> list[str]:
    counts = defaultdict[str, int](int)
    for each in planned:
        counts[each.payer] += each.count
    return [f"{payer} ({counted(count, 'call')})" for payer, count in counts.items()]


def _today() -> date:
    return datetime.now(UTC).date()
