"""Which one difference makes a failing request work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from .plan import ORDER, CallPlan, Kind, Leave, Variant, meaning, variants
from .reach import ProbeResult

MOST = 4
"""Variants that are tried for one failure."""

Attempt = Callable[[CallPlan], Awaitable[tuple[ProbeResult, Kind | None]]]
"""Try a plan: what came of it, and how it failed (None: it works)."""


async def isolate(plan: CallPlan, attempt: Attempt, leave: Leave | None) -> ProbeResult:
    """Try a plan; where it fails, try it with one difference at a time until one works.

    Each further try asks `leave` (None: there are none). The verdict stays that of the plan, but
    silence that a variant breaks is a failure: the peer is there. What was tried stands in
    `seen["isolation"]`, and the messages of all tries are in the trace.
    """
    first, kind = await attempt(plan)
    if leave is None or kind is None:
        return first
    tried: list[dict[str, Any]] = []
    trace, media = list(first.trace), list(first.media)
    verdict, ending = first.verdict, ""
    for variant, other in variants(plan, kind)[:MOST]:
        marks = await asyncio.to_thread(leave)
        if marks is None:
            ending = "No more test calls are allowed, so not every difference was tried."
            break
        result, came = await attempt(replace(other, marks={**other.marks, **marks}))
        tried.append(
            {"variant": variant.name, "verdict": result.verdict, "sentence": result.sentence}
        )
        trace += result.trace
        media += result.media
        if found := _difference(variant, plan, kind, came, result):
            verdict, ending = "fail", found
            break
    else:
        names = ", ".join(row["variant"] for row in tried)
        ending = f"Same result {names}." if names else ""
    return replace(
        first,
        verdict=verdict,
        sentence=f"{first.sentence} {ending}".strip(),
        seen=first.seen | {"isolation": tried},
        trace=trace,
        media=media,
    )


def _difference(
    variant: Variant, plan: CallPlan, before: Kind, after: Kind | None, result: ProbeResult
) -> str:
    """What a variant shows, if it came further: it works, or the peer answers at last."""
    if after is None:
        return f"The call works {variant.name}: {meaning(variant, plan)}."
    if before in ("unreached", "silent") and ORDER.index(after) > ORDER.index("silent"):
        why = result.sentence.rstrip(".")
        return f"There is an answer {variant.name} ({why}): {meaning(variant, plan)}."
    return ""
