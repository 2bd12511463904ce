"""How an agent answers, measured on calls with the testbed's, against what it really did.

    python -m benchmarks.answering [--turns 200] [--calls 4]

So many turns over a good line, and as many over one that loses 5 % and delays each packet by up to
60 ms, in both directions. The calls are real ones through the contact center's stand-in, several at
once, all in this process. Half of the replies are interrupted.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.ratios import Ratio
from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import World
from tests.telephony import turns
from tests.telephony.telephony_world import provision, running

PAIRS = 5
"""In each call: a question whose answer is interrupted, and what is said then."""

LINES = {
    "good line": (),
    "5 % lost, 60 ms jitter": (
        "synthflow.loss-5-to-caller",
        "synthflow.loss-5-to-agent",
        "synthflow.jitter-60-to-caller",
        "synthflow.jitter-60-to-agent",
    ),
}


async def measure(faults: Sequence[str], least: int, at_once: int) -> turns.Errors:
    """The errors of at least so many turns."""
    found = turns.Errors()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), time_scale=60, faults=faults)
        settle(world)
        provision(world)
        async with running(world) as testbed:
            number = 0
            while found.turns < least:
                callers = [turns.number(number + n) for n in range(at_once)]
                number += at_once
                found.add(await turns.compared(testbed, callers, PAIRS))
                print(f"  {found.turns} turns", end="\r", file=sys.stderr)
        if world._saving:
            world._saving.cancel()
    return found


def row(name: str, errors: Sequence[float], of: int) -> str:
    """The errors of one figure."""
    if not errors:
        return f"{name:<20}  none of {of} measured"
    size = np.abs(errors)
    told = f"p50 {np.percentile(size, 50):5.1f}  p95 {np.percentile(size, 95):5.1f}"
    mean = float(np.mean(errors))
    return (
        f"{name:<20}  {len(errors):>4} of {of:<4} {told}  max {size.max():6.1f}  mean {mean:+5.1f}"
    )


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--calls", type=int, default=4, help="at once")
    asked = parser.parse_args(arguments)
    for name, faults in LINES.items():
        before = os.getloadavg()[0]
        got = asyncio.run(measure(faults, asked.turns, asked.calls))
        calls = len(got.first_words)
        print(f"{name}: {got.turns} turns, {got.missed} missed; load {before:.1f} before")
        print(row("  gap, ms", got.gaps, got.turns))
        print(row("  barge-in, ms", got.barge_ins, got.interruptions))
        print(row("  first word, ms", got.first_words, calls))
        print(row("  greeting, ms", got.greetings, calls))
    return []


if __name__ == "__main__":
    main()
