"""Codecs, offered one at a time: which are answered, and what then really comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..evidence.finding import Verdict, worst
from .calling import judged
from .listening import Listening
from .placing import place
from .plan import CallPlan, Leave
from .reach import ProbeResult

OFFERS = (("PCMU",), ("PCMA",))


async def codecs(
    plan: CallPlan,
    *,
    offers: Sequence[Sequence[str]] = OFFERS,
    expect_hz: float | None = None,
    seconds: float = 2.0,
    timeout: float = 38.0,
    leave: Leave | None = None,
) -> ProbeResult:
    """One call for each offer. Passes if each is answered, agreed on and heard.

    Each call after the first asks `leave` (None: no limit but the offers), and is bounded by
    `timeout` seconds.
    """
    rows: list[dict[str, Any]] = []
    results: list[ProbeResult] = []
    for number, offer in enumerate(offers):
        marks = await asyncio.to_thread(leave) if leave and number else {}
        if marks is None:
            break
        listening = Listening(expect_hz=expect_hz, seconds=seconds)
        one = replace(plan, codecs=tuple(offer), marks={**plan.marks, **marks})
        placed = await place(
            one, listening.run, seconds=listening.longest, timeout=timeout, name="codecs"
        )
        result, _ = judged(placed, listening)
        results.append(result)
        audio = result.seen.get("audio") or {}
        rows.append(
            {
                "offered": "+".join(offer),
                "verdict": result.verdict,
                "code": result.seen.get("code", 0),
                "answered": audio.get("codec", ""),
                "heard": bool(listening.heard),
                "packets": audio.get("packets_received", 0),
                "sentence": result.sentence,
            }
        )
    verdict, sentence = _judge(rows, len(offers))
    return ProbeResult(
        "codecs",
        verdict,
        sentence,
        results[0].seen.copy() | {"matrix": rows} if results else {"matrix": rows},
        [entry for result in results for entry in result.trace],
        [packet for result in results for packet in result.media],
        next((result.wav for result in results if result.wav), b""),
    )


def _judge(rows: Sequence[dict[str, Any]], asked: int) -> tuple[Verdict, str]:
    parts = [
        f"{row['offered']} works"
        if row["verdict"] == "pass"
        else f"{row['offered']} does not: {row['sentence'].rstrip('.')}"
        if row["verdict"] == "fail"
        else f"{row['offered']} is not known: {row['sentence'].rstrip('.')}"
        for row in rows
    ]
    verdicts: list[Verdict] = [row["verdict"] for row in rows]
    if len(rows) < asked:
        verdicts.append("inconclusive")
        parts.append("no more test calls are allowed, so the rest was not tried")
    return worst(verdicts), "; ".join(parts) + "."
