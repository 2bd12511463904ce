"""A person's yes to test calls that cost money: from an account, or by an assistant that calls.

Nothing is dialed from there before it. It is given to a card, for the attempt and for what the
card says, or beforehand in the inputs, until a day. Silence is never a yes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sfsip_nb.engine import people
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField
from sfsip_nb.inputs import ranges
from sfsip_nb.sip.shown import counted

INPUT = "test_calls.approved"
"""Where the yes may stand beforehand."""

LONGEST = 120.0
"""Seconds from the answer after which any call from an account is hung up."""


def payers(ctx: Context) -> list[str]:
    """Whom such calls are billed to, in words: an account, an assistant at Synthflow, or both."""
    calls = ctx.parameters.test_calls
    caller = calls.caller
    over = f"{caller.account} over {caller.transport.upper()}, as {calls.caller_number}"
    return [
        *([over] if caller.uri else []),
        *([assistant(calls.ai_caller)] if calls.ai_caller else []),
    ]


def assistant(name: str) -> str:
    """An assistant that places calls, as the one that they are billed to."""
    return f"the assistant {name} at Synthflow"


def is_due(ctx: Context) -> bool:
    """Whether there are such calls, and a person answers for them."""
    return bool(payers(ctx)) and ctx.parameters.by_hand.calls


def by(ctx: Context) -> str:
    """Who approved this attempt's calls as they would be placed now; empty: nobody."""
    standing = ctx.parameters.test_calls.approved
    if standing.until and standing.until >= _today():
        return f"{standing.by}, until {standing.until}"
    for step, answer in ctx.journal.people().items():
        if answer.card.standing == INPUT and people.current_answer(ctx, card(ctx, step)):
            return answer.done_by
    return ""


def card(ctx: Context, step: str) -> Card:
    """What a person approves: the same of every step of an attempt that dials."""
    calls = ctx.parameters.test_calls
    until = calls.approved.until
    numbers = ", ".join(ranges.compact(calls.destinations)) or "none: test_calls.destinations"
    most = f"at most {calls.max} in this attempt, {calls.per_minute} a minute, one at a time"
    lapsed = f" The approval of {calls.approved.by} expired on {until}." if until else ""
    return Card(
        step=step,
        system="caller",
        title="Approve this attempt's test calls",
        path=("read what is called", "your name below", "run the cell again: it dials"),
        fields=(
            CardField("Numbers that may be called", numbers, "numbers"),
            CardField("Calls", most, "calls"),
            CardField("Longest call", counted(int(LONGEST), "second"), "seconds"),
            CardField("From", "; ".join(payers(ctx)), "account"),
            CardField("Cost", "the carrier bills the account, both platforms the minutes", "cost"),
        ),
        why="These calls go over the public telephone network, and they cost money." + lapsed,
        look_for="Numbers, count and account are those that you want to pay for.",
        proved_by=step,
        each_attempt=True,
        decision=True,
        standing=INPUT,
    )


def missing(ctx: Context) -> str:
    """Why a call from the account may not be placed yet; empty where it may."""
    if not is_due(ctx) or by(ctx):
        return ""
    card = "give a name below the card, or " if ctx.parameters.test_calls.caller.uri else ""
    return (
        f"Nobody has approved calls from {' or '.join(payers(ctx))} in this attempt yet:"
        f" {card}set {INPUT} with a last day."
    )


def _today() -> date:
    return datetime.now(UTC).date()
