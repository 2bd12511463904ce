"""One OPTIONS by our code in a running process, against one `sipsak` process, in one run.

    python -m benchmarks.probe [--times 25]

What a notebook cell or a check pays for a single question: here the loop runs already, there a
process is started, asks and ends. `sipsak` has to be installed (Debian: sipsak). The agent asks
once before the first measurement, as sipsak's program is in the page cache too. The probe reads
the name and explains the answer on top of that; it starts an agent of its own each time.

Last comes a call probe to an echo: the time from its first packet to its verdict, beyond the
seconds for which it was asked to talk.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ratios import Ratio
from sfsip_nb.sip import MapResolver, UserAgent, probes
from tests.sip.peers.kamailio import Kamailio, kamailio
from tests.sip.peers.sipp import ECHO, sipp

_CALLS, _TALK_SECONDS = 5, 2.0


async def bare(target: str, times: int) -> list[float]:
    """Milliseconds of single OPTIONS by one agent."""
    taken: list[float] = []
    async with UserAgent("benchmark", resolver=MapResolver()) as agent:
        for _ in range(times + 1):
            began = time.perf_counter()
            answer = await agent.request("OPTIONS", target)
            taken.append(1000 * (time.perf_counter() - began))
            if answer is None or answer.code != 200:
                raise RuntimeError(f"Kamailio answered {answer!r}")
    return taken[1:]


async def probe(target: str, times: int) -> list[float]:
    """Milliseconds of the whole probe, from its call to its verdict."""
    taken: list[float] = []
    for _ in range(times + 1):
        began = time.perf_counter()
        result = await probes.options(probes.CallPlan(target, resolver=MapResolver()))
        taken.append(1000 * (time.perf_counter() - began))
        if result.verdict != "pass":
            raise RuntimeError(result.sentence)
    return taken[1:]


async def talk(target: str, seconds: float) -> float:
    """Seconds from a call probe's first packet to its verdict, beyond those of its talk."""
    result = await probes.call(
        probes.CallPlan(target, "sip:probe@127.0.0.1", resolver=MapResolver()),
        probes.Listening(expect_hz=1004, seconds=seconds),
    )
    over = datetime.now(UTC)
    if result.verdict != "pass":
        raise RuntimeError(result.sentence)
    return (over - result.trace[0].at).total_seconds() - seconds


def sipsak(proxy: Kamailio, times: int) -> list[float]:
    """Milliseconds of a sipsak process, from its start to its end."""
    taken: list[float] = []
    for _ in range(times + 1):
        began = time.perf_counter()
        done = subprocess.run(
            ["sipsak", "-s", f"sip:probe@127.0.0.1:{proxy.port}"], capture_output=True, timeout=10
        )
        taken.append(1000 * (time.perf_counter() - began))
        if done.returncode != 0:
            raise RuntimeError(done.stdout.decode() + done.stderr.decode())
    return taken[1:]


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Measure the three by turns, print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=25)
    times = parser.parse_args(arguments).times
    if shutil.which("sipsak") is None:
        raise SystemExit("sipsak is not installed: apt-get install sipsak")
    with tempfile.TemporaryDirectory() as folder, kamailio(Path(folder)) as proxy:
        with sipp(Path(folder) / "echo", *ECHO, calls=_CALLS) as server:
            beyond = [asyncio.run(talk(server.uri, _TALK_SECONDS)) for _ in range(_CALLS)]
        results = {
            "one OPTIONS": asyncio.run(bare(proxy.uri(), times)),
            "the options probe": asyncio.run(probe(proxy.uri(), times)),
            "a sipsak process": sipsak(proxy, times),
        }
    medians = {name: statistics.median(taken) for name, taken in results.items()}
    for name, median in medians.items():
        share = median / medians["a sipsak process"]
        print(f"{name}: median {median:.2f} ms of {times}, {share:.2f} of sipsak's")
    print(
        f"a call probe of {_TALK_SECONDS:.0f} s: median {statistics.median(beyond):.2f} s "
        f"beyond that, most {max(beyond):.2f} s, of {_CALLS}"
    )
    theirs = medians.pop("a sipsak process")
    return [Ratio(name, ours, "a sipsak process", theirs, "ms") for name, ours in medians.items()]


if __name__ == "__main__":
    main()
