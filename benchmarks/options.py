"""OPTIONS per second: our user agent against SIPp, both asking the same Kamailio, in one run.

    python -m benchmarks.options [--requests 6000] [--window 64] [--rounds 3]

Both keep `window` requests in flight, by turns, and Kamailio answers without state. Ours is the
very `UserAgent` of the probes, with its trace, its timers and its lenient reading of each answer.
SIPp sends a prepared text and looks for a status code, so the ratio says what reading and
evidence cost. The median of the rounds is printed; absolute numbers depend on the machine.
"""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ratios import Ratio
from sfsip_nb.sip import MapResolver, UserAgent
from tests.sip.peers.kamailio import Kamailio, kamailio
from tests.sip.peers.sipp import CALLED, recv, request, sipp


async def ours(target: str, requests: int, window: int) -> float:
    """OPTIONS answered per second by our agent."""
    async with UserAgent("benchmark", resolver=MapResolver()) as agent:
        left = iter(range(requests))

        async def ask() -> None:
            for _ in left:
                answer = await agent.request("OPTIONS", target)
                if answer is None or answer.code != 200:
                    raise RuntimeError(f"Kamailio answered {answer!r}")

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(window)))
        return requests / (time.perf_counter() - began)


def theirs(proxy: Kamailio, folder: Path, requests: int, window: int) -> float:
    """OPTIONS answered per second by SIPp, by its own count."""
    options = ("-l", str(window), "-r", "50000", "-s", "probe")
    target = f"127.0.0.1:{proxy.port}"
    steps = (request("OPTIONS", to=CALLED), recv(200))
    with sipp(folder, *steps, target=target, calls=requests, options=options) as client:
        asyncio.run(client.judged(60))
        told = re.search(r"Call Rate .*\|\s*([\d.]+) cps\s*$", client.program.tail(), re.M)
    if told is None:
        raise RuntimeError("SIPp does not say its rate")
    return float(told[1])


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Run by turns, print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    rates: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder, kamailio(Path(folder)) as proxy:
        for turn in range(asked.rounds):
            own = asyncio.run(ours(proxy.uri(), asked.requests, asked.window))
            # SIPp is so much faster that it needs more requests to run for a comparable time.
            other = theirs(proxy, Path(folder) / f"{turn}", 4 * asked.requests, asked.window)
            rates.append((own, other))
            print(f"round {turn + 1}: ours {own:,.0f}/s, SIPp {other:,.0f}/s, {own / other:.2f}")
    own, other = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(first / second for first, second in rates)
    print(f"median: ours {own:,.0f}/s, SIPp {other:,.0f}/s, ratio {ratio:.2f}")
    return [Ratio("OPTIONS per second", own, "SIPp", other, "/s")]


if __name__ == "__main__":
    main()
