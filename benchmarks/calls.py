"""Concurrent calls with audio: loss, gaps, jitter and the share of one core that they cost.

    python -m benchmarks.calls [--calls 1 10 50 100 200] [--seconds 5] [--rounds 3] [--busy 0]

Every call is two-way: our agent sends a 1004 Hz tone as PCMU, 50 packets a second, and receives,
counts, decodes and listens to 50; RTCP, figures and lateness are on, as in a probe. The far end
is SIPp with `-rtp_echo`, a process of its own, so what is measured is one end of each call. CPU is
user and system time of our process while all calls are up, divided by the wall time: the share of
one core. The median of the rounds is printed. `--busy 2` keeps two cores busy beside it.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.ratios import Ratio
from sfsip_nb.sip import Audio, Call, MapResolver, UserAgent
from tests.sip.peers.lab import free_port, running

HZ = 1004.0
FAR_ENDS = 4


@dataclass(frozen=True)
class Round:
    """The figures of one round over all of its calls."""

    calls: int
    heard: int
    """Calls in which the tone came back."""
    left_out: int
    """Packets that were due while our process got no time, and were not sent."""
    sent: int
    received: int
    lost: int
    """Packets that were sent and did not come back."""
    gaps: int
    """Breaks of more than 60 ms, over all calls."""
    jitter_ms: float
    """Median of the calls; our own lateness is taken out, for the far end is an echo."""
    late_p95_ms: float
    """95th percentile of our own lateness, median of the calls."""
    cpu_percent: float


@contextmanager
def echoes(folder: Path) -> Iterator[list[int]]:
    """The SIP ports of SIPps that answer every call and send back what they hear.

    A SIPp echoes all of its calls over one socket with the kernel's usual buffer of about 270
    packets. With a hundred calls that is the packets of 55 ms; several share the calls, so that it
    is our end that is measured and not that buffer.
    """
    with contextlib.ExitStack() as stack:
        ports = []
        for number in range(FAR_ENDS):
            sip, media = free_port(), free_port()
            command = ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(sip), "-mp", str(media)]
            program = stack.enter_context(
                running(f"sipp{number}", [*command, "-rtp_echo", "-nostdin"], folder)
            )
            program.opened(sip)
            ports.append(sip)
        yield ports


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Processes that do nothing but take time, for as long as is measured."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


async def measure(ports: Sequence[int], calls: int, seconds: float) -> Round:
    """Set up the calls one after the other, let them run, hang up."""
    async with UserAgent("bench", resolver=MapResolver()) as agent:
        legs: list[Call] = []
        for number in range(calls):
            port = ports[number % len(ports)]
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
            end.sender.muted = True
        await asyncio.sleep(0.3)  # What is on its way comes back.
        result = summary(ends, share)
        await asyncio.gather(*(leg.bye() for leg in legs))
    return result


def summary(ends: list[Audio], share: float) -> Round:
    """Sum up the calls."""
    sent = sum(end.sender.packets for end in ends)
    received = sum(end.packets_received for end in ends)
    return Round(
        calls=len(ends),
        heard=sum(any(abs(t.hz - HZ) < 5 for t in end.listener.tones) for end in ends),
        left_out=sum(end.sender.left_out for end in ends),
        sent=sent,
        received=received,
        lost=sent - received,
        gaps=sum(end.arrivals.gaps for end in ends),
        jitter_ms=round(statistics.median(end.arrivals.jitter_ms for end in ends), 2),
        late_p95_ms=statistics.median(end.sender.lateness.read().p95 for end in ends),
        cpu_percent=round(100 * share, 1),
    )


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 10, 50, 100, 200])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0)
    asked = parser.parse_args(arguments)
    found: list[Ratio] = []
    names = [field.name for field in fields(Round)]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} before, {asked.busy} kept busy")
    print("  ".join(f"{name:>11}" for name in names))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = stack.enter_context(echoes(folder))
        stack.enter_context(busy(asked.busy))
        for calls in asked.calls:
            rounds = [
                asyncio.run(measure(ports, calls, asked.seconds)) for _ in range(asked.rounds)
            ]
            rows = [[getattr(row, name) for row in rounds] for name in names]
            print("  ".join(f"{statistics.median(row):>11}" for row in rows), flush=True)
            share = statistics.median(row.cpu_percent for row in rounds)
            found.append(Ratio(f"{calls} two-way calls", share, "one core", 100, "%"))
    return found


if __name__ == "__main__":
    main()
