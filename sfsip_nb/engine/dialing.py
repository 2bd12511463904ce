"""Leave to dial: a call is placed only where ``test_calls`` allows it, marked and counted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import approval
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.rows import DialledRow
from sfsip_nb.inputs.blocks import TestCalls
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.numbers import dial_refusal

MARK_HEADER = "X-Sfsip-Test"
"""The header of an INVITE that carries a call's mark."""


class NotAllowed(SfsipError):
    """A call may not be placed; the text says why and what would allow it."""


def refusal(rules: TestCalls, number: str) -> str:
    """Why a number may not be called, as a sentence; empty where it may, as far as it goes by it.

    Emergency, suicide-prevention, short, premium and shared-cost numbers never may.
    """
    if why := dial_refusal(number):
        return f"{number} is never dialed: {why}."
    if not rules.allowed:
        return "Test calls are not allowed: set test_calls.allowed to true."
    if number not in rules.destinations:
        return f"{number} is not among test_calls.destinations."
    return ""


def permit(
    ctx: Context,
    step: str,
    number: str,
    account: str = "",
    claim: Callable[[str], None] = lambda mark: None,
) -> str:
    """Note a call that is about to be placed and return its mark.

    Each call passes here that a run places or has a platform place: whatever may ring or be
    billed, and so a probe that expects to be refused. ``account`` is the account or the assistant
    that it is billed to, if it is one. ``claim`` gets the mark as a part of the same change of the
    journal: where it raises, no call is noted. Waits for the allowed rate; count, rate and approval
    hold as the call is noted, whatever other notebooks of the run do. Raises ``NotAllowed`` for a
    number that may not be called (`refusal`), past the allowed count, and before somebody has
    approved the attempt's calls.
    """
    rules = ctx.parameters.test_calls
    if why := refusal(rules, number):
        raise NotAllowed(why)
    mark, waited_for = f"sfsip-{uuid.uuid4().hex[:12]}", ""
    while True:
        # Another notebook may place calls of this attempt meanwhile.
        with ctx.journal.database.writing():
            placed = ctx.journal.dialled(ctx.attempt)
            if len(placed) >= rules.max:
                raise NotAllowed(
                    f"This attempt has placed its {rules.max} test calls (test_calls.max)."
                )
            if why := approval.missing(ctx):
                raise NotAllowed(why)
            last = placed[-rules.per_minute :]
            wait = _seconds_left(ctx, last[0]) if len(last) == rules.per_minute else 0.0
            if wait <= 0 or last[0].mark == waited_for:
                claim(mark)
                ctx.journal.dial(ctx.attempt, step, number, mark, account, approval.by(ctx))
                return mark
        with waiting(f"the next call, at most {rules.per_minute} a minute", wait):
            time.sleep(wait)
        waited_for = last[0].mark  # once is enough, even if the clock was set back


def _seconds_left(ctx: Context, call: DialledRow) -> float:
    """Seconds until a call is a minute ago; at most a minute of the run's time."""
    minute = timedelta(seconds=60 / ctx.surroundings.time_scale)
    left = datetime.fromisoformat(call.at) + minute - datetime.now(UTC)
    return min(left, minute).total_seconds()
