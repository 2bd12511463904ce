"""Codecs, offered one at a time: which are answered, and what then really comes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..evidence.finding import Verdict, worst
from .calling import judged
from .listening import Listening
from .placing import place
from .plan import CallPlan, Leave
from .reach import ProbeResult

_OUTCOMES: Mapping[Verdict, str] = {
    "pass": "works",
    "fail": "does not: {}",
    "inconclusive": "is not known: {}",
}


async def codecs(
    plan: CallPlan,
    *,
    expect_hz: float | None = None,
    seconds: float = 2.0,
    timeout: float = 38.0,
    leave: Leave | None = None,
) -> ProbeResult:
    """A call with each codec of the plan alone. Passes if each is answered, agreed on and heard.

    Each call after the first asks `leave` (None: no limit but the codecs), and is bounded by
    `timeout` seconds.
    """
    rows: list[dict[str, Any]] = []
    results: list[ProbeResult] = []
    for codec in plan.codecs:
        marks = await asyncio.to_thread(leave) if leave and rows else {}
        if marks is None:
            break
        listening = Listening(expect_hz=expect_hz, seconds=seconds)
        one = replace(plan, codecs=[codec], marks={**plan.marks, **marks})
        placed = await place(
            one, listening.run, seconds=listening.longest, timeout=timeout, name="codecs"
        )
        result, _ = judged(placed, listening)
        results.append(result)
        audio = result.seen.get("audio") or {}
        rows.append(
            {
                "offered": codec,
                "verdict": result.verdict,
                "code": result.seen.get("code", 0),
                "answered": audio.get("codec", ""),
                "heard": bool(listening.heard),
                "packets": audio.get("packets_received", 0),
                "sentence": result.sentence,
            }
        )
    verdict, sentence = _judge(rows, len(plan.codecs))
    return ProbeResult(
        "codecs",
        verdict,
        sentence,
        {**(results[0].seen if results else {}), "matrix": rows},
        [entry for result in results for entry in result.trace],
        [packet for result in results for packet in result.media],
        next((result.wav for result in results if result.wav), b""),
    )


def _judge(rows: Sequence[dict[str, Any]], asked: int) -> tuple[Verdict, str]:
    parts = [
        f"{row['offered']} {_OUTCOMES[row['verdict']].format(row['sentence'].rstrip('.'))}"
        for row in rows
    ]
    verdicts: list[Verdict] = [row["verdict"] for row in rows]
    if len(rows) < asked:
        verdicts.append("inconclusive")
        parts.append("no more test calls are allowed, so the rest was not tried")
    return worst(verdicts), "; ".join(parts) + "."
