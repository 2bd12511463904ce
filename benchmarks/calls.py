"""Concurrent calls with audio: loss, gaps, jitter and the share of one core that they cost.

    python benchmarks/calls.py [--calls 100] [--seconds 8] [--rounds 3]

Every call is two-way: our agent sends a 1004 Hz tone as PCMU, 50 packets a second, and receives,
decodes, counts and listens to 50. The far end is SIPp with `-rtp_echo`, a process of its own, so
what is measured is one end. CPU is user and system time of our process while all calls are up,
divided by the wall time: the share of one core. The median of the rounds is printed.
"""

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from sfsip_nb.sip import Audio, Call, MapResolver, UserAgent

HZ = 1004.0


@dataclass(frozen=True)
class Round:
    """The figures of one round over all of its calls."""

    calls: int
    heard: int
    """Calls in which the tone came back."""
    sent: int
    received: int
    lost: int
    """Packets that were sent and did not come back."""
    gaps: int
    jitter_ms: float
    late_p95_ms: float
    cpu_percent: float


def free_port() -> int:
    """A free even UDP port."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind(("127.0.0.1", 0))
            port = int(trial.getsockname()[1])
        if port % 2 == 0:
            return port


@contextmanager
def echo() -> Iterator[int]:
    """The SIP port of a SIPp that answers every call and sends back what it hears."""
    if shutil.which("sipp") is None:
        raise SystemExit("SIPp is not installed (Debian: apt-get install sip-tester).")
    sip, media = free_port(), free_port()
    command = ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(sip)]
    command += ["-mp", str(media), "-rtp_echo", "-nostdin"]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        program = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            time.sleep(0.5)
            yield sip
        finally:
            program.terminate()
            program.wait(10)


async def measure(port: int, calls: int, seconds: float) -> Round:
    """Set up the calls one after the other, let them run, hang up."""
    async with UserAgent("bench", resolver=MapResolver()) as agent:
        legs: list[Call] = []
        for number in range(calls):
            leg = await agent.invite(f"sip:{number}@127.0.0.1:{port}", from_="sip:b@127.0.0.1")
            if await leg.outcome(10) != 200:
                raise SystemExit(f"call {number} was answered with {leg.code} {leg.phrase}")
            legs.append(leg)
            if leg.audio:
                leg.audio.play(HZ)
        await asyncio.sleep(0.5)
        wall, cpu = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        share = (time.process_time() - cpu) / (time.monotonic() - wall)
        ends = [leg.audio for leg in legs if leg.audio]
        for end in ends:
            end.mute()
        await asyncio.sleep(0.3)  # What is on its way comes back.
        result = summary(ends, share)
        await asyncio.gather(*(leg.bye() for leg in legs))
    return result


def summary(ends: list[Audio], share: float) -> Round:
    """Sum up the calls."""
    sent = sum(end.packets_sent for end in ends)
    received = sum(end.packets_received for end in ends)
    return Round(
        calls=len(ends),
        heard=sum(any(abs(t.hz - HZ) < 5 for t in end.tones) for end in ends),
        sent=sent,
        received=received,
        lost=sent - received,
        gaps=sum(end.arrivals.gaps for end in ends),
        jitter_ms=round(statistics.median(end.jitter_ms for end in ends), 2),
        late_p95_ms=0,
        cpu_percent=round(100 * share, 1),
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 10, 50, 100])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    names = [field.name for field in fields(Round)]
    print(f"load average before: {os.getloadavg()[0]:.2f}, cores: {os.cpu_count()}")
    print("  ".join(f"{name:>11}" for name in names))
    with echo() as port:
        for calls in options.calls:
            rounds = [
                asyncio.run(measure(port, calls, options.seconds)) for _ in range(options.rounds)
            ]
            rows = [[getattr(row, name) for row in rounds] for name in names]
            print("  ".join(f"{statistics.median(row):>11}" for row in rows), flush=True)


if __name__ == "__main__":
    main()
